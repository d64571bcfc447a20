//! Rotary position embeddings.

use candle_core::Tensor;

use crate::Result;

/// Rotates the pairs (x[i], x[i + half]) of each head of x, (tokens, heads · width), by angles per token, (tokens, half).
/// What a head has beyond 2 · half stays.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor, head_width: usize) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    let half = cos.dim(1)?;
    let x = x.reshape((tokens, width / head_width, head_width))?;
    let (first, second) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let (cos, sin) = (cos.unsqueeze(1)?, sin.unsqueeze(1)?);
    let rotated_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let rotated_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    let mut parts = vec![rotated_first, rotated_second];
    if 2 * half < head_width {
        parts.push(x.narrow(2, 2 * half, head_width - 2 * half)?);
    }
    Ok(Tensor::cat(&parts, 2)?.reshape((tokens, width))?)
}
