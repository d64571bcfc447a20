//! Measures training and writing on random weights: tokens per second, and memory against the estimate.
//!
//! ```text
//! bench [starter|135m] [adapter] [bf16|q8|q4]
//! ```
//! `starter` is the shape of the bundled model on 16 rows of 192 tokens, `135m` that of SmolLM2-135M on 4 rows of 256;
//! `adapter` trains an adapter of rank 16 instead of every weight; the last word is the format in which the model writes.

use std::ops::ControlFlow;
use std::time::Instant;

use tunesmith_model::{
    Adapter, Decoder, Device, LoraConfig, ModelConfig, ModelError, Sampling, Sequences, Trainable, TrainingShape,
    WeightFormat, generate, parameter_count, training_memory,
};

const STARTER: &str = r#"{"model_type": "llama", "hidden_size": 192, "num_hidden_layers": 7, "num_attention_heads": 6,
    "num_key_value_heads": 3, "intermediate_size": 512, "vocab_size": 2048, "max_position_embeddings": 1024,
    "tie_word_embeddings": true}"#;
const SMOL: &str = r#"{"model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9,
    "num_key_value_heads": 3, "intermediate_size": 1536, "vocab_size": 49152, "max_position_embeddings": 2048,
    "tie_word_embeddings": true}"#;
const MODULES: [&str; 7] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

fn main() -> Result<(), ModelError> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let asked = |word: &str| asked.iter().any(|asked| asked == word);
    let (text, rows, length, steps) = if asked("135m") { (SMOL, 4, 256, 2) } else { (STARTER, 16, 192, 5) };
    let config = ModelConfig::parse(text, "config.json".as_ref())?;
    println!("{} parameters, {rows} rows of {length} tokens", parameter_count(&config));
    let rank = asked("adapter").then_some(16);
    let (tokens, target_modules) = (rows * length, &MODULES[..]);
    let shape = TrainingShape {
        ranks: None,
        tokens,
        rank,
        target_modules,
        layers: None,
        beside: &[],
        dora: false,
        dropout: false,
        format: WeightFormat::F32,
        recompute: false,
        on_gpu: None,
    };
    let need = training_memory(&config, &shape);
    let decoder = Decoder::scratch(config, 1, &Device::Cpu)?;
    let adapter = match rank {
        Some(rank) => {
            let target_modules = MODULES.map(String::from).to_vec();
            decoder.new_adapter(&LoraConfig { rank, alpha: 32.0, target_modules, ..LoraConfig::default() }, 1)?
        }
        None => Adapter::none(),
    };
    let wanted = if rank.is_some() { Trainable::Adapter } else { Trainable::AllWeights };
    for _ in 0..steps {
        train(&decoder, &adapter, wanted.clone(), rows, length)?;
    }
    let without_optimizer = need.total() - need.optimizer;
    println!("peak memory {} MiB, estimated without the optimizer {} MiB", peak_mib(), without_optimizer >> 20);
    let formats = [("bf16", WeightFormat::Bf16), ("q8", WeightFormat::Q8), ("q4", WeightFormat::Q4)];
    let format = formats.into_iter().find(|(word, _)| asked(word)).map_or(WeightFormat::F32, |(_, format)| format);
    write(&decoder.in_format(format)?, &adapter)
}

fn train(
    decoder: &Decoder,
    adapter: &Adapter,
    wanted: Trainable,
    rows: usize,
    length: usize,
) -> Result<(), ModelError> {
    let vocabulary = decoder.config().vocabulary;
    let ids: Vec<u32> = (0..rows * length).map(|i| (i * 7919 % vocabulary) as u32).collect();
    let learn: Vec<bool> = (0..ids.len()).map(|i| i % length >= length / 2).collect();
    let sequences = Sequences { ids: &ids, learn: &learn, lengths: &vec![length; rows] };
    let start = Instant::now();
    let (loss, _) = decoder.gradients(adapter, &sequences, wanted, false)?;
    let seconds = start.elapsed().as_secs_f64();
    let mean = loss.nats / loss.learned as f64;
    println!("training: {seconds:.3} s, {:.0} tokens/s, loss {mean:.4}", ids.len() as f64 / seconds);
    Ok(())
}

fn write(decoder: &Decoder, adapter: &Adapter) -> Result<(), ModelError> {
    let sampling = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 64, seed: 1, repetition_penalty: 1.0 };
    let start = Instant::now();
    let mut first = None;
    let mut see = |_| {
        first.get_or_insert_with(Instant::now);
        ControlFlow::Continue(())
    };
    let prompt: Vec<u32> = (0..100).collect();
    generate(decoder, adapter, &prompt, &[], &sampling, &mut see)?;
    let first = first.unwrap_or(start);
    let (reading, writing) = ((first - start).as_secs_f64(), first.elapsed().as_secs_f64());
    println!("reading: {:.0} tokens/s; writing: {:.1} tokens/s", 100.0 / reading, 63.0 / writing);
    Ok(())
}

/// The most memory that this process has held, where the system says.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}
