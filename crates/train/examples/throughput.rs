//! How fast and in how much memory this machine trains: one JSON line with tokens per second and peak memory.
//!
//!     cargo run --release --example throughput -- shape=starter method=lora batch=8 accumulation=1 sequence=192
//!
//! `model=FOLDER` takes a model folder in place of a shape with random weights. Rows are random tokens, all learned.
//! bench/README.md tells how to compare with PEFT.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::{DType, Device};
use tunesmith_data::Tokens;
use tunesmith_model::{Decoder, ModelConfig};
use tunesmith_protocol::{AutoOr, TrainSettings};
use tunesmith_train::{Job, Progress, Speed, TrainPlan, run};

/// Steps that are not counted: caches and memory pools fill in them.
const WARM_UP: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read()?;
    let folder = std::env::temp_dir().join(format!("tunesmith-throughput-{}", std::process::id()));
    let outcome = measure(&options, &folder);
    fs::remove_dir_all(&folder)?;
    println!("{}", outcome?);
    Ok(())
}

fn measure(options: &Options, folder: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let base = match options.0.get("model") {
        Some(model) => PathBuf::from(model),
        None => random_model(&folder.join("base"), options.word("shape", "starter"))?,
    };
    let vocabulary = ModelConfig::read(&base)?.vocabulary as u32;
    let (batch, accumulation) = (options.number("batch", 4)?, options.number("accumulation", 1)?);
    let (sequence, steps) = (options.number("sequence", 256)?, options.number("steps", 8)?);
    let settings = TrainSettings {
        method: serde_json::from_value(options.word("method", "lora").into())?,
        gradient_checkpointing: serde_json::from_value(options.word("recompute", "off").into())?,
        quantization: serde_json::from_value(options.word("quantization", "none").into())?,
        lora_rank: options.number("rank", 16)?,
        batch_size: batch,
        gradient_accumulation: accumulation,
        max_steps: Some(steps),
        eval_every: AutoOr::Steps(1_000_000),
        save_every: AutoOr::Steps(1_000_000),
        ..TrainSettings::default()
    };
    let job = Job {
        base,
        base_name: "throughput".into(),
        settings,
        output: folder.join("run"),
        training: (0..batch * accumulation * 2)
            .map(|row| random_row(row, sequence, vocabulary))
            .collect::<Vec<_>>()
            .into(),
        validation: Vec::new().into(),
        rows_too_long: 0,
        rows_left_out: 0,
        device: options.word("device", "cpu").into(),
        threads: options.number("threads", 0)? as usize,
        resume: false,
        chat_template: None,
        available_bytes: u64::MAX,
    };
    let plan = TrainPlan::new(job)?;
    // Measured right before the run, as the plan shows it.
    let speed = Speed::measure(&plan, &mut |_| ControlFlow::Continue(()))?;
    let foretold = plan.estimate(&speed).training.as_secs_f64() / f64::from(steps);
    // That of all threads together, which a machine that does something else beside tells as well.
    let foretold_cpu = foretold + speed.training_token * f64::from(batch * accumulation * sequence)
        - plan.estimate(&Speed { micro_batch: 0.0, update: 0.0, ..speed }).training.as_secs_f64() / f64::from(steps);
    let (summary, mut times, mut losses) = (plan.summary(), vec![], vec![]);
    let mut last = (Instant::now(), cpu_seconds());
    run(plan, &mut |progress| {
        match progress {
            Progress::Loading(_) => last = (Instant::now(), cpu_seconds()),
            Progress::Step(metrics) => {
                let now = (Instant::now(), cpu_seconds());
                times.push(((now.0 - last.0).as_secs_f64(), now.1 - last.1));
                losses.push(metrics.loss);
                last = now;
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    let counted = &mut times[WARM_UP.min(steps as usize - 1)..];
    counted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, cpu) = counted[counted.len() / 2];
    Ok(serde_json::json!({
        "impl": "tunesmith", "method": options.word("method", "lora"), "batch": batch, "accumulation": accumulation,
        "seq": sequence, "tok_s": (f64::from(batch * accumulation * sequence) / median * 10.0).round() / 10.0,
        "step_s": median, "foretold_s": foretold, "foretold_cpu_s": foretold_cpu, "best_s": counted[0].0, "cpu_s": cpu, "peak_rss_mib": peak_memory_mib(),
        "planned_mib": summary.fit.needed_bytes >> 20, "trainable": summary.trainable_parameters, "losses": losses,
    }))
}

/// A model of random weights in the shape of the starter, or of SmolLM2-135M.
fn random_model(folder: &Path, shape: &str) -> Result<PathBuf, Box<dyn Error>> {
    let (hidden, layers, heads, kv_heads, inner, vocabulary) = match shape {
        "starter" => (256, 6, 8, 4, 704, 2048),
        "smol135" => (576, 30, 9, 3, 1536, 49152),
        other => return Err(format!("shape is starter or smol135, not {other}").into()),
    };
    let config = serde_json::json!({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": hidden,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
        "intermediate_size": inner, "vocab_size": vocabulary, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5,
        "rope_theta": 100000.0, "tie_word_embeddings": true, "torch_dtype": "float32",
    });
    fs::create_dir_all(folder)?;
    fs::write(folder.join("config.json"), config.to_string())?;
    Decoder::scratch(ModelConfig::read(folder)?, 1, &Device::Cpu)?.save(folder, DType::F32)?;
    Ok(folder.into())
}

fn random_row(row: u32, length: u32, vocabulary: u32) -> Tokens {
    // Knuth's multiplicative hash: any mixture does, the speed does not depend on the tokens.
    let ids = (0..length).map(|place| (row * length + place).wrapping_mul(2_654_435_761) % vocabulary).collect();
    Tokens { ids, learn: (0..length).map(|place| place > 0).collect() }
}

/// `key=value` words.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read() -> Result<Self, Box<dyn Error>> {
        let known = "model shape method recompute rank batch accumulation sequence steps threads device quantization";
        let mut options = BTreeMap::new();
        for word in std::env::args().skip(1) {
            match word.split_once('=') {
                Some((key, value)) if known.split(' ').any(|name| name == key) => {
                    options.insert(key.into(), value.into())
                }
                _ => return Err(format!("{word}: expected key=value with a key of: {known}").into()),
            };
        }
        Ok(Self(options))
    }

    fn word<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.0.get(key).map_or(default, String::as_str)
    }

    fn number(&self, key: &str, default: u32) -> Result<u32, Box<dyn Error>> {
        self.0
            .get(key)
            .map_or(Ok(default), |value| value.parse().map_err(|_| format!("{key}={value} is no number").into()))
    }
}

/// The most memory this process has had, as Linux tells it; 0 elsewhere.
fn peak_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time of this process so far, as Linux tells it in hundredths of a second; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets, user and system time are the 12th and 13th fields.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
