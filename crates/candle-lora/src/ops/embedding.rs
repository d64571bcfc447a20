//! From tokens to vectors, with an optional low-rank pair beside the table: x = E[ids] + scale · (Aᵀ)[ids] Bᵀ, as PEFT's
//! `Embedding`, which has no dropout there.

use candle_core::Tensor;

use super::sum::Layout::{AsIs, Transposed};
use super::sum::add_product;
use crate::floats::{Floats, edit, fast};
use crate::{FrozenWeight, Lora, Result};

/// The vectors of tokens, (tokens, width).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn forward(weight: &FrozenWeight, lora: Option<Lora>, ids: &[u32]) -> Result<Tensor> {
    let x = weight.rows(ids)?;
    let Some(lora) = lora else { return Ok(x) };
    let low = low(lora, ids)?;
    add_product(Some(x), lora.scale, (&low, AsIs), (&lora.pair.b, Transposed))
}

/// (Aᵀ)[ids], (tokens, rank).
fn low(lora: Lora, ids: &[u32]) -> Result<Tensor> {
    let index = Tensor::new(ids, lora.pair.a.device())?;
    Ok(lora.pair.a.index_select(&index, 1)?.t()?.contiguous()?)
}

/// The gradients of A, (rank, vocabulary), and B, (width, rank), from that of the vectors, (tokens, width).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn lora_backward(lora: Lora, ids: &[u32], grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let d_low = add_product(None, lora.scale, (grad, AsIs), (&lora.pair.b, AsIs))?; // (tokens, rank)
    let (rank, vocabulary) = lora.pair.a.dims2()?;
    let zero = Tensor::zeros((vocabulary, rank), grad.dtype(), grad.device())?;
    let a = backward(ids, &d_low, zero)?.t()?.contiguous()?;
    let b = add_product(None, lora.scale, (grad, Transposed), (&low(lora, ids)?, AsIs))?;
    Ok((a, b))
}

/// Adds the gradient of the table, (vocabulary, width), to `total`. The caller alone holds the total.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
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
