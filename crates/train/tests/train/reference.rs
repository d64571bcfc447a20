//! Twenty steps against transformers and PEFT. The fixture comes from scripts/reference/loss_curve.py.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::tempdir;
use tunesmith_data::Tokens;
use tunesmith_protocol::{Method, Scheduler, TrainSettings};
use tunesmith_train::{Job, Progress, StopReason};

use crate::tiny::{Told, resumed, train, train_until};

#[test]
fn an_adapter_learns_as_with_peft() {
    let folder = tempdir().unwrap();
    // The run starts from PEFT's own random adapter: it is put into the checkpoint of step 0.
    let (stopped, _) = train_until(job(folder.path(), Method::Lora), |progress| match progress {
        Progress::Tick => ControlFlow::Break(StopReason::Stop),
        _ => ControlFlow::Continue(()),
    });
    stopped.unwrap();
    put_into(&folder.path().join("run/ckpt-0"), &fixture("adapter/adapter_model.safetensors"));
    let (outcome, told) = train(resumed(job(folder.path(), Method::Lora)));
    outcome.unwrap();
    compare(&told, &curve()["lora"]);
}

#[test]
fn all_weights_learn_as_with_transformers() {
    let folder = tempdir().unwrap();
    let (outcome, told) = train(job(folder.path(), Method::Full));
    outcome.unwrap();
    compare(&told, &curve()["full"]);
}

/// Every step sees all rows, so that their order does not matter.
fn job(folder: &Path, method: Method) -> Job {
    let curve = curve();
    let number = |name: &str| curve[name].as_f64().unwrap();
    let rows: Vec<Tokens> = curve["rows"].as_array().unwrap().iter().map(row).collect();
    Job {
        base: fixture("base"),
        base_name: "base".into(),
        settings: TrainSettings {
            method,
            lora_rank: 4,
            lora_alpha: 8.0,
            learning_rate: curve[method.word()]["learning_rate"].as_f64().unwrap(),
            batch_size: 2,
            gradient_accumulation: 4,
            max_steps: Some(number("steps") as u32),
            scheduler: Scheduler::Cosine,
            warmup_ratio: number("warmup_ratio"),
            weight_decay: number("weight_decay"),
            max_grad_norm: number("max_grad_norm"),
            ..TrainSettings::default()
        },
        output: folder.join("run"),
        training: rows,
        validation: vec![],
        rows_too_long: 0,
        device: "cpu".into(),
        threads: 2,
        resume: false,
        available_bytes: 1 << 30,
    }
}

fn row(row: &Value) -> Tokens {
    let list = |name: &str| row[name].as_array().unwrap().clone();
    Tokens {
        ids: list("ids").iter().map(|id| id.as_u64().unwrap() as u32).collect(),
        learn: list("learn").iter().map(|learn| learn.as_bool().unwrap()).collect(),
    }
}

fn compare(told: &Told, curve: &Value) {
    let numbers = |name: &str| curve[name].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>();
    let (losses, norms) = (numbers("losses"), numbers("norms"));
    assert_eq!(told.steps.len(), losses.len());
    for ((metrics, loss), norm) in told.steps.iter().zip(losses).zip(norms) {
        let (step, off, norm_off) = (metrics.step, metrics.loss / loss - 1.0, metrics.grad_norm / norm - 1.0);
        assert!(off.abs() < 1e-5, "step {step}: the loss is {}, not {loss} ({off:e})", metrics.loss);
        assert!(
            norm_off.abs() < 1e-4,
            "step {step}: the gradient's length is {}, not {norm} ({norm_off:e})",
            metrics.grad_norm
        );
    }
}

/// Replaces a checkpoint's adapter and makes the manifest agree.
fn put_into(checkpoint: &Path, adapter: &Path) {
    let bytes = fs::read(adapter).unwrap();
    fs::write(checkpoint.join("adapter_model.safetensors"), &bytes).unwrap();
    let path = checkpoint.join("manifest.json");
    let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for file in manifest["files"].as_array_mut().unwrap() {
        if file["name"] == "adapter_model.safetensors" {
            file["bytes"] = bytes.len().into();
            file["sha256"] = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        }
    }
    fs::write(&path, manifest.to_string()).unwrap();
}

fn curve() -> Value {
    serde_json::from_str(&fs::read_to_string(fixture("curve.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/loss_curve").join(name)
}
