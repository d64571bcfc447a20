//! Prints the logits of a model folder for token ids as JSON, for scripts/reference/peft_logits.py to compare:
//!
//! ```text
//! logits BASE_FOLDER ADAPTER_FOLDER ID [ID ..] > logits.json
//! ```
//! A `-` for the adapter folder takes none. Output: {"ids": [..], "logits": [[..], ..]}, one row of logits per id.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use candle_core::Device;
use serde_json::json;
use tunesmith_model::{Adapter, Decoder, ModelError, WeightFormat};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let ids: Option<Vec<u32>> = arguments.iter().skip(2).map(|id| id.parse().ok()).collect();
    let (Some(base), Some(adapter), Some(ids)) = (arguments.first(), arguments.get(1), ids) else {
        eprintln!("usage: logits BASE_FOLDER ADAPTER_FOLDER|- ID [ID ..]");
        return ExitCode::FAILURE;
    };
    match logits(Path::new(base), adapter, &ids) {
        Ok(logits) => println!("{}", json!({"ids": ids, "logits": logits})),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn logits(base: &Path, adapter: &str, ids: &[u32]) -> Result<Vec<Vec<f32>>, ModelError> {
    let decoder = Decoder::load(base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(()))?;
    let adapter = match adapter {
        "-" => Adapter::none(),
        folder => Adapter::load(Path::new(folder), &Device::Cpu)?,
    };
    Ok(decoder.logits(&adapter, ids)?.to_vec2()?)
}
