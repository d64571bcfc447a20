//! A linear map with a frozen weight and, beside it, an optional low-rank pair (Hu et al. 2021). With x̃ for x after
//! dropout and u = x̃ Wᵀ + scale · (x̃ Aᵀ) Bᵀ:
//!
//! - LoRA: y = x Wᵀ + bias + scale · (x̃ Aᵀ) Bᵀ
//! - DoRA: y = (x − x̃) Wᵀ + bias + f ⊙ u with f = magnitude / ‖W + scale · B A‖ per output (Liu et al. 2024, section 4.3
//!   on why the length gets no gradient; PEFT's `DoraLinearLayer` on what dropout does to it)

use candle_core::Tensor;

use super::product;
use super::sum::Layout::{AsIs, Transposed};
use super::sum::{add, add_product};
use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::elementwise;
use crate::{FrozenWeight, Lora, Result};

/// The map. `x` is (tokens, in) and y is (tokens, out).
#[derive(Debug, Clone, Copy)]
pub struct Linear<'a> {
    /// (out, in).
    pub weight: &'a FrozenWeight,
    /// (out).
    pub bias: Option<&'a FrozenWeight>,
    /// The low-rank pair, where the map has one.
    pub lora: Option<Lora<'a>>,
}

/// What backward needs besides x.
#[derive(Debug, Clone)]
pub struct Saved {
    /// x̃ Aᵀ, (tokens, rank).
    low: Option<Tensor>,
    /// u, (tokens, out), where the pair has magnitudes.
    undirected: Option<Tensor>,
}

/// Which of what a map owns gets a gradient. That of x is computed in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiresGrad {
    /// The low-rank pair.
    Lora,
    /// The weight and the bias.
    Weight,
    /// Nothing.
    None,
}

/// Gradients of what the map owns.
#[derive(Debug, Clone, Default)]
pub struct Gradients {
    /// (out, in), where the weight requires it.
    pub weight: Option<Tensor>,
    /// (out), where the weight requires it and there is a bias.
    pub bias: Option<Tensor>,
    /// (rank, in), where the pair requires it.
    pub a: Option<Tensor>,
    /// (out, rank), where the pair requires it.
    pub b: Option<Tensor>,
    /// (out), where the pair requires it and has magnitudes.
    pub magnitude: Option<Tensor>,
}

impl Linear<'_> {
    /// The same map with another mask.
    pub fn with_mask<'b>(&'b self, mask: Option<&'b Tensor>) -> Linear<'b> {
        Linear { lora: self.lora.map(|lora| Lora { mask, ..lora }), ..*self }
    }

    /// y, and what backward needs.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Saved)> {
        let Some(lora) = self.lora else {
            let y = self.add_bias(self.product(x)?)?;
            return Ok((y, Saved { low: None, undirected: None }));
        };
        let dropped = lora.drop(x)?;
        let low = add_product(None, 1.0, (&dropped, AsIs), (&lora.pair.a, Transposed))?; // (tokens, rank)
        let Some(factor) = lora.factor()? else {
            let y = self.add_bias(self.product(x)?)?;
            let y = add_product(Some(y), lora.scale, (&low, AsIs), (&lora.pair.b, Transposed))?;
            return Ok((y, Saved { low: Some(low), undirected: None }));
        };
        let u = add_product(Some(self.product(&dropped)?), lora.scale, (&low, AsIs), (&lora.pair.b, Transposed))?;
        let mut y = scale_columns(u.copy()?, &factor)?;
        if lora.mask.is_some() {
            let rest = (x - dropped)?;
            y = add(y, &self.product(&rest)?)?;
        }
        Ok((self.add_bias(y)?, Saved { low: Some(low), undirected: Some(u) }))
    }

    /// `total` + the gradient of x (without a total, that alone); the gradients that are required are added to `own`. The caller
    /// alone holds the total and what is in `own`.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        requires_grad: RequiresGrad,
        own: &mut Gradients,
    ) -> Result<Tensor> {
        if requires_grad == RequiresGrad::Weight {
            own.bias = self.bias.map(|_| add_to(own.bias.take(), column_sums(grad)?)).transpose()?;
        }
        let (Some(lora), Some(low)) = (self.lora, &saved.low) else {
            self.weight_backward(grad, x, requires_grad, own)?;
            return product::backward(total, grad, self.weight, 1.0);
        };
        let (Some(factor), Some(u)) = (lora.factor()?, &saved.undirected) else {
            self.weight_backward(grad, x, requires_grad, own)?;
            let dx = product::backward(total, grad, self.weight, 1.0)?;
            return pair_backward(lora, low, x, grad, dx, requires_grad, own);
        };
        let du = scale_columns(grad.copy()?, &factor)?; // (tokens, out)
        if let (RequiresGrad::Lora, Some(norm)) = (requires_grad, lora.norm) {
            let d_magnitude = (column_sums(&(grad * u)?)? / norm)?;
            own.magnitude = Some(add_to(own.magnitude.take(), d_magnitude)?);
        }
        let Some(mask) = lora.mask else {
            self.weight_backward(&du, x, requires_grad, own)?;
            let dx = product::backward(total, &du, self.weight, 1.0)?;
            return pair_backward(lora, low, x, &du, dx, requires_grad, own);
        };
        let dropped = lora.drop(x)?;
        self.weight_backward(grad, &(x - &dropped)?, requires_grad, own)?;
        self.weight_backward(&du, &dropped, requires_grad, own)?;
        // What dropout hides reaches x through the weight alone, what it shows also through f and the pair.
        let shown = product::backward(None, &(&du - grad)?, self.weight, 1.0)?;
        let unmasked = Lora { mask: None, ..lora };
        let shown = (pair_backward(unmasked, low, &dropped, &du, shown, requires_grad, own)? * mask)?;
        let dx = product::backward(total, grad, self.weight, 1.0)?;
        add(dx, &shown)
    }

    /// x W, (rows, in), of rows as wide as y.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn transposed(&self, rows: &Tensor) -> Result<Tensor> {
        product::backward(None, rows, self.weight, 1.0)
    }

    /// x Wᵀ.
    fn product(&self, x: &Tensor) -> Result<Tensor> {
        product::forward(x, self.weight, 1.0)
    }

    fn add_bias(&self, y: Tensor) -> Result<Tensor> {
        let Some(bias) = self.bias else { return Ok(y) };
        if !fast(&y) {
            return Ok(y.broadcast_add(&bias.dense()?)?);
        }
        let bias = bias.dense()?;
        let bias = Floats::of(&bias)?;
        edit(&y, |y| elementwise::add_row(y, &bias))?;
        drop(bias);
        Ok(y)
    }

    fn weight_backward(
        &self,
        grad: &Tensor,
        x: &Tensor,
        requires_grad: RequiresGrad,
        own: &mut Gradients,
    ) -> Result<()> {
        if requires_grad == RequiresGrad::Weight {
            own.weight = Some(add_product(own.weight.take(), 1.0, (grad, Transposed), (x, AsIs))?);
        }
        Ok(())
    }
}

/// `dx` + the gradient of x through the pair; those of the pair are added to `own`.
fn pair_backward(
    lora: Lora,
    low: &Tensor,
    x: &Tensor,
    grad: &Tensor,
    dx: Tensor,
    requires_grad: RequiresGrad,
    own: &mut Gradients,
) -> Result<Tensor> {
    let (pair, scale) = (lora.pair, lora.scale);
    let d_low = add_product(None, scale, (grad, AsIs), (&pair.b, AsIs))?; // (tokens, rank)
    if requires_grad == RequiresGrad::Lora {
        own.a = Some(add_product(own.a.take(), 1.0, (&d_low, Transposed), (&lora.drop(x)?, AsIs))?);
        own.b = Some(add_product(own.b.take(), scale, (grad, Transposed), (low, AsIs))?);
    }
    match lora.mask {
        None => add_product(Some(dx), 1.0, (&d_low, AsIs), (&pair.a, AsIs)),
        Some(mask) => add(dx, &(add_product(None, 1.0, (&d_low, AsIs), (&pair.a, AsIs))? * mask)?),
    }
}

fn add_to(total: Option<Tensor>, more: Tensor) -> Result<Tensor> {
    total.map_or(Ok(more.clone()), |total| add(total, &more))
}

/// Multiplies each column by its factor. The caller alone holds `y`.
fn scale_columns(y: Tensor, factor: &Tensor) -> Result<Tensor> {
    if !fast(&y) {
        return Ok(y.broadcast_mul(factor)?);
    }
    let factor = Floats::of(factor)?;
    edit(&y, |y| elementwise::scale_columns(y, &factor))?;
    drop(factor);
    Ok(y)
}

fn column_sums(grad: &Tensor) -> Result<Tensor> {
    if !fast(grad) {
        return Ok(grad.sum(0)?);
    }
    let width = grad.dim(1)?;
    tensor(elementwise::column_sums(&Floats::of(grad)?, width), width)
}
