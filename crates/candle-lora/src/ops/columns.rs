//! Outputs of fused projections: several in one tensor, side by side.

use candle_core::Tensor;

use crate::Result;

/// Takes (tokens, sum of widths) apart into one tensor per width.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn split(x: Tensor, widths: &[usize]) -> Result<Vec<Tensor>> {
    if widths.len() == 1 {
        return Ok(vec![x]);
    }
    let mut start = 0;
    let part = |&width: &usize| {
        let part = x.narrow(1, start, width)?.force_contiguous()?;
        start += width;
        Ok(part)
    };
    widths.iter().map(part).collect()
}

/// Puts them side by side again: the gradient of `split`.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn join(mut parts: Vec<Tensor>) -> Result<Tensor> {
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Ok(Tensor::cat(&parts, 1)?.contiguous()?),
    }
}
