//! The table of families: how each one's config is read, where it departs from Llama's. To add one, add a line here and
//! a fixture (crates/README.md says how); nothing else knows families.

mod windows;

use candle_lora::{Activation, NormKind};
use serde_json::json;
use tunesmith_sentence::say;

use crate::config::{Biases, NormPlaces, QkNorm};
use crate::config_fields::ConfigFields;
use crate::llama::{FamilyDefaults, as_llama, rotation};
use crate::rope::RopeDefaults;
use crate::{ModelConfig, ModelError};
use windows::{qwen_windows, window, windows};

/// A family of models.
pub(crate) struct Family {
    /// Its `model_type`.
    pub(crate) name: &'static str,
    /// Its entry in `architectures`.
    pub(crate) architecture: &'static str,
    /// What holds where the config is silent.
    defaults: FamilyDefaults,
    /// Changes a config that has been read as Llama's.
    adapt: fn(&ConfigFields, &mut ModelConfig) -> Result<(), ModelError>,
}

const LLAMA: FamilyDefaults = FamilyDefaults {
    tied: false,
    norm_epsilon: ("rms_norm_eps", 1e-6),
    head_dim: None,
    activation: "silu",
    rope: RopeDefaults { theta: 10_000.0, partial: None, original_context: None, per_layer: false },
};
const GEMMA: FamilyDefaults =
    FamilyDefaults { tied: true, head_dim: Some(256), activation: "gelu_pytorch_tanh", ..LLAMA };
const GEMMA3: FamilyDefaults =
    FamilyDefaults { rope: RopeDefaults { theta: 1_000_000.0, per_layer: true, ..LLAMA.rope }, ..GEMMA };
const QWEN3: FamilyDefaults = FamilyDefaults { head_dim: Some(128), ..LLAMA };
const SMOLLM3: FamilyDefaults =
    FamilyDefaults { tied: true, rope: RopeDefaults { theta: 2_000_000.0, ..LLAMA.rope }, ..LLAMA };
const PHI3: FamilyDefaults = FamilyDefaults {
    norm_epsilon: ("rms_norm_eps", 1e-5),
    rope: RopeDefaults { original_context: Some(4096.0), partial: Some(1.0), ..LLAMA.rope },
    ..LLAMA
};
const OLMO2: FamilyDefaults = FamilyDefaults { norm_epsilon: ("rms_norm_eps", 1e-5), ..LLAMA };
const STABLELM: FamilyDefaults = FamilyDefaults {
    norm_epsilon: ("layer_norm_eps", 1e-5),
    rope: RopeDefaults { partial: Some(0.25), ..LLAMA.rope },
    ..LLAMA
};

/// All of them.
pub(crate) const FAMILIES: [Family; 12] = [
    family("llama", "LlamaForCausalLM", LLAMA, llama),
    family("mistral", "MistralForCausalLM", LLAMA, mistral),
    family("qwen2", "Qwen2ForCausalLM", LLAMA, qwen2),
    family("qwen3", "Qwen3ForCausalLM", QWEN3, qwen3),
    family("smollm3", "SmolLM3ForCausalLM", SMOLLM3, smollm3),
    family("gemma", "GemmaForCausalLM", GEMMA, gemma),
    family("gemma2", "Gemma2ForCausalLM", GEMMA, gemma2),
    family("gemma3_text", "Gemma3ForCausalLM", GEMMA3, gemma3),
    family("phi3", "Phi3ForCausalLM", PHI3, phi3),
    family("olmo2", "Olmo2ForCausalLM", OLMO2, olmo2),
    family("granite", "GraniteForCausalLM", LLAMA, granite),
    family("stablelm", "StableLmForCausalLM", STABLELM, stablelm),
];

/// The families that can be computed, as `model_type` names them.
pub const SUPPORTED_FAMILIES: [&str; FAMILIES.len()] = {
    let mut names = [""; FAMILIES.len()];
    let mut number = 0;
    while number < names.len() {
        names[number] = FAMILIES[number].name;
        number += 1;
    }
    names
};

/// What a family is called in `architectures`.
pub(crate) fn architecture(name: &str) -> &'static str {
    FAMILIES.iter().find(|family| family.name == name).map_or("", |family| family.architecture)
}

const fn family(
    name: &'static str,
    architecture: &'static str,
    defaults: FamilyDefaults,
    adapt: fn(&ConfigFields, &mut ModelConfig) -> Result<(), ModelError>,
) -> Family {
    Family { name, architecture, defaults, adapt }
}

impl Family {
    /// Whether `architectures` may call it so: as the model that writes, or as the decoder alone, without a head.
    pub(crate) fn is_architecture(&self, name: &str) -> bool {
        let decoder = match self.architecture {
            "Gemma3ForCausalLM" => Some("Gemma3Text"),
            other => other.strip_suffix("ForCausalLM"),
        };
        name == self.architecture || name.strip_suffix("Model").is_some_and(|name| Some(name) == decoder)
    }

    /// Reads a config of this family.
    pub(crate) fn config(&self, fields: &ConfigFields) -> Result<ModelConfig, ModelError> {
        let mut config = as_llama(fields, self.name, self.defaults)?;
        (self.adapt)(fields, &mut config)?;
        Ok(config)
    }
}

fn llama(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    let attention = fields.switch_or("attention_bias", false)?;
    config.biases = Biases { qkv: attention, o: attention, mlp: fields.switch_or("mlp_bias", false)? };
    Ok(())
}

fn mistral(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    let window = window(fields)?;
    config.layers.iter_mut().for_each(|layer| layer.window = window);
    Ok(())
}

fn qwen2(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    config.biases.qkv = true;
    qwen_windows(fields, config)
}

fn qwen3(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    config.qk_norm = Some(QkNorm::SharedByHeads);
    attention_bias(fields, config)?;
    qwen_windows(fields, config)
}

fn smollm3(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    llama(fields, config)?;
    let interval = fields.whole_or("no_rope_layer_interval", 4)?.max(1);
    let listed = fields.list("no_rope_layers")?;
    for (number, layer) in config.layers.iter_mut().enumerate() {
        let turns = match listed.get(number) {
            Some(turns) => turns.as_u64() != Some(0) && turns.as_bool() != Some(false),
            None if listed.is_empty() => !(number + 1).is_multiple_of(interval),
            None => {
                return Err(fields
                    .wrong(say!("model-rope-layers-short", "no_rope_layers is shorter than the model has layers")));
            }
        };
        layer.rope = turns.then_some(0);
    }
    if !fields.switch_or("use_sliding_window", false)? {
        return Ok(());
    }
    let without: Vec<bool> = config.layers.iter().map(|layer| layer.rope.is_none()).collect();
    windows(fields, config, |layer| without[layer])
}

fn gemma(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    if fields.switch_or("use_bidirectional_attention", false)? {
        return Err(fields.wrong(say!(
            "model-bidirectional",
            "it reads in both directions (use_bidirectional_attention), so it cannot write"
        )));
    }
    // The first configs said gelu and meant its approximation.
    if config.activation == Activation::GeluErf {
        config.activation = Activation::GeluTanh;
    }
    config.norm_offset = 1.0;
    config.embedding_scale = (config.hidden_size as f64).sqrt();
    config.embeds_scaled = true;
    attention_bias(fields, config)
}

fn gemma2(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    gemma(fields, config)?;
    config.norm_places = NormPlaces::Around;
    config.attention_scale = 1.0 / fields.number_or("query_pre_attn_scalar", 256.0)?.sqrt();
    config.attention_soft_cap = fields.number_or_none("attn_logit_softcapping", Some(50.0))?;
    config.logit_soft_cap = fields.number_or_none("final_logit_softcapping", Some(30.0))?;
    windows(fields, config, |layer| layer % 2 == 0)
}

fn gemma3(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    gemma(fields, config)?;
    config.norm_places = NormPlaces::Around;
    config.qk_norm = Some(QkNorm::SharedByHeads);
    config.attention_scale = 1.0 / fields.number_or("query_pre_attn_scalar", 256.0)?.sqrt();
    config.logit_soft_cap = fields.number_or_none("final_logit_softcapping", None)?;
    let pattern = fields.whole_or("sliding_window_pattern", 6)?.max(1);
    windows(fields, config, |layer| !(layer + 1).is_multiple_of(pattern))?;
    // Layers with a window turn by a base of their own, and are never scaled. An older field changes those of the others.
    let (newer, older) = (fields.value("rope_parameters"), fields.value("rope_scaling"));
    let (mut global, local) = (newer["full_attention"].clone(), &newer["sliding_attention"]);
    match (global.as_object_mut(), older.as_object()) {
        (Some(global), Some(older)) => global.extend(older.clone()),
        _ if newer.is_null() => global = older.clone(),
        _ => {}
    }
    let theta = fields.number_or("rope_local_base_freq", 10_000.0)?;
    let global = rotation(fields, &global, config, GEMMA3.rope)?;
    let local = match local.is_null() {
        true => rotation(fields, &json!({"rope_theta": theta}), config, GEMMA3.rope)?,
        false => rotation(fields, local, config, GEMMA3.rope)?,
    };
    config.ropes = vec![global, local];
    for layer in &mut config.layers {
        layer.rope = Some(usize::from(layer.window.is_some()));
    }
    Ok(())
}

fn phi3(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    config.fused = true;
    // Where its config is silent, it has no window, unlike Mistral.
    if fields.has("sliding_window") { mistral(fields, config) } else { Ok(()) }
}

fn olmo2(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    config.norm_places = NormPlaces::After;
    config.qk_norm = Some(QkNorm::FullWidth);
    attention_bias(fields, config)
}

fn granite(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    llama(fields, config)?;
    config.attention_scale = fields.number_or("attention_multiplier", 1.0)?;
    config.embedding_scale = fields.number_or("embedding_multiplier", 1.0)?;
    config.residual_scale = fields.number_or("residual_multiplier", 1.0)?;
    config.logit_scale = 1.0 / fields.number_or("logits_scaling", 1.0)?;
    Ok(())
}

fn stablelm(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    config.norm = NormKind::Layer;
    config.biases.qkv = fields.switch_or("use_qkv_bias", false)?;
    if fields.switch_or("qk_layernorm", false)? {
        config.qk_norm = Some(QkNorm::OnePerHead);
    }
    if fields.switch_or("use_parallel_residual", false)? {
        config.norm_places = NormPlaces::OnceForBoth;
    }
    Ok(())
}

fn attention_bias(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    let bias = fields.switch_or("attention_bias", false)?;
    config.biases = Biases { qkv: bias, o: bias, mlp: false };
    Ok(())
}
