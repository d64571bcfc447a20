//! Trains a tiny Llama and a tiny Qwen3 in every way that a whole run decides, for scripts/reference/peft_families.py to
//! load what came out:
//!
//! ```text
//! curves FOLDER
//! ```
//! FOLDER/NUMBER/base is a model folder, FOLDER/NUMBER/adapter has PEFT's files where an adapter was trained, and
//! FOLDER/NUMBER/found.json the name, the logits of one row and how far the losses were from the expected ones.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "it serves scripts/parity, which shows a panic")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::json;
use tunesmith_model::{Adapter, Decoder, Device, WeightFormat};
use tunesmith_train::{Outcome, Progress, TrainPlan, run};

#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/train/curve_case.rs"]
mod curve_case;

const IDS: [u32; 17] = [5, 90, 33, 2, 71, 18, 64, 47, 9, 80, 26, 55, 3, 92, 40, 11, 68];

fn main() {
    let folder = std::env::args().nth(1).expect("usage: curves FOLDER");
    for (number, case) in curve_case::cases().enumerate() {
        let folder = Path::new(&folder).join(number.to_string());
        let mut steps = vec![];
        let outcome = run(TrainPlan::new(case.job(&folder.join("run"))).unwrap(), &mut |progress| {
            if let Progress::Step(metrics) = progress {
                steps.push(metrics);
            }
            ControlFlow::Continue(())
        });
        let Outcome::Done { result, .. } = outcome.unwrap() else { panic!("nothing stops {}", case.name()) };
        let (base, adapter) = (folder.join("base"), folder.join("adapter"));
        let tuned = if case.settings.method.is_adapter() {
            copy(&case.base(), &base);
            copy(&result, &adapter);
            Adapter::load(&adapter, &Device::Cpu).unwrap()
        } else {
            copy(&result, &base);
            Adapter::none()
        };
        let decoder =
            Decoder::load(&base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
        let ids = IDS.map(|id| id % decoder.config().vocabulary as u32);
        let logits: Vec<Vec<f32>> = decoder.logits(&tuned, &ids).unwrap().to_vec2().unwrap();
        let found = json!({"name": case.name(), "ids": ids, "logits": logits, "loss_apart": case.apart(&steps).0});
        fs::write(folder.join("found.json"), found.to_string()).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
