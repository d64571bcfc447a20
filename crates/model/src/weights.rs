//! The names and shapes of a decoder's weights, as checkpoints have them.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::FrozenWeight;

use crate::{ModelConfig, ModelError};

/// The weights by name, each shared by all clones.
pub(crate) type Weights = BTreeMap<String, FrozenWeight>;

/// The names of the modules that can have an adapter, in the order in which a block uses them.
pub const PROJECTIONS: [&str; 7] = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
];

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(crate) const FINAL_NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// (out, in) of a projection of a block.
pub fn projection_shape(config: &ModelConfig, projection: &str) -> (usize, usize) {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let heads = config.attention();
    match projection {
        "self_attn.q_proj" => (heads.q_width(), hidden),
        "self_attn.k_proj" | "self_attn.v_proj" => (heads.kv_width(), hidden),
        "self_attn.o_proj" => (hidden, heads.q_width()),
        "mlp.down_proj" => (hidden, inner),
        _ => (inner, hidden),
    }
}

/// Every weight that a model of this config has, with its shape.
pub fn shapes(config: &ModelConfig) -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    let table = vec![config.vocabulary, config.hidden_size];
    if !config.tie_word_embeddings {
        shapes.insert(HEAD.to_string(), table.clone());
    }
    shapes.insert(EMBEDDING.to_string(), table);
    shapes.insert(FINAL_NORM.to_string(), vec![config.hidden_size]);
    for layer in 0..config.layers {
        let block = format!("model.layers.{layer}");
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            shapes.insert(format!("{block}.{norm}.weight"), vec![config.hidden_size]);
        }
        for projection in PROJECTIONS {
            let (out, width) = projection_shape(config, projection);
            shapes.insert(format!("{block}.{projection}.weight"), vec![out, width]);
            let attention = projection.starts_with("self_attn");
            if if attention { config.attention_bias } else { config.mlp_bias } {
                shapes.insert(format!("{block}.{projection}.bias"), vec![out]);
            }
        }
    }
    shapes
}

/// How many numbers a model of this config has learned.
pub fn parameter_count(config: &ModelConfig) -> u64 {
    shapes(config).values().map(|shape| shape.iter().map(|&size| size as u64).product::<u64>()).sum()
}

/// The weight of this name.
pub(crate) fn get<'a>(weights: &'a Weights, name: &str) -> Result<&'a FrozenWeight, ModelError> {
    weights.get(name).ok_or_else(|| ModelError::UnknownParameter(name.to_string()))
}

/// Puts a tensor in the place of a weight of the same shape.
pub(crate) fn replace(weights: &mut Weights, name: &str, value: Tensor) -> Result<(), ModelError> {
    let place = weights.get_mut(name).ok_or_else(|| ModelError::UnknownParameter(name.to_string()))?;
    if place.dims() != value.dims() {
        let reason = format!("has shape {:?}, expected {:?}", value.dims(), place.dims());
        return Err(ModelError::Input(format!("{name} {reason}")));
    }
    *place = value.into();
    Ok(())
}
