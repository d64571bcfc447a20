//! Products with a frozen weight, however it is held.

use candle_core::Tensor;

use super::sum::Take::{AsIs, Transposed};
use super::sum::add_product;
use crate::{FrozenWeight, Result};

/// scale · x Wᵀ, (tokens, out), from x, (tokens, in).
pub(crate) fn forward(x: &Tensor, weight: &FrozenWeight, scale: f64) -> Result<Tensor> {
    let times = |weight: &Tensor| add_product(None, scale, (x, AsIs), (weight, Transposed));
    let blocks = match weight {
        FrozenWeight::Dense(weight) => return times(weight),
        FrozenWeight::Blocks(blocks) => blocks,
    };
    let mut parts = blocks.parts().map(|part| times(&part?.1)).collect::<Result<Vec<_>>>()?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1)? })
}

/// `total` + scale · grad W, (tokens, in), from grad, (tokens, out); without a total, the product alone. The caller alone
/// holds the total.
pub(crate) fn backward(total: Option<Tensor>, grad: &Tensor, weight: &FrozenWeight, scale: f64) -> Result<Tensor> {
    let blocks = match weight {
        FrozenWeight::Dense(weight) => return add_product(total, scale, (grad, AsIs), (weight, AsIs)),
        FrozenWeight::Blocks(blocks) => blocks,
    };
    let mut total = total;
    for part in blocks.parts() {
        let (start, part) = part?;
        let share = grad.narrow(1, start, part.dim(0)?)?.contiguous()?;
        total = Some(add_product(total, scale, (&share, AsIs), (&part, AsIs))?);
    }
    // A weight without rows changes nothing.
    total.map_or_else(|| Ok(Tensor::zeros((grad.dim(0)?, weight.dims()[1]), grad.dtype(), grad.device())?), Ok)
}
