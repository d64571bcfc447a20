//! The soft cap of attention scores and logits.

use candle_core::Tensor;

use crate::Result;

/// cap · tanh(x / cap).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn soft_cap(x: &Tensor, cap: Option<f64>) -> Result<Tensor> {
    Ok(match cap {
        Some(cap) => ((x / cap)?.tanh()? * cap)?,
        None => x.clone(),
    })
}

/// The derivative of `soft_cap` where its output is y: 1 − (y / cap)².
pub(super) fn soft_cap_derivative(y: &Tensor, cap: f64) -> Result<Tensor> {
    Ok((1.0 - (y / cap)?.sqr()?)?)
}
