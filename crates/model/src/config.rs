//! What a model is made of. The families differ by these values and by nothing else.

use candle_lora::{Activation, Attention, Heads, Longer, NormKind, Rotation};
use serde_json::Value;

/// A decoder's shape and the choices in which families differ.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The family, as `model_type` names it.
    pub family: &'static str,
    /// The width of the residual stream.
    pub hidden_size: usize,
    /// What differs from block to block, one entry per block.
    pub layers: Vec<Layer>,
    /// Attention heads.
    pub heads: usize,
    /// Key and value heads; each serves heads / kv_heads attention heads.
    pub kv_heads: usize,
    /// The width of one head.
    pub head_dim: usize,
    /// The inner width of the feed-forward part.
    pub intermediate_size: usize,
    /// Tokens that the model knows.
    pub vocabulary: usize,
    /// The longest input, in tokens.
    pub context_length: usize,
    /// Which norm.
    pub norm: NormKind,
    /// Where a block has norms.
    pub norm_places: NormPlaces,
    /// Added to the mean square before its root is taken.
    pub norm_epsilon: f64,
    /// Added to the weights of norms: Gemma keeps them around zero.
    pub norm_offset: f64,
    /// How queries and keys are normed before they turn; none leaves them.
    pub qk_norm: Option<QkNorm>,
    /// The embedding's scale belongs to the embedding itself (Gemma), so that noise on what it gives is not scaled.
    pub embeds_scaled: bool,
    /// The output head is the embedding.
    pub tie_word_embeddings: bool,
    /// Which projections add a bias.
    pub biases: Biases,
    /// q, k and v are one projection, gate and up another.
    pub fused: bool,
    /// What the gate goes through.
    pub activation: Activation,
    /// The ways in which heads turn by position; each layer names one.
    pub ropes: Vec<Rotation>,
    /// What attention scores are multiplied with.
    pub attention_scale: f64,
    /// Attention scores go through cap · tanh(score / cap).
    pub attention_soft_cap: Option<f64>,
    /// Logits do, too.
    pub logit_soft_cap: Option<f64>,
    /// What logits are multiplied with.
    pub logit_scale: f64,
    /// What embedded tokens are multiplied with.
    pub embedding_scale: f64,
    /// What each part of a block is multiplied with before it joins the residual stream.
    pub residual_scale: f64,
    /// The file as it was read: what other programs need is kept when the model is saved.
    pub source: Value,
    /// Fields of the file that are not read and may change what the model computes.
    pub unread: Vec<String>,
}

/// What differs from block to block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// How many keys a query sees, its own included; none is all before it.
    pub window: Option<usize>,
    /// Which of the config's ropes turns queries and keys; none leaves them without positions.
    pub rope: Option<usize>,
}

/// Where a block has norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormPlaces {
    /// Before attention and before the feed-forward part (Llama).
    Before,
    /// Before and after each (Gemma 2).
    Around,
    /// After each, before it joins the residual stream (OLMo 2).
    After,
    /// Once: both parts read the same normed input (StableLM's parallel residual).
    OnceForBoth,
}

/// How queries and keys are normed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QkNorm {
    /// Each head by itself, all with one weight (Qwen3, Gemma 3).
    SharedByHeads,
    /// Each head by itself, each with its own weight (StableLM).
    OnePerHead,
    /// All heads of a token together (OLMo 2).
    FullWidth,
}

/// Which projections add a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Biases {
    /// Those of queries, keys and values.
    pub qkv: bool,
    /// The one after attention.
    pub o: bool,
    /// The feed-forward part's.
    pub mlp: bool,
}

impl ModelConfig {
    /// The heads of every block's attention.
    pub fn heads(&self) -> Heads {
        Heads { heads: self.heads, kv_heads: self.kv_heads, width: self.head_dim }
    }

    /// How queries of this layer look at keys.
    pub fn attention(&self, layer: Layer) -> Attention {
        let (scale, soft_cap) = (self.attention_scale, self.attention_soft_cap);
        Attention { heads: self.heads(), scale, soft_cap, window: layer.window }
    }

    /// Whether rows of both lengths have the same rotary positions: with LongRoPE a long row has others, from its first
    /// token on, and with dynamic ones a long row of each length.
    pub(crate) fn same_rotation(&self, length: usize, other: usize) -> bool {
        self.ropes.iter().all(|rope| rope.kind_of(length) == rope.kind_of(other))
    }

    /// Whether an answer that grows from one length to another keeps its keys as they are. As in transformers, dynamic
    /// positions turn each new token by the length that it makes, and leave what was read before.
    pub(crate) fn keeps_keys(&self, length: usize, other: usize) -> bool {
        let grows = |rope: &Rotation| matches!(rope.longer, Longer::Growing { .. });
        self.ropes.iter().all(|rope| grows(rope) || rope.kind_of(length) == rope.kind_of(other))
    }
}
