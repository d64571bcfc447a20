//! RMS norm, layer norm, and the length of rows.

use candle_core::Tensor;

use crate::{Norm, NormKind, Result};

/// y = (x − mean) · weight / sqrt(mean square + ε) + bias over runs of the weight's width, and per run the mean (zero
/// for RMS norm) and 1 / root.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn norm(norm: &Norm, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
    let runs = runs(norm, x)?; // (tokens, runs, width)
    let mean = match norm.kind {
        NormKind::Rms => runs.narrow(2, 0, 1)?.zeros_like()?,
        NormKind::Layer => runs.mean_keepdim(2)?,
    };
    let centred = match norm.kind {
        NormKind::Rms => runs,
        NormKind::Layer => runs.broadcast_sub(&mean)?,
    };
    let inverse = (centred.sqr()?.mean_keepdim(2)? + norm.epsilon)?.sqrt()?.recip()?; // (tokens, runs, 1)
    let mut y = centred.broadcast_mul(&inverse)?.broadcast_mul(&norm.weight)?.reshape(x.shape())?;
    if let Some(bias) = &norm.bias {
        y = y.broadcast_add(bias)?;
    }
    Ok((y, mean.flatten_all()?, inverse.flatten_all()?))
}

/// The gradient of x. With n = (x − mean) / root and g = grad · weight:
/// dx = (g − mean g − n · mean (g n)) / root, where RMS norm has no mean g.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn norm_backward(norm: &Norm, x: &Tensor, kept: (&Tensor, &Tensor), grad: &Tensor) -> Result<Tensor> {
    let (normed, inverse) = normed(norm, x, kept)?;
    let mut scaled = runs(norm, grad)?.broadcast_mul(&norm.weight)?;
    let along = (&scaled * &normed)?.mean_keepdim(2)?;
    if norm.kind == NormKind::Layer {
        scaled = scaled.broadcast_sub(&scaled.mean_keepdim(2)?)?;
    }
    let dx = (scaled - normed.broadcast_mul(&along)?)?.broadcast_mul(&inverse)?;
    Ok(dx.reshape(x.shape())?)
}

/// The gradient of the weight: Σ grad · n over tokens, and over runs where they share it.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn norm_weight_backward(norm: &Norm, x: &Tensor, kept: (&Tensor, &Tensor), grad: &Tensor) -> Result<Tensor> {
    let product = (runs(norm, grad)? * normed(norm, x, kept)?.0)?.sum(0)?; // (runs, width)
    Ok(if norm.weight.rank() == 1 { product.sum(0)? } else { product })
}

fn normed(norm: &Norm, x: &Tensor, (mean, inverse): (&Tensor, &Tensor)) -> Result<(Tensor, Tensor)> {
    let runs = runs(norm, x)?;
    let (tokens, count, _) = runs.dims3()?;
    let (mean, inverse) = (mean.reshape((tokens, count, 1))?, inverse.reshape((tokens, count, 1))?);
    Ok((runs.broadcast_sub(&mean)?.broadcast_mul(&inverse)?, inverse))
}

/// x as (tokens, runs, width).
fn runs(norm: &Norm, x: &Tensor) -> Result<Tensor> {
    let (tokens, all) = x.dims2()?;
    let width = norm.width()?;
    Ok(x.reshape((tokens, all / width, width))?)
}

/// The length of each row.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn row_norms(x: &Tensor) -> Result<Tensor> {
    Ok(x.sqr()?.sum(1)?.sqrt()?)
}
