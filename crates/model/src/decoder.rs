//! The decoder.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Adapter, LoraConfig};

use crate::{ModelConfig, ModelError};

/// A model's weights, ready to compute. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Decoder {
    config: ModelConfig,
}

/// Gradients by the name of what they belong to, as in `Adapter::parameters` or `Decoder::parameters`.
pub type Gradients = BTreeMap<String, Tensor>;

/// What gets a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The adapter; the model's weights are frozen.
    Adapter,
    /// Every weight of the model.
    Weights,
}

/// Rows of tokens, one after another, without padding.
#[derive(Debug, Clone, Copy)]
pub struct Sequences<'a> {
    /// All tokens.
    pub ids: &'a [u32],
    /// learn[i]: token i is predicted from what comes before it and counts in the loss.
    pub learn: &'a [bool],
    /// The length of each row, in tokens.
    pub lengths: &'a [usize],
}

/// A loss before it is averaged, so that batches can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SummedLoss {
    /// The summed negative log-likelihood.
    pub nats: f64,
    /// How many tokens it is summed over.
    pub learned: u64,
}

#[expect(unused_variables, clippy::unimplemented, reason = "signatures first")]
impl Decoder {
    /// Loads a model folder.
    pub fn load(
        folder: &Path,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        unimplemented!()
    }

    /// A new model with random weights; the same seed gives the same weights.
    pub fn scratch(config: ModelConfig, seed: u64, device: &Device) -> Result<Self, ModelError> {
        unimplemented!()
    }

    /// What the model is made of.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// A new adapter that changes nothing yet.
    pub fn new_adapter(&self, lora: &LoraConfig, seed: u64) -> Result<Adapter, ModelError> {
        unimplemented!()
    }

    /// The logits after each token, (tokens, vocabulary).
    pub fn logits(&self, adapter: &Adapter, ids: &[u32]) -> Result<Tensor, ModelError> {
        unimplemented!()
    }

    /// The loss, without gradients.
    pub fn loss(&self, adapter: &Adapter, sequences: &Sequences) -> Result<SummedLoss, ModelError> {
        unimplemented!()
    }

    /// The loss and the gradients of its sum. With `recompute` each block is computed twice and only its input kept.
    pub fn gradients(
        &self,
        adapter: &Adapter,
        sequences: &Sequences,
        wanted: Wanted,
        recompute: bool,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        unimplemented!()
    }

    /// All weights by their names in the checkpoint.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        unimplemented!()
    }

    /// Replaces a weight by one of the same shape.
    pub fn set_parameter(&mut self, name: &str, value: Tensor) -> Result<(), ModelError> {
        unimplemented!()
    }

    /// Writes `model.safetensors` and `config.json`.
    pub fn save(&self, folder: &Path, dtype: DType) -> Result<(), ModelError> {
        unimplemented!()
    }

    /// The model with the adapter folded into its weights.
    pub fn merged(&self, adapter: &Adapter) -> Result<Self, ModelError> {
        unimplemented!()
    }
}
