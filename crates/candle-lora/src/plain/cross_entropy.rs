//! The loss of logits and its gradient.

use candle_core::{D, DType, Tensor};

use super::soft_cap::soft_cap_derivative;
use crate::Result;

/// The negative log-likelihood of each row's target.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn losses(logits: &Tensor, targets: &[u32]) -> Result<Vec<f32>> {
    Ok(loss_per_row(logits, targets)?.to_dtype(DType::F32)?.to_vec1()?)
}

/// The same as a tensor, (rows).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn loss_per_row(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let picked = logits.gather(&targets, 1)?.squeeze(1)?;
    Ok((logits.log_sum_exp(D::Minus1)? - picked)?)
}

/// The gradient of the summed losses with respect to the logits before their soft cap: softmax − one-hot, times the
/// cap's derivative.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn logit_gradients(logits: &Tensor, targets: &[u32], cap: Option<f64>) -> Result<Tensor> {
    let lse = logits.log_sum_exp(D::Minus1)?.unsqueeze(1)?;
    let p = logits.broadcast_sub(&lse)?.exp()?;
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let ones = Tensor::ones(targets.shape(), logits.dtype(), logits.device())?;
    let gradients = p.scatter_add(&targets, &ones.neg()?, 1)?;
    Ok(match cap {
        Some(cap) => (gradients * soft_cap_derivative(logits, cap)?)?,
        None => gradients,
    })
}
