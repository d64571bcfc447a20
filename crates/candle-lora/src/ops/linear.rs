//! A linear map with a frozen weight and, beside it, an optional low-rank pair:
//! y = x Wᵀ + bias + scale · (x Aᵀ) Bᵀ (Hu et al. 2021).

use candle_core::Tensor;

use super::product;
use super::sum::Take::{AsIs, Transposed};
use super::sum::add_product;
use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::elementwise;
use crate::{FrozenWeight, LoraPair, Result};

/// The map. `x` is (tokens, in) and y is (tokens, out).
#[derive(Debug, Clone, Copy)]
pub struct Linear<'a> {
    /// (out, in).
    pub weight: &'a FrozenWeight,
    /// (out).
    pub bias: Option<&'a FrozenWeight>,
    /// The low-rank pair and its scale.
    pub lora: Option<(&'a LoraPair, f64)>,
}

/// What backward needs besides x.
#[derive(Debug, Clone)]
pub struct Saved {
    /// x Aᵀ, (tokens, rank).
    low: Option<Tensor>,
}

/// Which gradients are computed besides that of x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those of the low-rank pair.
    Lora,
    /// Those of the weight and the bias.
    Weight,
}

/// Gradients of what the map owns.
#[derive(Debug, Clone, Default)]
pub struct Gradients {
    /// (out, in), when wanted.
    pub weight: Option<Tensor>,
    /// (out), when wanted and there is a bias.
    pub bias: Option<Tensor>,
    /// Those of A, (rank, in), and B, (out, rank), when wanted and there is a pair.
    pub lora: Option<(Tensor, Tensor)>,
}

impl Linear<'_> {
    /// y, and what backward needs.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Saved)> {
        let mut y = product::forward(x, self.weight, 1.0)?;
        if let Some(bias) = self.bias {
            y = add_bias(y, &bias.dense()?)?;
        }
        let Some((pair, scale)) = self.lora else { return Ok((y, Saved { low: None })) };
        let low = add_product(None, 1.0, (x, AsIs), (&pair.a, Transposed))?; // (tokens, rank)
        let y = add_product(Some(y), scale, (&low, AsIs), (&pair.b, Transposed))?;
        Ok((y, Saved { low: Some(low) }))
    }

    /// `total` + the gradient of x (without a total, that alone), and the gradients wanted. The caller alone holds the
    /// total.
    pub fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        wanted: Wanted,
    ) -> Result<(Tensor, Gradients)> {
        let mut gradients = Gradients::default();
        let mut dx = product::backward(total, grad, self.weight, 1.0)?;
        if wanted == Wanted::Weight {
            gradients.weight = Some(add_product(None, 1.0, (grad, Transposed), (x, AsIs))?);
            gradients.bias = self.bias.map(|_| column_sums(grad)).transpose()?;
        }
        if let (Some((pair, scale)), Some(low)) = (self.lora, &saved.low) {
            let d_low = add_product(None, scale, (grad, AsIs), (&pair.b, AsIs))?; // (tokens, rank)
            dx = add_product(Some(dx), 1.0, (&d_low, AsIs), (&pair.a, AsIs))?;
            if wanted == Wanted::Lora {
                let a = add_product(None, 1.0, (&d_low, Transposed), (x, AsIs))?;
                let b = add_product(None, scale, (grad, Transposed), (low, AsIs))?;
                gradients.lora = Some((a, b));
            }
        }
        Ok((dx, gradients))
    }
}

fn add_bias(y: Tensor, bias: &Tensor) -> Result<Tensor> {
    if !fast(&y) {
        return Ok(y.broadcast_add(bias)?);
    }
    let bias = Floats::of(bias)?;
    edit(&y, |y| elementwise::add_row(y, &bias))?;
    drop(bias);
    Ok(y)
}

fn column_sums(grad: &Tensor) -> Result<Tensor> {
    if !fast(grad) {
        return Ok(grad.sum(0)?);
    }
    let width = grad.dim(1)?;
    tensor(elementwise::column_sums(&Floats::of(grad)?, width), width)
}
