//! The linear maps of a block by their names, and groups of maps with the same input, apart or fused into one.

use candle_core::Tensor;
use candle_lora::{Adapter, Linear, columns, linear};

use crate::ModelError;
use crate::gradients::Collect;
use crate::weights::{Weights, get};

/// A linear map with the adapter that stands beside it.
pub(crate) struct Projection<'a> {
    name: String,
    map: Linear<'a>,
}

impl<'a> Projection<'a> {
    /// The projection of this name.
    pub(crate) fn new(weights: &'a Weights, adapter: &'a Adapter, name: String) -> Result<Self, ModelError> {
        let map = Linear {
            weight: get(weights, &format!("{name}.weight"))?,
            bias: weights.get(&format!("{name}.bias")),
            lora: adapter.pairs.get(&name).map(|pair| (pair, adapter.config.scale())),
        };
        Ok(Self { name, map })
    }

    /// y, (tokens, out), and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<(Tensor, linear::Saved), ModelError> {
        Ok(self.map.forward(x)?)
    }

    /// `total` + the gradient of x; those of what the projection owns are collected. The caller alone holds the
    /// total.
    pub(crate) fn backward(
        &self,
        saved: &linear::Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        collect: &mut Collect,
    ) -> Result<Tensor, ModelError> {
        let (dx, own) = self.map.backward(saved, x, grad, total, collect.wanted)?;
        let name = &self.name;
        let (a, b) = own.lora.unzip();
        let all = [("weight", own.weight), ("bias", own.bias), ("lora_A.weight", a), ("lora_B.weight", b)];
        for (part, gradient) in all {
            if let Some(gradient) = gradient {
                collect.gradients.insert(format!("{name}.{part}"), gradient);
            }
        }
        Ok(dx)
    }
}

/// N maps of the same input.
pub(crate) enum Maps<'a, const N: usize> {
    /// One projection each.
    Apart(Vec<Projection<'a>>),
    /// One projection, whose output holds theirs side by side, of these widths.
    Fused(Projection<'a>, [usize; N]),
}

impl<const N: usize> Maps<'_, N> {
    /// What each map gives, and what backward needs.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<([Tensor; N], Vec<linear::Saved>), ModelError> {
        let (outputs, saved) = match self {
            Self::Apart(maps) => {
                let both = maps.iter().map(|map| map.forward(x)).collect::<Result<Vec<_>, _>>()?;
                both.into_iter().unzip()
            }
            Self::Fused(map, widths) => {
                let (output, saved) = map.forward(x)?;
                (columns::split(output, widths)?, vec![saved])
            }
        };
        let outputs: Result<[Tensor; N], _> = outputs.try_into();
        Ok((outputs.map_err(|_| ModelError::Input("a block has other projections than its kind".into()))?, saved))
    }

    /// `total` + the gradient of x. The caller alone holds the total.
    pub(crate) fn backward(
        &self,
        saved: &[linear::Saved],
        x: &Tensor,
        grads: [Tensor; N],
        mut total: Option<Tensor>,
        collect: &mut Collect,
    ) -> Result<Tensor, ModelError> {
        match self {
            Self::Apart(maps) => {
                for ((map, saved), grad) in maps.iter().zip(saved).zip(grads) {
                    total = Some(map.backward(saved, x, &grad, total, collect)?);
                }
                Ok(total.map_or_else(|| x.zeros_like(), Ok)?)
            }
            Self::Fused(map, _) => {
                let grad = columns::join(grads.into())?;
                map.backward(&saved[0], x, &grad, total, collect)
            }
        }
    }
}
