//! Whole runs on tiny models with the numbers that transformers, PEFT and PyTorch have for them: scripts/reference/curves.py
//! wrote them to tests/fixtures/curves, and peft_saved_modules.py those of the families whose name ends in beside.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tunesmith_data::Tokens;
use tunesmith_protocol::{LearnFrom, StepMetrics, TrainSettings};
use tunesmith_train::Job;

/// One way to train on one family.
pub struct Case {
    pub family: &'static str,
    pub way: String,
    pub settings: TrainSettings,
    losses: Vec<f64>,
    norms: Vec<f64>,
    rows: Vec<Value>,
    /// What PEFT computes of the first row with the adapter that the run continues from.
    pub logits: Vec<f32>,
}

#[derive(Deserialize)]
struct File {
    rows: Vec<Value>,
    curves: Vec<Curve>,
}

#[derive(Deserialize)]
struct Curve {
    name: String,
    settings: TrainSettings,
    adapter: Option<String>,
    losses: Vec<f64>,
    norms: Vec<f64>,
    #[serde(default)]
    logits: Vec<f32>,
}

/// All ways on all families.
pub fn cases() -> impl Iterator<Item = Case> {
    ["llama", "qwen3", "llama_beside", "qwen2_beside", "gemma_beside"].into_iter().flat_map(|family| {
        let folder = fixtures().join(family);
        let file: File = serde_json::from_str(&fs::read_to_string(folder.join("curves.json")).unwrap()).unwrap();
        file.curves.into_iter().map(move |curve| Case {
            family,
            way: curve.name,
            settings: TrainSettings {
                init_adapter: curve.adapter.map(|adapter| folder.join(adapter).into()),
                ..curve.settings
            },
            losses: curve.losses,
            norms: curve.norms,
            rows: file.rows.clone(),
            logits: curve.logits,
        })
    })
}

/// Where the fixtures are.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/curves")
}

impl Case {
    /// The case in words.
    pub fn name(&self) -> String {
        format!("{}, {}", self.family, self.way)
    }

    /// The folder of the model that it begins with.
    pub fn base(&self) -> PathBuf {
        fixtures().join(self.family).join("base")
    }

    /// The run, in `output`. Every step sees all rows, so that their order does not matter.
    pub fn job(&self, output: &Path) -> Job {
        Job {
            base: self.base(),
            base_name: "base".into(),
            settings: self.settings.clone(),
            output: output.into(),
            training: self.rows.iter().map(|row| tokens(row, self.settings.learn_from)).collect::<Vec<_>>().into(),
            validation: Vec::new().into(),
            rows_too_long: 0,
            rows_left_out: 0,
            device: "cpu".into(),
            threads: 2,
            resume: false,
            chat_template: None,
            available_bytes: 1 << 30,
        }
    }

    /// The ids of the first row.
    pub fn first_row(&self) -> Vec<u32> {
        tokens(&self.rows[0], LearnFrom::All).ids
    }

    /// How far the losses and the lengths of the gradients are from the expected ones at most, as a share of them.
    pub fn apart(&self, steps: &[StepMetrics]) -> (f64, f64) {
        assert_eq!(steps.len(), self.losses.len(), "{}", self.name());
        let losses = steps.iter().zip(&self.losses).map(|(step, loss)| (step.loss / loss - 1.0).abs());
        let norms = steps.iter().zip(&self.norms).map(|(step, norm)| (step.grad_norm / norm - 1.0).abs());
        (losses.fold(0.0, f64::max), norms.fold(0.0, f64::max))
    }
}

fn tokens(row: &Value, learn_from: LearnFrom) -> Tokens {
    let learn = match learn_from {
        LearnFrom::Assistant => "assistant",
        LearnFrom::Last => "last",
        LearnFrom::All => "all",
    };
    let list = |name: &str| row[name].as_array().unwrap().clone();
    Tokens {
        ids: list("ids").iter().map(|id| id.as_u64().unwrap() as u32).collect(),
        learn: list(learn).iter().map(|learn| learn.as_bool().unwrap()).collect(),
    }
}
