//! Gated activations.

use candle_core::Tensor;

use crate::{Activation, Result};

/// activation(gate) · up.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn glu(activation: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    let activated = match activation {
        Activation::Silu => gate.silu()?,
        // candle's own GELUs have derivatives of six digits, too few for an oracle.
        Activation::GeluTanh | Activation::GeluErf => (gate * share(activation, gate)?)?,
    };
    Ok((activated * up)?)
}

/// The gradients of gate and up.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn glu_backward(activation: Activation, gate: &Tensor, up: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let share = share(activation, gate)?;
    let share_derivative = match activation {
        Activation::Silu => (&share * (1.0 - &share)?)?,
        Activation::GeluTanh => {
            let tanh = ((&share * 2.0)? - 1.0)?;
            let inner_derivative = ((gate.sqr()? * (3.0 * GELU_CUBE))? + 1.0)? * gelu_root();
            ((1.0 - tanh.sqr()?)? * (inner_derivative? * 0.5)?)?
        }
        Activation::GeluErf => ((gate.sqr()? * -0.5)?.exp()? / (2.0 * std::f64::consts::PI).sqrt())?,
    };
    let derivative = (&share + (gate * share_derivative)?)?;
    Ok((((grad * up)? * derivative)?, ((grad * gate)? * share)?))
}

const GELU_CUBE: f64 = 0.044715;

fn gelu_root() -> f64 {
    (2.0 / std::f64::consts::PI).sqrt()
}

/// What x is multiplied with: sigmoid(x), or Φ(x) or its approximation (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
fn share(activation: Activation, x: &Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Silu => (x.neg()?.exp()? + 1.0)?.recip()?,
        Activation::GeluTanh => {
            let inner = ((x + ((x.sqr()? * x)? * GELU_CUBE)?)? * gelu_root())?;
            ((inner.tanh()? + 1.0)? * 0.5)?
        }
        Activation::GeluErf => (((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)? * 0.5)?,
    })
}
