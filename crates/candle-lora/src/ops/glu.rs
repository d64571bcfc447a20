//! The gated activation of the feed-forward part: activation(gate) · up (Shazeer 2020).

use candle_core::Tensor;

use crate::floats::{Floats, fast, tensor};
use crate::kernels::elementwise;
use crate::{Activation, Result, plain};

/// activation(gate) · up. Backward needs gate and up, which the caller keeps.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn forward(activation: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !fast(gate) {
        return plain::glu(activation, gate, up);
    }
    tensor(elementwise::glu(activation, &Floats::of(gate)?, &Floats::of(up)?), gate.shape())
}

/// The gradients of gate and up.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn backward(activation: Activation, gate: &Tensor, up: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    if !fast(gate) {
        return plain::glu_backward(activation, gate, up, grad);
    }
    let (numbers, grad) = ((Floats::of(gate)?, Floats::of(up)?), Floats::of(grad)?);
    let (d_gate, d_up) = elementwise::glu_backward(activation, &numbers.0, &numbers.1, &grad);
    Ok((tensor(d_gate, gate.shape())?, tensor(d_up, up.shape())?))
}
