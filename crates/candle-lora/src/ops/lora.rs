//! A low-rank pair as a linear map uses it: its scale, DoRA's lengths and the dropout of a pass.

use candle_core::Tensor;
use tunesmith_sentence::say;

use super::sum::Layout::AsIs;
use super::sum::add_product;
use crate::floats::{Floats, fast, tensor};
use crate::kernels::elementwise;
use crate::{FrozenWeight, LoraError, LoraPair, Result, plain};

/// A low-rank pair in use.
#[derive(Debug, Clone, Copy)]
pub struct Lora<'a> {
    /// A, B and, for DoRA, the magnitudes.
    pub pair: &'a LoraPair,
    /// What the low-rank product is multiplied with.
    pub scale: f64,
    /// (out): what `weight_norm` gives. Needed where the pair has magnitudes; it holds while A and B stay as they are.
    pub norm: Option<&'a Tensor>,
    /// (tokens, in): what x is multiplied with before the pair sees it; none keeps it.
    pub mask: Option<&'a Tensor>,
}

impl<'a> Lora<'a> {
    /// A pair without magnitudes and without dropout.
    pub fn of(pair: &'a LoraPair, scale: f64) -> Self {
        Self { pair, scale, norm: None, mask: None }
    }

    /// ‖W + scale · B A‖ of each output, (out).
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn weight_norm(&self, weight: &FrozenWeight) -> Result<Tensor> {
        let sum = weight.dense()?.copy()?;
        let sum = add_product(Some(sum), self.scale, (&self.pair.b, AsIs), (&self.pair.a, AsIs))?; // (out, in)
        match fast(&sum) {
            true => tensor(elementwise::row_norms(&Floats::of(&sum)?, sum.dim(1)?), sum.dim(0)?),
            false => plain::row_norms(&sum),
        }
    }

    /// magnitude / ‖W + scale · B A‖, (out), where the pair has magnitudes.
    pub(super) fn factor(&self) -> Result<Option<Tensor>> {
        match (&self.pair.magnitude, self.norm) {
            (Some(magnitude), Some(norm)) => Ok(Some((magnitude / norm)?)),
            (None, _) => Ok(None),
            (Some(_), None) => {
                Err(LoraError::Invalid(say!("adapter-norm-missing", "A pair with magnitudes needs its weight's norm")))
            }
        }
    }

    /// x after dropout.
    pub(super) fn drop(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match self.mask {
            Some(mask) => (x * mask)?,
            None => x.clone(),
        })
    }
}
