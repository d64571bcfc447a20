//! A model of two small layers made in code, a few rows, and a job around them.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device};
use sha2::{Digest, Sha256};
use tunesmith_data::Tokens;
use tunesmith_model::{Decoder, ModelConfig};
use tunesmith_protocol::{AutoOr, Method, Optimizer, Scheduler, StepMetrics, TrainSettings};
use tunesmith_train::{Job, Outcome, Progress, StopRequest, TrainError, TrainPlan, run};

pub const VOCABULARY: u32 = 96;

/// Writes a Llama of two layers with random weights.
pub fn model(folder: &Path) {
    model_of_family(folder, "llama", "LlamaForCausalLM");
}

/// The same of another family.
pub fn model_of_family(folder: &Path, family: &str, architecture: &str) {
    fs::create_dir_all(folder).unwrap();
    let config = serde_json::json!({
        "architectures": [architecture], "model_type": family, "hidden_act": "silu",
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 48, "vocab_size": VOCABULARY, "max_position_embeddings": 64,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "torch_dtype": "float32",
        "bos_token_id": 0, "eos_token_id": 1
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), "{}").unwrap();
    fs::write(folder.join("chat_template.jinja"), "{{ messages }}").unwrap();
    let decoder = Decoder::scratch(ModelConfig::read(folder).unwrap(), 7, &Device::Cpu).unwrap();
    decoder.save(folder, DType::F32).unwrap();
}

/// Rows of different lengths; the first part of each is a prompt that is not learned.
pub fn rows(count: u32) -> Vec<Tokens> {
    let row = |index: u32| {
        let length = 6 + (index * 7 % 11);
        let ids = (0..length).map(|place| (index * 31 + place * place * 5 + place * 3) % VOCABULARY).collect();
        Tokens { ids, learn: (0..length).map(|place| place > index % 4).collect() }
    };
    (0..count).map(row).collect()
}

/// Ten steps on twelve rows, measured and saved every two.
pub fn settings(method: Method) -> TrainSettings {
    TrainSettings {
        method,
        lora_rank: 4,
        lora_alpha: 8.0,
        batch_size: 2,
        gradient_accumulation: 2,
        learning_rate: 5e-3,
        max_steps: Some(10),
        eval_every: AutoOr::Steps(2),
        save_every: AutoOr::Steps(2),
        scheduler: Scheduler::Cosine,
        warmup_ratio: 0.1,
        weight_decay: 0.01,
        ..TrainSettings::default()
    }
}

/// The optimisers other than AdamW, with an adapter wide enough for moments in 8 bits, and LoRA+.
pub fn each_optimizer() -> [TrainSettings; 3] {
    let base = TrainSettings { learning_rate: 2e-3, ..settings(Method::Lora) };
    [
        TrainSettings { optimizer: Optimizer::AdamW8bit, lora_rank: 128, ..base.clone() },
        TrainSettings { optimizer: Optimizer::Lion, ..base.clone() },
        TrainSettings { lora_plus_ratio: 4.0, ..base },
    ]
}

/// A job in `folder`, whose base model is made there too.
pub fn job(folder: &Path, output: &str, method: Method) -> Job {
    let base = folder.join("base");
    if !base.exists() {
        model(&base);
    }
    let all = rows(16);
    Job {
        base,
        base_name: "tiny".into(),
        settings: settings(method),
        output: folder.join(output),
        training: all[..12].to_vec().into(),
        validation: all[12..].to_vec().into(),
        rows_too_long: 0,
        rows_left_out: 0,
        device: "cpu".into(),
        threads: 2,
        resume: false,
        chat_template: None,
        available_bytes: 1 << 30,
    }
}

/// The same job, resumed.
pub fn resumed(job: Job) -> Job {
    Job { resume: true, ..job }
}

/// What a run told.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    pub steps: Vec<StepMetrics>,
    pub evals: Vec<(u32, f64)>,
    pub checkpoints: Vec<u32>,
    pub rewinds: Vec<u32>,
    /// Checkpoints that were damaged: their step, why, and what they are called now.
    pub damaged: Vec<(u32, String, String)>,
}

impl Told {
    pub fn hear(&mut self, progress: &Progress) {
        match progress {
            Progress::Step(metrics) => self.steps.push(metrics.clone()),
            Progress::Eval { step, loss } => self.evals.push((*step, *loss)),
            Progress::Checkpoint { step, .. } => self.checkpoints.push(*step),
            Progress::Rewind { step } => self.rewinds.push(*step),
            Progress::Damaged { step, reason, kept } => {
                let name = kept.file_name().unwrap().to_string_lossy().into_owned();
                self.damaged.push((*step, reason.to_string(), name));
            }
            _ => {}
        }
    }

    /// Everything but the times, which no two runs share.
    pub fn numbers(&self) -> Vec<(u32, f64, f64, f64, f64, u64)> {
        let numbers = |m: &StepMetrics| (m.step, m.epoch, m.loss, m.learning_rate, m.grad_norm, m.learned_tokens);
        self.steps.iter().map(numbers).collect()
    }
}

/// Trains to the end.
pub fn train(job: Job) -> (Result<Outcome, TrainError>, Told) {
    train_until(job, |_| ControlFlow::Continue(()))
}

/// Trains until `answer` says otherwise.
pub fn train_until(
    job: Job,
    mut answer: impl FnMut(&Progress) -> ControlFlow<StopRequest>,
) -> (Result<Outcome, TrainError>, Told) {
    let mut told = Told::default();
    let plan = match TrainPlan::new(job) {
        Ok(plan) => plan,
        Err(error) => return (Err(error), told),
    };
    let outcome = run(plan, &mut |progress| {
        told.hear(&progress);
        answer(&progress)
    });
    (outcome, told)
}

/// Says stop once step `last` is done.
pub fn stop_after(last: u32) -> impl FnMut(&Progress) -> ControlFlow<StopRequest> {
    move |progress| match progress {
        Progress::Step(metrics) if metrics.step >= last => ControlFlow::Break(StopRequest::Save),
        _ => ControlFlow::Continue(()),
    }
}

/// All files under a folder with their contents, by name.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Lets the manifest of a checkpoint say what a file holds now.
pub fn list_anew(checkpoint: &Path, name: &str) {
    let path = checkpoint.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let files = manifest["files"].as_array_mut().unwrap();
    let listed = files.iter_mut().find(|file| file["name"] == name).unwrap();
    let contents = fs::read(checkpoint.join(name)).unwrap();
    listed["bytes"] = contents.len().into();
    listed["sha256"] = Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    fs::write(path, manifest.to_string()).unwrap();
}
