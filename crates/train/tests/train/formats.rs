//! The number formats in which base models come.

use std::collections::HashMap;
use std::fs;

use candle_core::{DType, Device, Tensor};
use serde_json::Value;
use tempfile::tempdir;
use tunesmith_protocol::Method;
use tunesmith_train::Outcome;

use crate::tiny::{job, train};

#[test]
fn a_model_of_half_precision_is_trained_and_saved_without_loss() {
    let formats = [(DType::F16, "float16"), (DType::BF16, "bfloat16")];
    let cases = [Method::Full, Method::Lora].into_iter().flat_map(|method| formats.map(|format| (method, format)));
    for (method, (dtype, name)) in cases {
        let folder = tempdir().unwrap();
        let job = job(folder.path(), "run", method);
        let weights = job.base.join("model.safetensors");
        let halved: HashMap<String, Tensor> = candle_core::safetensors::load(&weights, &Device::Cpu)
            .unwrap()
            .into_iter()
            .map(|(name, weight)| (name, weight.to_dtype(dtype).unwrap()))
            .collect();
        candle_core::safetensors::save(&halved, &weights).unwrap();
        let config = job.base.join("config.json");
        fs::write(&config, fs::read_to_string(&config).unwrap().replace("float32", name)).unwrap();
        let (outcome, told) = train(job);
        let Outcome::Done { step: 10, result, .. } = outcome.unwrap() else { panic!("it went to its end") };
        assert_eq!(told.steps.len(), 10);
        if method == Method::Full {
            let config: Value = serde_json::from_slice(&fs::read(result.join("config.json")).unwrap()).unwrap();
            assert_eq!(config["torch_dtype"], "float32", "half precision would round away what was learned");
            let saved = candle_core::safetensors::load(result.join("model.safetensors"), &Device::Cpu).unwrap();
            assert!(saved.values().all(|weight| weight.dtype() == DType::F32));
        }
    }
}
