//! Merges a pair into the weight of its module.

use candle_core::Tensor;

use crate::ops::sum::Layout::{AsIs, Transposed};
use crate::ops::sum::add_product;
use crate::{FrozenWeight, Lora, LoraError, LoraPair, ModuleKind};

impl LoraPair {
    /// Its module's weight with the pair merged into it, in the weight's shape.
    ///
    /// # Errors
    /// When the pair does not fit the weight.
    pub fn merged(&self, weight: &FrozenWeight, scale: f64) -> Result<Tensor, LoraError> {
        let weight_alone = Some(weight.dense()?.copy()?);
        let sum = match self.kind {
            ModuleKind::Linear => add_product(weight_alone, scale, (&self.b, AsIs), (&self.a, AsIs))?,
            ModuleKind::Embedding => add_product(weight_alone, scale, (&self.a, Transposed), (&self.b, Transposed))?,
        };
        let Some(magnitude) = &self.magnitude else { return Ok(sum) };
        let norm = Lora::of(self, scale).weight_norm(weight)?;
        Ok(sum.broadcast_mul(&(magnitude / norm)?.unsqueeze(1)?)?)
    }
}
