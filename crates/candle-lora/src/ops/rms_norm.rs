//! RMS norm over the width: y = x · weight / sqrt(mean x² + ε) (Zhang & Sennrich 2019).

use candle_core::Tensor;

use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::rms_norm as kernel;
use crate::{FrozenWeight, Result, plain};

/// What backward needs besides x.
#[derive(Debug, Clone)]
pub struct Saved {
    /// 1 / sqrt(mean x² + ε), (tokens).
    inverse: Tensor,
}

/// y, (tokens, width), and what backward needs.
pub fn forward(x: &Tensor, weight: &FrozenWeight, epsilon: f64) -> Result<(Tensor, Saved)> {
    let weight = weight.dense();
    if !fast(x) {
        let (y, inverse) = plain::rms_norm(x, weight, epsilon)?;
        return Ok((y, Saved { inverse }));
    }
    let (y, inverse) = kernel::forward(&Floats::of(x)?, &Floats::of(weight)?, epsilon as f32);
    let inverse = tensor(inverse, x.dim(0)?)?;
    Ok((tensor(y, x.shape())?, Saved { inverse }))
}

/// y again: cheaper to compute than to keep.
pub fn again(saved: &Saved, x: &Tensor, weight: &FrozenWeight) -> Result<Tensor> {
    let weight = weight.dense();
    if !fast(x) {
        return Ok(x.broadcast_mul(&saved.inverse.unsqueeze(1)?)?.broadcast_mul(weight)?);
    }
    tensor(kernel::again(&Floats::of(x)?, &Floats::of(weight)?, &Floats::of(&saved.inverse)?), x.shape())
}

/// `total` + the gradient of x. The caller alone holds the total: it is the gradient that goes around the norm.
pub fn backward(saved: &Saved, x: &Tensor, weight: &FrozenWeight, grad: &Tensor, total: Tensor) -> Result<Tensor> {
    let weight = weight.dense();
    if !fast(x) {
        return Ok((total + plain::rms_norm_backward(x, weight, &saved.inverse, grad)?)?);
    }
    let (x, weight, inverse) = (Floats::of(x)?, Floats::of(weight)?, Floats::of(&saved.inverse)?);
    let grad = Floats::of(grad)?;
    edit(&total, |total| kernel::backward(&x, &weight, &inverse, &grad, total))?;
    Ok(total)
}

/// The gradient of the weight, (width).
pub fn weight_backward(saved: &Saved, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
    if !fast(x) {
        return Ok((x.broadcast_mul(&saved.inverse.unsqueeze(1)?)? * grad)?.sum(0)?);
    }
    let width = x.dim(1)?;
    let total = kernel::weight_backward(&Floats::of(x)?, &Floats::of(&saved.inverse)?, &Floats::of(grad)?, width);
    tensor(total, width)
}
