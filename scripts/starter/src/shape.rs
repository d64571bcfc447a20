//! The starter model's shape: 3.8 million weights of the Llama family.

use serde_json::{Value, json};

use crate::tokenizer::VOCABULARY;

/// The longest conversation, in tokens.
pub const CONTEXT_LENGTH: usize = 512;
/// Width of the residual stream.
pub const HIDDEN: usize = 256;
/// Number of layers.
pub const LAYERS: usize = 5;
/// Attention heads per layer.
pub const HEADS: usize = 8;
/// Heads that keys and values have; the others share them.
pub const KEY_VALUE_HEADS: usize = 4;
/// Dimensions of a head.
pub const HEAD: usize = 32;
/// Width of the feed-forward part.
pub const FEED_FORWARD: usize = 640;
/// Base of the rotary position embedding.
pub const ROPE_THETA: f64 = 10_000.0;
/// Deviation of the initial weights.
pub const NOISE: f64 = 0.02;

/// `config.json`.
pub fn config() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "head_dim": HEAD,
        "intermediate_size": FEED_FORWARD,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT_LENGTH,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": ROPE_THETA,
        "tie_word_embeddings": true,
        "attention_bias": false,
        "mlp_bias": false,
        "initializer_range": NOISE,
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
