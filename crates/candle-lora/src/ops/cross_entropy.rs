//! The output head and the loss in one, over learned positions only and in chunks, so that the logits of all tokens are
//! never there at once. The gradient is that of the sum, so forward can compute it on the way.

use candle_core::Tensor;

use super::linear::{self, Linear, RequiresGrad};
use super::sum;
use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::cross_entropy as kernel;
use crate::{FrozenWeight, Result, TokenVectors, plain};

/// Logits held at once.
const CHUNK: usize = 4 * 1024 * 1024;

/// The output head: logits = cap · tanh(scale · map(x) / cap).
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The map from width to vocabulary, without a bias.
    pub map: Linear<'a>,
    /// What the product is multiplied with.
    pub scale: f64,
    /// Logits stay within ± this (Gemma 2).
    pub soft_cap: Option<f64>,
    /// Tokens whose rows of the map are others.
    pub tokens: Option<TokenVectors<'a>>,
}

impl<'a> From<&'a FrozenWeight> for Head<'a> {
    fn from(weight: &'a FrozenWeight) -> Self {
        Self { map: Linear { weight, bias: None, lora: None }, scale: 1.0, soft_cap: None, tokens: None }
    }
}

/// Gradients of the summed loss.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// (positions, width).
    pub x: Tensor,
    /// Those of what the head owns, as required.
    pub own: linear::Gradients,
    /// (ids, width): that of the vectors of single tokens, where there are any.
    pub tokens: Option<Tensor>,
}

/// The summed negative log-likelihood, in nats, of `targets` after the vectors x, (positions, width).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn loss(x: &Tensor, head: Head, targets: &[u32]) -> Result<f64> {
    let mut nats = 0.0;
    for (start, targets) in chunks(head, targets) {
        let logits = logits(&x.narrow(0, start, targets.len())?, head)?;
        let losses = match fast(&logits) {
            true => kernel::losses(&Floats::of(&logits)?, targets),
            false => plain::losses(&logits, targets)?,
        };
        nats += losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
    }
    Ok(nats)
}

/// The same, and its gradients. The head's mask is (positions, width).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn loss_and_gradients(
    x: &Tensor,
    head: Head,
    targets: &[u32],
    requires_grad: RequiresGrad,
) -> Result<(f64, Gradients)> {
    let (mut nats, mut parts, mut own, mut tokens) = (0.0, Vec::new(), linear::Gradients::default(), None);
    let mask = head.map.lora.and_then(|lora| lora.mask);
    for (start, targets) in chunks(head, targets) {
        let x = x.narrow(0, start, targets.len())?;
        let mask = mask.map(|mask| mask.narrow(0, start, targets.len())).transpose()?;
        let map = head.map.with_mask(mask.as_ref());
        let (product, saved) = map.forward(&x)?;
        let logits = cap(times(with_tokens(product, &x, head)?, head.scale)?, head.soft_cap)?;
        let (losses, d_logits) = losses_and_gradients(logits, targets, head.soft_cap)?;
        nats += losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
        let (mut d_product, mut dx) = (times(d_logits, head.scale)?, None);
        if let Some(vectors) = head.tokens {
            let (rest, through_vectors, own) = vectors.columns_backward(d_product, &x)?;
            (d_product, dx) = (rest, Some(through_vectors));
            tokens = Some(tokens.map_or(Ok(own.clone()), |total| sum::add(total, &own))?);
        }
        parts.push(map.backward(&saved, &x, &d_product, dx, requires_grad, &mut own)?);
    }
    let x = if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 0)? };
    Ok((nats, Gradients { x, own, tokens }))
}

/// The logits after the vectors x, (positions, vocabulary).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn logits(x: &Tensor, head: Head) -> Result<Tensor> {
    cap(times(with_tokens(head.map.forward(x)?.0, x, head)?, head.scale)?, head.soft_cap)
}

/// The product of x and the map, with the columns of tokens whose rows are others.
fn with_tokens(product: Tensor, x: &Tensor, head: Head) -> Result<Tensor> {
    match head.tokens {
        Some(tokens) => tokens.columns(product, x),
        None => Ok(product),
    }
}

fn times(x: Tensor, scale: f64) -> Result<Tensor> {
    Ok(if scale == 1.0 { x } else { (x * scale)? })
}

/// The caller alone holds the logits.
fn cap(logits: Tensor, cap: Option<f64>) -> Result<Tensor> {
    match cap {
        Some(cap) if fast(&logits) => edit(&logits, |logits| kernel::soft_cap(logits, cap as f32))?,
        cap => return plain::soft_cap(&logits, cap),
    }
    Ok(logits)
}

/// The losses, and the gradients of the logits before their soft cap, which take the logits' place.
fn losses_and_gradients(logits: Tensor, targets: &[u32], cap: Option<f64>) -> Result<(Vec<f32>, Tensor)> {
    if !fast(&logits) {
        return Ok((plain::losses(&logits, targets)?, plain::logit_gradients(&logits, targets, cap)?));
    }
    let cap = cap.map(|cap| cap as f32);
    let losses = std::cell::RefCell::new(Vec::new());
    edit(&logits, |logits| *losses.borrow_mut() = kernel::losses_and_gradients(logits, targets, cap))?;
    Ok((losses.into_inner(), logits))
}

fn chunks<'a>(head: Head, targets: &'a [u32]) -> impl Iterator<Item = (usize, &'a [u32])> + use<'a> {
    let size = (CHUNK / head.map.weight.dims()[0].max(1)).max(1);
    targets.chunks(size).enumerate().map(move |(number, targets)| (number * size, targets))
}

/// Takes the vectors at `positions` out of x, (tokens, width): those after which a learned token comes.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn select(x: &Tensor, positions: &[u32]) -> Result<Tensor> {
    Ok(x.index_select(&Tensor::new(positions, x.device())?, 0)?)
}

/// The gradient of `select`: each row of the gradient goes to its position among `tokens`, the others are zero.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn select_backward(grad: &Tensor, positions: &[u32], tokens: usize) -> Result<Tensor> {
    let width = grad.dim(1)?;
    if !fast(grad) {
        let total = Tensor::zeros((tokens, width), grad.dtype(), grad.device())?;
        return Ok(total.index_add(&Tensor::new(positions, grad.device())?, grad, 0)?);
    }
    let mut total = vec![0.0; tokens * width];
    for (position, grad) in positions.iter().zip(Floats::of(grad)?.chunks_exact(width)) {
        total[*position as usize * width..][..width].copy_from_slice(grad);
    }
    tensor(total, (tokens, width))
}
