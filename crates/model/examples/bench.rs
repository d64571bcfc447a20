//! Measures training from scratch: tokens per second of forward and backward of a 3.2 M model on 16 rows of 192 tokens.

use std::time::Instant;

use candle_core::Device;
use tunesmith_model::{Adapter, Decoder, ModelConfig, Sequences, Wanted, parameter_count};

const CONFIG: &str = r#"{"model_type": "llama", "hidden_size": 192, "num_hidden_layers": 7, "num_attention_heads": 6,
    "num_key_value_heads": 3, "intermediate_size": 512, "vocab_size": 2048, "max_position_embeddings": 1024,
    "tie_word_embeddings": true}"#;

fn main() -> Result<(), tunesmith_model::ModelError> {
    let config = ModelConfig::parse(CONFIG, "config.json".as_ref())?;
    println!("{} parameters", parameter_count(&config));
    let decoder = Decoder::scratch(config, 1, &Device::Cpu)?;
    let (rows, length) = (16, 192);
    let ids: Vec<u32> = (0..rows * length).map(|i| (i * 7919 % 2048) as u32).collect();
    let learn: Vec<bool> = (0..ids.len()).map(|i| i % length >= length / 2).collect();
    let sequences = Sequences { ids: &ids, learn: &learn, lengths: &vec![length; rows] };
    for _ in 0..5 {
        let start = Instant::now();
        let (loss, _) = decoder.gradients(&Adapter::none(), &sequences, Wanted::Weights, false)?;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{:.3} s, {:.0} tokens/s, loss {:.4}",
            seconds,
            ids.len() as f64 / seconds,
            loss.nats / loss.learned as f64
        );
    }
    Ok(())
}
