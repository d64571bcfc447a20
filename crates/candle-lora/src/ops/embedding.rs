//! From tokens to vectors.

use candle_core::Tensor;

use crate::floats::{Floats, edit, fast};
use crate::{FrozenWeight, Result};

/// The vectors of tokens, (tokens, width).
pub fn forward(weight: &FrozenWeight, ids: &[u32]) -> Result<Tensor> {
    weight.rows(ids)
}

/// Adds the gradient of the table, (vocabulary, width), to `total`. The caller alone holds the total.
pub fn backward(ids: &[u32], grad: &Tensor, total: Tensor) -> Result<Tensor> {
    if !fast(grad) {
        let ids = Tensor::new(ids, grad.device())?;
        return Ok(total.index_add(&ids, grad, 0)?);
    }
    let width = grad.dim(1)?;
    let grad = Floats::of(grad)?;
    edit(&total, |total| {
        for (id, grad) in ids.iter().zip(grad.chunks_exact(width)) {
            let row = &mut total[*id as usize * width..][..width];
            row.iter_mut().zip(grad).for_each(|(total, grad)| *total += grad);
        }
    })?;
    drop(grad);
    Ok(total)
}
