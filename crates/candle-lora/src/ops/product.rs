//! Products with a frozen weight, however it is held.

use candle_core::Tensor;
use rayon::prelude::*;

use super::sum::Layout::{AsIs, Transposed};
use super::sum::{add, add_product};
use crate::{FrozenWeight, Result};

/// scale · x Wᵀ, (tokens, out), from x, (tokens, in).
pub(crate) fn forward(x: &Tensor, weight: &FrozenWeight, scale: f64) -> Result<Tensor> {
    let input = weight.cast_input(x)?;
    let times = |number| add_product(None, scale, (&input, AsIs), (&weight.part(number)?.1, Transposed));
    let numbers = 0..weight.part_count();
    // A GPU computes one after another what all threads ask of it.
    let mut parts = match x.device().is_cpu() && numbers.len() > 1 {
        true => numbers.into_par_iter().map(times).collect::<Result<Vec<_>>>()?,
        false => numbers.map(times).collect::<Result<Vec<_>>>()?,
    };
    let product = if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1)? };
    Ok(product.to_dtype(x.dtype())?)
}

/// `total` + scale · grad W, (tokens, in), from grad, (tokens, out); without a total, the product alone. The caller alone
/// holds the total.
pub(crate) fn backward(total: Option<Tensor>, grad: &Tensor, weight: &FrozenWeight, scale: f64) -> Result<Tensor> {
    let (output_grad, mut total) = (weight.cast_input(grad)?, total);
    for number in 0..weight.part_count() {
        let (start, part) = weight.part(number)?;
        let share = output_grad.narrow(1, start, part.dim(0)?)?.contiguous()?;
        total = Some(match part.dtype() == grad.dtype() {
            true => add_product(total, scale, (&share, AsIs), (&part, AsIs))?,
            false => {
                let more = add_product(None, scale, (&share, AsIs), (&part, AsIs))?.to_dtype(grad.dtype())?;
                total.map_or(Ok(more.clone()), |total| add(total, &more))?
            }
        });
    }
    // A weight without rows changes nothing.
    total.map_or_else(|| Ok(Tensor::zeros((grad.dim(0)?, weight.dims()[1]), grad.dtype(), grad.device())?), Ok)
}
