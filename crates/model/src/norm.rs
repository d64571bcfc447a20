//! A norm of the model by its name, with the family's offset added to its weights.

use candle_core::Tensor;
use candle_lora::NormKind;
use candle_lora::norm::{Saved, bias_backward};

use crate::trainable::CollectedGradients;
use crate::weights::{Weights, get};
use crate::{ModelConfig, ModelError};

/// A norm, or norms side by side, one per head.
pub(crate) struct Norm {
    /// The modules whose weights it has.
    names: Vec<String>,
    norm: candle_lora::Norm,
}

impl Norm {
    /// The norm of this name.
    pub(crate) fn new(config: &ModelConfig, weights: &Weights, name: String) -> Result<Self, ModelError> {
        let bias = match config.norm {
            NormKind::Rms => None,
            NormKind::Layer => Some(get(weights, &format!("{name}.bias"))?.dense()?),
        };
        Self::of(config, weights, vec![name], bias)
    }

    /// The norm of all queries or all keys, from one name or from one per head.
    pub(crate) fn of_heads(config: &ModelConfig, weights: &Weights, names: Vec<String>) -> Result<Self, ModelError> {
        Self::of(config, weights, names, None)
    }

    fn of(
        config: &ModelConfig,
        weights: &Weights,
        names: Vec<String>,
        bias: Option<Tensor>,
    ) -> Result<Self, ModelError> {
        let weight = |name: &String| Ok(get(weights, &format!("{name}.weight"))?.dense()?);
        let mut all = names.iter().map(weight).collect::<Result<Vec<_>, ModelError>>()?;
        let mut weight = if all.len() == 1 { all.remove(0) } else { Tensor::stack(&all, 0)? };
        if config.norm_offset != 0.0 {
            weight = (weight + config.norm_offset)?;
        }
        let norm = candle_lora::Norm { kind: config.norm, weight, bias, epsilon: config.norm_epsilon };
        Ok(Self { names, norm })
    }

    /// y in the shape of x, and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<(Tensor, Saved), ModelError> {
        Ok(self.norm.forward(x)?)
    }

    /// y once more.
    pub(crate) fn recompute(&self, saved: &Saved, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.norm.recompute(saved, x)?)
    }

    /// `total` + the gradient of x; those of its own are collected. The caller alone holds the total.
    pub(crate) fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        if self.names.iter().any(|name| collect.wants(&format!("{name}.weight"))) {
            self.weight_gradients(self.norm.weight_backward(saved, x, grad)?, collect)?;
        }
        let bias = format!("{}.bias", self.names[0]);
        if self.norm.bias.is_some() && collect.wants(&bias) {
            collect.gradients.insert(bias, bias_backward(grad)?);
        }
        Ok(self.norm.backward(saved, x, grad, total)?)
    }

    fn weight_gradients(&self, gradient: Tensor, collect: &mut CollectedGradients) -> Result<(), ModelError> {
        if let [name] = self.names.as_slice() {
            collect.gradients.insert(format!("{name}.weight"), gradient);
            return Ok(());
        }
        for (number, name) in self.names.iter().enumerate() {
            collect.gradients.insert(format!("{name}.weight"), gradient.get(number)?.force_contiguous()?);
        }
        Ok(())
    }
}
