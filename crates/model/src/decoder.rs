//! The decoder: its weights, and the pass from tokens to the residual stream after the last block. What comes out of it
//! is left to `adapted` (logits, losses) and `gradients`, what a block computes to `block`, and where weights come from
//! to `load` and `init`.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_lora::cross_entropy::Head;
use candle_lora::rope::Angles;
use candle_lora::{FrozenWeight, Linear, Rows, embedding};

use crate::block::Block;
use crate::fitted::FittedAdapter;
use crate::kv_cache::KvCache;
use crate::norm::Norm;
use crate::pass::Pass;
use crate::sequences::check_ids;
use crate::weights::{EMBEDDING, EMBEDDING_MODULE, FINAL_NORM, HEAD_MODULE, Weights, get, replace};
use crate::{ModelConfig, ModelError};

/// A model's weights, ready to compute. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(crate) config: ModelConfig,
    pub(crate) weights: Weights,
    pub(crate) device: Device,
}

impl Decoder {
    /// What the model is made of.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The memory that its weights take.
    pub fn size_bytes(&self) -> u64 {
        self.weights.values().map(FrozenWeight::size_bytes).sum()
    }

    /// All weights by their names in the checkpoint, without those that are held in fewer bits: these are never trained.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        let dense = |(name, weight): (&String, &FrozenWeight)| match weight {
            FrozenWeight::Dense(weight) => Some((name.clone(), weight.clone())),
            FrozenWeight::Bf16(_) | FrozenWeight::Quantized(_) => None,
        };
        self.weights.iter().filter_map(dense).collect()
    }

    /// Replaces a weight by one of the same shape.
    ///
    /// # Errors
    /// When there is no such weight, or it has another shape.
    pub fn set_parameter(&mut self, name: &str, value: Tensor) -> Result<(), ModelError> {
        replace(&mut self.weights, name, value)
    }

    /// The residual stream after the last block, (tokens, hidden). A cache holds the keys and values of what came before
    /// and takes those of `ids`.
    pub(crate) fn forward(
        &self,
        adapter: &FittedAdapter,
        ids: &[u32],
        rows: &Rows,
        mut cache: Option<&mut KvCache>,
    ) -> Result<Tensor, ModelError> {
        check_ids(ids, self.config.vocabulary)?;
        let angles = self.angles(rows)?;
        let pass = Pass { rows, angles: &angles, noise: None };
        let mut x = self.scale_embedded(self.embed(adapter, ids)?)?; // (tokens, hidden)
        for (layer, block) in self.blocks(adapter)?.iter().enumerate() {
            let mut keep = |k, v| match &mut cache {
                Some(cache) => cache.append(layer, k, v),
                None => Ok((k, v)),
            };
            x = block.forward(&x, &pass, &mut keep)?.0;
        }
        Ok(x)
    }

    pub(crate) fn blocks<'a>(&'a self, adapter: &'a FittedAdapter) -> Result<Vec<Block<'a>>, ModelError> {
        (0..self.config.layers.len()).map(|layer| Block::new(&self.config, &self.weights, adapter, layer)).collect()
    }

    /// The angles of each of the config's ropes.
    pub(crate) fn angles(&self, rows: &Rows) -> Result<Vec<Angles>, ModelError> {
        let dtype = self.dtype()?;
        let ropes = self.config.ropes.iter();
        Ok(ropes.map(|rope| Angles::new(rows, rope, dtype, &self.device)).collect::<Result<_, _>>()?)
    }

    /// The number format that is computed in.
    pub(crate) fn dtype(&self) -> Result<DType, ModelError> {
        Ok(self.embedding()?.dtype())
    }

    pub(crate) fn final_norm(&self) -> Result<Norm, ModelError> {
        Norm::new(&self.config, &self.weights, FINAL_NORM.into())
    }

    /// The vectors of tokens before the family's scale, (tokens, hidden).
    pub(crate) fn embed(&self, adapter: &FittedAdapter, ids: &[u32]) -> Result<Tensor, ModelError> {
        let x = embedding::forward(self.embedding()?, adapter.lora(EMBEDDING_MODULE), ids)?;
        match adapter.embedded_tokens() {
            Some(tokens) => Ok(tokens.embed(x, ids)?),
            None => Ok(x),
        }
    }

    /// What was embedded, or its gradient, times the family's scale.
    pub(crate) fn scale_embedded(&self, x: Tensor) -> Result<Tensor, ModelError> {
        Ok(if self.config.embedding_scale == 1.0 { x } else { (x * self.config.embedding_scale)? })
    }

    pub(crate) fn embedding(&self) -> Result<&FrozenWeight, ModelError> {
        get(&self.weights, EMBEDDING)
    }

    pub(crate) fn head<'a>(&'a self, adapter: &'a FittedAdapter) -> Result<Head<'a>, ModelError> {
        let weight = get(&self.weights, self.head_name())?;
        let map = Linear { weight, bias: None, lora: adapter.lora(HEAD_MODULE) };
        let tokens = adapter.head_tokens(self.config.tie_word_embeddings).map(|(_, tokens)| tokens);
        Ok(Head { map, scale: self.config.logit_scale, soft_cap: self.config.logit_soft_cap, tokens })
    }

    pub(crate) fn head_name(&self) -> &'static str {
        self.config.head_name()
    }
}
