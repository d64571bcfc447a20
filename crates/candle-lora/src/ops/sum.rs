//! Sums of tensors, and products that are added to a sum.

use candle_core::Tensor;

use crate::Result;
use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::elementwise;
use crate::kernels::matmul::{Matrix, Store, product};

/// a + b.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn sum(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !fast(a) {
        return Ok((a + b)?);
    }
    tensor(elementwise::sum(&Floats::of(a)?, &Floats::of(b)?), a.shape())
}

/// total + more, where the caller alone holds `total`.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn add(total: Tensor, more: &Tensor) -> Result<Tensor> {
    if !fast(&total) {
        return Ok((total + more)?);
    }
    let more = Floats::of(more)?;
    edit(&total, |total| elementwise::add(total, &more))?;
    drop(more);
    Ok(total)
}

/// How an operand is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    AsIs,
    Transposed,
}

/// An operand of a product: a (rows, columns) tensor.
pub(crate) type Operand<'a> = (&'a Tensor, Layout);

/// total + scale · left right; without a total, the product alone. The caller alone holds the total.
pub(crate) fn add_product(total: Option<Tensor>, scale: f64, left: Operand, right: Operand) -> Result<Tensor> {
    if !fast(left.0) {
        let product = (plain(left)?.matmul(&plain(right)?)? * scale)?;
        return Ok(total.map_or(Ok(product.clone()), |total| total + product)?);
    }
    let (left_numbers, right_numbers) = (Floats::of(left.0)?, Floats::of(right.0)?);
    let (left, right) = (view(&left_numbers, left)?, view(&right_numbers, right)?);
    match total {
        Some(total) => {
            edit(&total, |total| product(total, Store::Add, scale as f32, left, right))?;
            Ok(total)
        }
        None => {
            let mut numbers = vec![0.0; left.rows * right.columns];
            product(&mut numbers, Store::Write, scale as f32, left, right);
            tensor(numbers, (left.rows, right.columns))
        }
    }
}

fn plain((operand, layout): Operand) -> Result<Tensor> {
    Ok(match layout {
        Layout::AsIs => operand.clone(),
        Layout::Transposed => operand.t()?,
    })
}

fn view<'a>(numbers: &'a [f32], (operand, layout): Operand) -> Result<Matrix<'a>> {
    let (_, columns) = operand.dims2()?;
    let matrix = Matrix::new(numbers, columns);
    Ok(match layout {
        Layout::AsIs => matrix,
        Layout::Transposed => matrix.t(),
    })
}
