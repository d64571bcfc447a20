//! The gated activation of the feed-forward part: silu(gate) · up (Shazeer 2020).

use candle_core::Tensor;

use crate::floats::{Floats, fast, tensor};
use crate::kernels::elementwise;
use crate::{Result, plain};

/// silu(gate) · up. Backward needs gate and up, which the caller keeps.
pub fn forward(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !fast(gate) {
        return plain::swiglu(gate, up);
    }
    tensor(elementwise::swiglu(&Floats::of(gate)?, &Floats::of(up)?), gate.shape())
}

/// The gradients of gate and up.
pub fn backward(gate: &Tensor, up: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    if !fast(gate) {
        return plain::swiglu_backward(gate, up, grad);
    }
    let (d_gate, d_up) = elementwise::swiglu_backward(&Floats::of(gate)?, &Floats::of(up)?, &Floats::of(grad)?);
    Ok((tensor(d_gate, gate.shape())?, tensor(d_up, up.shape())?))
}
