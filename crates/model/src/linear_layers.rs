//! The linear layers of a block by their names, and groups of them with the same input, separate or fused into one.

use candle_core::Tensor;
use candle_lora::norm::bias_backward;
use candle_lora::{Linear, columns, linear};
use tunesmith_sentence::say;

use crate::ModelError;
use crate::fitted::FittedAdapter;
use crate::pass::Pass;
use crate::trainable::CollectedGradients;
use crate::weights::{Weights, get};

/// A linear layer with the adapter beside it.
pub(crate) struct LinearLayer<'a> {
    name: String,
    linear: Linear<'a>,
    dropout: f64,
}

impl<'a> LinearLayer<'a> {
    /// The layer of this name.
    pub(crate) fn new(weights: &'a Weights, adapter: &'a FittedAdapter, name: String) -> Result<Self, ModelError> {
        let linear = Linear {
            weight: get(weights, &format!("{name}.weight"))?,
            bias: weights.get(&format!("{name}.bias")),
            lora: adapter.lora(&name),
        };
        Ok(Self { name, linear, dropout: adapter.dropout() })
    }

    /// y, (tokens, out), and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<(Tensor, linear::Saved), ModelError> {
        let mask = self.mask(x, pass)?;
        Ok(self.linear.with_mask(mask.as_ref()).forward(x)?)
    }

    /// What dropout hides, drawn anew each time: it costs less than to keep it.
    fn mask(&self, x: &Tensor, pass: &Pass) -> Result<Option<Tensor>, ModelError> {
        match pass.noise {
            Some(noise) if self.dropout > 0.0 && self.linear.lora.is_some() => {
                noise.mask(&self.name, self.dropout, x.dims2()?, x.device()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `total` + the gradient of x; those of what the layer owns are collected. The caller alone holds the
    /// total.
    pub(crate) fn backward(
        &self,
        saved: &linear::Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        pass: &Pass,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        let (mask, mut own) = (self.mask(x, pass)?, linear::Gradients::default());
        let linear = self.linear.with_mask(mask.as_ref());
        let required = collect.required_of(&self.name);
        let dx = linear.backward(saved, x, grad, total, required, &mut own)?;
        let wants_bias = self.linear.bias.is_some() && collect.wants(&format!("{}.bias", self.name));
        own.bias = match own.bias.take().filter(|_| wants_bias) {
            None if wants_bias => Some(bias_backward(grad)?),
            found => found,
        };
        collect.linear(&self.name, own);
        Ok(dx)
    }
}

/// N linear layers of the same input.
pub(crate) enum LinearGroup<'a, const N: usize> {
    /// A weight each.
    Separate(Vec<LinearLayer<'a>>),
    /// One weight, whose output holds theirs side by side, of these widths.
    Fused(LinearLayer<'a>, [usize; N]),
}

impl<const N: usize> LinearGroup<'_, N> {
    /// The output of each, and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<([Tensor; N], Vec<linear::Saved>), ModelError> {
        let (outputs, saved) = match self {
            Self::Separate(layers) => {
                let both = layers.iter().map(|layer| layer.forward(x, pass)).collect::<Result<Vec<_>, _>>()?;
                both.into_iter().unzip()
            }
            Self::Fused(layer, widths) => {
                let (output, saved) = layer.forward(x, pass)?;
                (columns::split(output, widths)?, vec![saved])
            }
        };
        let outputs: Result<[Tensor; N], _> = outputs.try_into();
        let wrong = || say!("model-projections-wrong", "A block has other projections than its kind");
        Ok((outputs.map_err(|_| ModelError::Input(wrong()))?, saved))
    }

    /// `total` + the gradient of x. The caller alone holds the total.
    pub(crate) fn backward(
        &self,
        saved: &[linear::Saved],
        x: &Tensor,
        grads: [Tensor; N],
        mut total: Option<Tensor>,
        pass: &Pass,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        match self {
            Self::Separate(layers) => {
                for ((layer, saved), grad) in layers.iter().zip(saved).zip(grads) {
                    total = Some(layer.backward(saved, x, &grad, total, pass, collect)?);
                }
                Ok(total.map_or_else(|| x.zeros_like(), Ok)?)
            }
            Self::Fused(layer, _) => {
                let grad = columns::join(grads.into())?;
                layer.backward(&saved[0], x, &grad, total, pass, collect)
            }
        }
    }
}
