//! Twenty steps against transformers and PEFT, and against the papers of the optimisers. The fixtures come from
//! scripts/reference/loss_curve.py and scripts/reference/optimizers.py.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::tempdir;
use tunesmith_data::Tokens;
use tunesmith_protocol::{Method, Optimizer, Scheduler, TargetModules, TrainSettings};
use tunesmith_train::{Job, Progress, StopReason};

use crate::tiny::{Told, resumed, train, train_until};

#[test]
fn an_adapter_learns_as_with_peft() {
    let curve = &curve("loss_curve/curve.json")["lora"];
    compare(&tuned("loss_curve/adapter", lora(curve)), curve);
}

#[test]
fn all_weights_learn_as_with_transformers() {
    let curve = &curve("loss_curve/curve.json")["full"];
    compare(&trained(settings(curve)), curve);
}

#[test]
fn lion_learns_as_its_paper_says() {
    let curves = curve("optimizers/curves.json");
    let optimizer = Optimizer::Lion;
    let curve = &curves["lion"];
    compare(&tuned("loss_curve/adapter", TrainSettings { optimizer, ..lora(curve) }), curve);
    let curve = &curves["lion_full"];
    compare(&trained(TrainSettings { optimizer, ..settings(curve) }), curve);
}

#[test]
fn adamw_in_8_bits_learns_as_its_paper_says() {
    let curves = curve("optimizers/curves.json");
    let target_modules = TargetModules::Named(vec!["k_proj".into(), "down_proj".into()]);
    let wide = |curve| TrainSettings {
        lora_rank: 128,
        lora_alpha: 64.0,
        target_modules: target_modules.clone(),
        ..lora(curve)
    };
    let curve = &curves["adamw8bit"];
    let told = tuned("optimizers/wide", TrainSettings { optimizer: Optimizer::AdamW8bit, ..wide(curve) });
    compare(&told, curve);
    let in_32_bits = numbers(&curves["adamw_wide"], "losses");
    let apart =
        told.steps.iter().zip(in_32_bits).map(|(step, loss)| (step.loss / loss - 1.0).abs()).fold(0.0, f64::max);
    assert!(apart > 5e-5, "8 bits should be told from 32: {apart:e}");
    let curve = &curves["adamw_wide"];
    compare(&tuned("optimizers/wide", wide(curve)), curve);
}

#[test]
fn lora_plus_learns_as_with_peft() {
    let curve = &curve("optimizers/curves.json")["lora_plus"];
    let lora_plus_ratio = curve["ratio"].as_f64().unwrap();
    compare(&tuned("loss_curve/adapter", TrainSettings { lora_plus_ratio, ..lora(curve) }), curve);
}

/// What a run tells that begins with PEFT's own random adapter: it is put into the checkpoint of step 0.
fn tuned(adapter: &str, settings: TrainSettings) -> Told {
    let folder = tempdir().unwrap();
    let (stopped, _) = train_until(job(folder.path(), settings.clone()), |progress| match progress {
        Progress::Tick => ControlFlow::Break(StopReason::Stop),
        _ => ControlFlow::Continue(()),
    });
    stopped.unwrap();
    put_into(&folder.path().join("run/ckpt-0"), &fixture(adapter).join("adapter_model.safetensors"));
    let (outcome, told) = train(resumed(job(folder.path(), settings)));
    outcome.unwrap();
    told
}

/// What a run of all weights tells.
fn trained(settings: TrainSettings) -> Told {
    let folder = tempdir().unwrap();
    let (outcome, told) = train(job(folder.path(), TrainSettings { method: Method::Full, ..settings }));
    outcome.unwrap();
    told
}

/// The adapter of loss_curve/, at this curve's learning rate.
fn lora(curve: &Value) -> TrainSettings {
    TrainSettings { method: Method::Lora, lora_rank: 4, lora_alpha: 8.0, ..settings(curve) }
}

fn settings(curve: &Value) -> TrainSettings {
    let shared = self::curve("loss_curve/curve.json");
    let number = |name: &str| shared[name].as_f64().unwrap();
    TrainSettings {
        learning_rate: curve["learning_rate"].as_f64().unwrap(),
        batch_size: 2,
        gradient_accumulation: 4,
        max_steps: Some(number("steps") as u32),
        scheduler: Scheduler::Cosine,
        warmup_ratio: number("warmup_ratio"),
        weight_decay: number("weight_decay"),
        max_grad_norm: number("max_grad_norm"),
        ..TrainSettings::default()
    }
}

/// Every step sees all rows, so that their order does not matter.
fn job(folder: &Path, settings: TrainSettings) -> Job {
    Job {
        base: fixture("loss_curve/base"),
        base_name: "base".into(),
        settings,
        output: folder.join("run"),
        training: curve("loss_curve/curve.json")["rows"].as_array().unwrap().iter().map(row).collect(),
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
    let (losses, norms) = (numbers(curve, "losses"), numbers(curve, "norms"));
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

fn numbers(curve: &Value, name: &str) -> Vec<f64> {
    curve[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn curve(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(fixture(name)).unwrap()).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
