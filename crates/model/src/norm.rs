//! A norm of the model by its name: its weights with the family's offset, and where its gradients go.

use candle_core::Tensor;
use candle_lora::linear::Wanted;
use candle_lora::norm::{self, Kind, Saved, bias_backward};

use crate::gradients::Collect;
use crate::weights::{Weights, get};
use crate::{ModelConfig, ModelError};

/// A norm, or norms side by side, one per head.
pub(crate) struct Norm {
    /// The modules whose weights it has.
    names: Vec<String>,
    norm: norm::Norm,
}

impl Norm {
    /// The norm of this name.
    pub(crate) fn new(config: &ModelConfig, weights: &Weights, name: String) -> Result<Self, ModelError> {
        let bias = match config.norm {
            Kind::Rms => None,
            Kind::Layer => Some(get(weights, &format!("{name}.bias"))?.dense()?),
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
        let norm = norm::Norm { kind: config.norm, weight, bias, epsilon: config.norm_epsilon };
        Ok(Self { names, norm })
    }

    /// y in the shape of x, and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<(Tensor, Saved), ModelError> {
        Ok(self.norm.forward(x)?)
    }

    /// y again.
    pub(crate) fn again(&self, saved: &Saved, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.norm.again(saved, x)?)
    }

    /// `total` + the gradient of x; those of its own are collected. The caller alone holds the total.
    pub(crate) fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        collect: &mut Collect,
    ) -> Result<Tensor, ModelError> {
        if collect.wanted == Wanted::Weight {
            self.weight_gradients(self.norm.weight_backward(saved, x, grad)?, collect)?;
            if self.norm.bias.is_some() {
                collect.gradients.insert(format!("{}.bias", self.names[0]), bias_backward(grad)?);
            }
        }
        Ok(self.norm.backward(saved, x, grad, total)?)
    }

    fn weight_gradients(&self, gradient: Tensor, collect: &mut Collect) -> Result<(), ModelError> {
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
