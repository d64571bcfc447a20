//! What a model is made of, read from its `config.json`. The families differ by these values and by nothing else.

use std::path::Path;

use crate::ModelError;

/// A decoder's shape and the choices in which families differ.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The family, as `model_type` names it.
    pub family: String,
    /// The width of the residual stream.
    pub hidden_size: usize,
    /// Decoder blocks.
    pub layers: usize,
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
    /// Added to the mean square before its root is taken.
    pub norm_epsilon: f64,
    /// The output head is the embedding.
    pub tie_word_embeddings: bool,
    /// The file as it was read: what other programs need is kept when the model is saved.
    pub source: serde_json::Value,
}

impl ModelConfig {
    /// Reads `config.json` of a model folder.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let _ = folder;
        unimplemented!()
    }
}
