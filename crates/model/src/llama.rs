//! Reads a config as one of Llama: what all families have in common. `family` then changes what is different.

use candle_lora::{Activation, Longer, NormKind, Rotation};
use serde_json::Value;
use tunesmith_sentence::say;

use crate::config::{Biases, Layer, NormPlaces};
use crate::config_fields::{ConfigFields, LARGEST};
use crate::rope::{RopeDefaults, RopeFields};
use crate::{ModelConfig, ModelError};

/// What transformers' config classes set where the file has no such key.
#[derive(Clone, Copy)]
pub(crate) struct FamilyDefaults {
    pub(crate) tied: bool,
    pub(crate) norm_epsilon: (&'static str, f64),
    pub(crate) head_dim: Option<usize>,
    pub(crate) activation: &'static str,
    pub(crate) rope: RopeDefaults,
}

/// What all families have in common, with everything else as Llama has it.
pub(crate) fn as_llama(
    fields: &ConfigFields,
    family: &'static str,
    defaults: FamilyDefaults,
) -> Result<ModelConfig, ModelError> {
    let (hidden_size, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let head_dim = fields.size_or("head_dim", defaults.head_dim.unwrap_or(hidden_size / heads))?;
    let count = layer_count(fields)?;
    let mut config = ModelConfig {
        family,
        hidden_size,
        layers: vec![Layer { window: None, rope: Some(0) }; count],
        heads,
        kv_heads: fields.size_or("num_key_value_heads", heads)?,
        head_dim,
        intermediate_size: fields.size("intermediate_size")?,
        vocabulary: fields.size("vocab_size")?,
        context_length: fields.size("max_position_embeddings")?,
        norm: NormKind::Rms,
        norm_places: NormPlaces::Before,
        norm_epsilon: fields.number_or(defaults.norm_epsilon.0, defaults.norm_epsilon.1)?,
        norm_offset: 0.0,
        qk_norm: None,
        tie_word_embeddings: fields.switch_or("tie_word_embeddings", defaults.tied)?,
        biases: Biases::default(),
        fused: false,
        activation: activation(fields, defaults.activation)?,
        ropes: vec![],
        attention_scale: 1.0 / (head_dim as f64).sqrt(),
        attention_soft_cap: None,
        logit_soft_cap: None,
        logit_scale: 1.0,
        embedding_scale: 1.0,
        embeds_scaled: false,
        residual_scale: 1.0,
        source: fields.source().clone(),
        unread: vec![],
    };
    check_heads(fields, &config)?;
    // Where both are there transformers takes the older one, and nothing of the newer.
    let older = fields.value("rope_scaling");
    let is_there = !older.is_null() && older.as_object().is_none_or(|fields| !fields.is_empty());
    let scaling = if is_there { older } else { fields.value("rope_parameters") };
    config.ropes = vec![rotation(fields, scaling, &config, defaults.rope)?];
    if let Longer::Growing { limit, factor, .. } = config.ropes[0].longer {
        // The config names the length that the base grows from, and the factor by how much rows may be longer.
        config.context_length = ((limit as f64 * factor.max(1.0)) as usize).min(LARGEST as usize);
    }
    Ok(config)
}

/// The rotation that an object describes.
pub(crate) fn rotation(
    fields: &ConfigFields,
    scaling: &Value,
    config: &ModelConfig,
    defaults: RopeDefaults,
) -> Result<Rotation, ModelError> {
    let (head_width, context) = (config.head_dim, config.context_length);
    RopeFields { config: fields, scaling, head_width, context, defaults }.rotation()
}

fn layer_count(fields: &ConfigFields) -> Result<usize, ModelError> {
    let count = fields.size("num_hidden_layers")?;
    if count > 1024 {
        return Err(fields.wrong(say!(
            "model-too-many-layers",
            "num_hidden_layers is {count}, which no model has",
            count
        )));
    }
    Ok(count)
}

fn activation(fields: &ConfigFields, default: &str) -> Result<Activation, ModelError> {
    let named =
        ["hidden_activation", "hidden_act"].map(|key| fields.value(key)).into_iter().find(|value| !value.is_null());
    let named = named.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match named.as_deref().unwrap_or(default) {
        "silu" | "swish" => Ok(Activation::Silu),
        "gelu_pytorch_tanh" | "gelu_new" | "gelu_fast" | "gelu_python_tanh" => Ok(Activation::GeluTanh),
        "gelu" | "gelu_python" => Ok(Activation::GeluErf),
        other => Err(fields.wrong(say!(
            "model-activation-unsupported",
            "the activation “{activation}” is not supported; supported: silu, gelu, gelu_pytorch_tanh",
            activation = other
        ))),
    }
}

fn check_heads(fields: &ConfigFields, config: &ModelConfig) -> Result<(), ModelError> {
    if !config.heads.is_multiple_of(config.kv_heads) {
        let (heads, kv_heads) = (config.heads, config.kv_heads);
        return Err(fields.wrong(say!(
            "model-heads-uneven",
            "{heads} attention heads cannot share {kv_heads} key heads evenly",
            heads,
            kv_heads
        )));
    }
    if !config.head_dim.is_multiple_of(2) {
        let width = config.head_dim;
        return Err(fields.wrong(say!(
            "model-head-odd",
            "head_dim is {width}, but rotary positions need pairs",
            width
        )));
    }
    if config.heads().q_width() as u64 > LARGEST {
        let (heads, width) = (config.heads, config.head_dim);
        return Err(fields.wrong(say!(
            "model-too-many-heads",
            "{heads} heads of width {width} are more than any model has",
            heads,
            width
        )));
    }
    Ok(())
}
