//! The names and shapes of a decoder's weights, as checkpoints have them.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::NormKind;
use candle_lora::{FrozenWeight, WeightFormat};
use tunesmith_sentence::say;

use crate::config::{NormPlaces, QkNorm};
use crate::{ModelConfig, ModelError};

/// The weights by name, each shared by all clones.
pub(crate) type Weights = BTreeMap<String, FrozenWeight>;

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
/// The embedding's name, as PEFT has it.
pub const EMBEDDING_MODULE: &str = "model.embed_tokens";
pub(crate) const HEAD_MODULE: &str = "lm_head";
/// The modules that belong to no layer, as settings and PEFT name them.
pub const OUTSIDE: [&str; 2] = ["embed_tokens", HEAD_MODULE];
pub(crate) const FINAL_NORM: &str = "model.norm";
pub(crate) const HEAD: &str = "lm_head.weight";

/// A linear map of a block: what can have an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Projection {
    /// Its name in the block, such as `self_attn.q_proj`.
    pub name: &'static str,
    /// The width that comes out.
    pub out: usize,
    /// The width that goes in.
    pub width: usize,
    /// It adds a bias.
    pub bias: bool,
}

impl Projection {
    /// The name that settings and PEFT know it by, such as `q_proj`.
    pub fn module(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// Numbers in a low-rank pair of rank 1.
    pub fn pair_width(&self) -> usize {
        self.out + self.width
    }
}

/// The projections of every block, in the order in which it uses them.
pub fn projections(config: &ModelConfig) -> Vec<Projection> {
    let (hidden, inner, heads, biases) = (config.hidden_size, config.intermediate_size, config.heads(), config.biases);
    let (q, kv) = (heads.q_width(), heads.kv_width());
    let projection = |name, out, width, bias| Projection { name, out, width, bias };
    let o = projection("self_attn.o_proj", hidden, q, biases.o);
    let down = projection("mlp.down_proj", hidden, inner, biases.mlp);
    match config.fused {
        true => vec![
            projection("self_attn.qkv_proj", q + 2 * kv, hidden, biases.qkv),
            o,
            projection("mlp.gate_up_proj", 2 * inner, hidden, biases.mlp),
            down,
        ],
        false => vec![
            projection("self_attn.q_proj", q, hidden, biases.qkv),
            projection("self_attn.k_proj", kv, hidden, biases.qkv),
            projection("self_attn.v_proj", kv, hidden, biases.qkv),
            o,
            projection("mlp.gate_proj", inner, hidden, biases.mlp),
            projection("mlp.up_proj", inner, hidden, biases.mlp),
            down,
        ],
    }
}

/// The modules that can have an adapter, as settings and PEFT name them: those of a layer, then those outside.
pub fn modules(config: &ModelConfig) -> Vec<&'static str> {
    projections(config).iter().map(Projection::module).chain(OUTSIDE).collect()
}

/// The whole names of the modules that can have an adapter, from the first layer on.
pub fn module_names(config: &ModelConfig) -> Vec<String> {
    let projections = projections(config);
    let of_layer = |layer: usize| {
        projections
            .iter()
            .map(move |projection| format!("model.layers.{layer}.{}", projection.name))
            .collect::<Vec<_>>()
    };
    let outside = [EMBEDDING_MODULE, HEAD_MODULE].map(String::from);
    (0..config.layers.len()).flat_map(of_layer).chain(outside).collect()
}

/// The norms of every block before and after its two parts, by name.
pub(crate) fn norm_names(places: NormPlaces) -> &'static [&'static str] {
    match places {
        NormPlaces::Before => &["input_layernorm", "post_attention_layernorm"],
        NormPlaces::Around => {
            &["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"]
        }
        NormPlaces::After => &["post_attention_layernorm", "post_feedforward_layernorm"],
        NormPlaces::OnceForBoth => &["input_layernorm"],
    }
}

/// The norms of a block's queries and keys: the name of each with its width. One per head comes as several.
pub(crate) fn qk_norms(config: &ModelConfig) -> Option<[Vec<(String, usize)>; 2]> {
    let heads = config.heads();
    let one = |name: &str, width| vec![(format!("self_attn.{name}"), width)];
    let several = |name: &str, count| {
        (0..count).map(|head| (format!("self_attn.{name}.norms.{head}"), heads.width)).collect::<Vec<_>>()
    };
    Some(match config.qk_norm? {
        QkNorm::SharedByHeads => [one("q_norm", heads.width), one("k_norm", heads.width)],
        QkNorm::FullWidth => [one("q_norm", heads.q_width()), one("k_norm", heads.kv_width())],
        QkNorm::OnePerHead => [several("q_layernorm", heads.heads), several("k_layernorm", heads.kv_heads)],
    })
}

/// Every weight that a model of this config has, with its shape.
pub fn shapes(config: &ModelConfig) -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    let table = vec![config.vocabulary, config.hidden_size];
    if !config.tie_word_embeddings {
        shapes.insert(HEAD.to_string(), table.clone());
    }
    shapes.insert(EMBEDDING.to_string(), table);
    let parts: &[&str] = if config.norm == NormKind::Layer { &["weight", "bias"] } else { &["weight"] };
    let mut norm = |name: String| {
        for part in parts {
            shapes.insert(format!("{name}.{part}"), vec![config.hidden_size]);
        }
    };
    norm(FINAL_NORM.to_string());
    for layer in 0..config.layers.len() {
        norm_names(config.norm_places).iter().for_each(|name| norm(format!("model.layers.{layer}.{name}")));
    }
    for layer in 0..config.layers.len() {
        let block = format!("model.layers.{layer}");
        for (name, width) in qk_norms(config).into_iter().flatten().flatten() {
            shapes.insert(format!("{block}.{name}.weight"), vec![width]);
        }
        for Projection { name, out, width, bias } in projections(config) {
            shapes.insert(format!("{block}.{name}.weight"), vec![out, width]);
            if bias {
                shapes.insert(format!("{block}.{name}.bias"), vec![out]);
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
        let (found, expected) = (format!("{:?}", value.dims()), format!("{:?}", place.dims()));
        return Err(ModelError::Input(say!(
            "model-tensor-shape",
            "{name} has shape {found}, expected {expected}",
            name,
            found,
            expected
        )));
    }
    *place = value.into();
    Ok(())
}

/// The format of this weight in a model of that format: in 4 bits embedding and head, which feel it most, have 8.
pub(crate) fn format_of(name: &str, format: WeightFormat) -> WeightFormat {
    if format == WeightFormat::Q4 && matches!(name, EMBEDDING | HEAD) { WeightFormat::Q8 } else { format }
}

/// The block that a module or weight belongs to. What comes before all blocks counts as the first.
pub(crate) fn layer_of(name: &str) -> Option<usize> {
    match name.strip_prefix("model.layers.") {
        Some(rest) => rest.split('.').next()?.parse().ok(),
        None => name.starts_with(EMBEDDING_MODULE).then_some(0),
    }
}

impl ModelConfig {
    /// The name of the weight of a module: a tied head has the embedding's.
    pub(crate) fn weight_of(&self, module: &str) -> String {
        match module == HEAD_MODULE && self.tie_word_embeddings {
            true => EMBEDDING.into(),
            false => format!("{module}.weight"),
        }
    }
    /// Says that the head has a weight of its own, and to other programs, too.
    pub(crate) fn untie(&mut self) {
        self.tie_word_embeddings = false;
        self.source["tie_word_embeddings"] = false.into();
    }
}
