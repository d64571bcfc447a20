//! The starter model's shape: 3.5 million weights of the Llama family.

use serde_json::{Value, json};

use crate::tokenizer::VOCABULARY;

/// The longest conversation, in tokens.
pub const CONTEXT_LENGTH: usize = 512;

/// `config.json`.
pub fn config() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": 256,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "intermediate_size": 688,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT_LENGTH,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": true,
        "attention_bias": false,
        "mlp_bias": false,
        "initializer_range": 0.02,
        "pad_token_id": 0,
        "bos_token_id": null,
        "eos_token_id": 1,
        "dtype": "bfloat16",
    })
}

/// `generation_config.json`.
pub fn generation_config() -> Value {
    json!({ "eos_token_id": 1, "pad_token_id": 0 })
}
