//! The operations written in candle tensor operations: their definitions. They run on every device and in every number
//! format, and the tests hold the kernels against them, and the backwards against candle's autograd of the forwards.

use candle_core::{D, DType, Tensor};

use crate::glu::Activation;
use crate::norm::Kind;
use crate::{Attention, Heads, Norm, Result, Row, Rows};

/// y = (x − mean) · weight / sqrt(mean square + ε) + bias over runs of the weight's width, and per run the mean (zero
/// for RMS norm) and 1 / root.
pub fn norm(norm: &Norm, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
    let runs = runs(norm, x)?; // (tokens, runs, width)
    let mean = match norm.kind {
        Kind::Rms => runs.narrow(2, 0, 1)?.zeros_like()?,
        Kind::Layer => runs.mean_keepdim(2)?,
    };
    let centred = match norm.kind {
        Kind::Rms => runs,
        Kind::Layer => runs.broadcast_sub(&mean)?,
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
pub fn norm_backward(norm: &Norm, x: &Tensor, kept: (&Tensor, &Tensor), grad: &Tensor) -> Result<Tensor> {
    let (normed, inverse) = normed(norm, x, kept)?;
    let mut scaled = runs(norm, grad)?.broadcast_mul(&norm.weight)?;
    let slope = (&scaled * &normed)?.mean_keepdim(2)?;
    if norm.kind == Kind::Layer {
        scaled = scaled.broadcast_sub(&scaled.mean_keepdim(2)?)?;
    }
    let dx = (scaled - normed.broadcast_mul(&slope)?)?.broadcast_mul(&inverse)?;
    Ok(dx.reshape(x.shape())?)
}

/// The gradient of the weight: Σ grad · n over tokens, and over runs where they share it.
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

/// Turns the pairs (x[i], x[i + half]) of each head of x, (tokens, heads · width), by angles per token, (tokens, half).
/// What a head has beyond 2 · half stays.
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor, head_width: usize) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    let half = cos.dim(1)?;
    let x = x.reshape((tokens, width / head_width, head_width))?;
    let (first, second) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let (cos, sin) = (cos.unsqueeze(1)?, sin.unsqueeze(1)?);
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    let mut parts = vec![turned_first, turned_second];
    if 2 * half < head_width {
        parts.push(x.narrow(2, 2 * half, head_width - 2 * half)?);
    }
    Ok(Tensor::cat(&parts, 2)?.reshape((tokens, width))?)
}

/// activation(gate) · up.
pub fn glu(activation: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    Ok((gate * share(activation, gate)? * up)?)
}

/// The gradients of gate and up.
pub fn glu_backward(activation: Activation, gate: &Tensor, up: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let share = share(activation, gate)?;
    let share_slope = match activation {
        Activation::Silu => (&share * (1.0 - &share)?)?,
        Activation::GeluTanh => {
            let tanh = ((&share * 2.0)? - 1.0)?;
            let inner_slope = ((gate.sqr()? * (3.0 * GELU_CUBE))? + 1.0)? * gelu_root();
            ((1.0 - tanh.sqr()?)? * (inner_slope? * 0.5)?)?
        }
        Activation::GeluErf => ((gate.sqr()? * -0.5)?.exp()? / (2.0 * std::f64::consts::PI).sqrt())?,
    };
    let slope = (&share + (gate * share_slope)?)?;
    Ok((((grad * up)? * slope)?, ((grad * gate)? * share)?))
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

/// cap · tanh(x / cap).
pub fn soft_cap(x: &Tensor, cap: Option<f64>) -> Result<Tensor> {
    Ok(match cap {
        Some(cap) => ((x / cap)?.tanh()? * cap)?,
        None => x.clone(),
    })
}

/// The slope of `soft_cap` where its output is y: 1 − (y / cap)².
fn soft_cap_slope(y: &Tensor, cap: f64) -> Result<Tensor> {
    Ok((1.0 - (y / cap)?.sqr()?)?)
}

/// Causal attention within each row: the output, and the log-sum-exp of each query's scores, (tokens, heads).
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, attention: Attention, rows: &Rows) -> Result<(Tensor, Tensor)> {
    let (mut outputs, mut sums) = (Vec::new(), Vec::new());
    for row in rows.iter() {
        let (q, k, v) = row_heads(q, k, v, attention.heads, row)?;
        let scores = masked(&scores(&q, &k, attention)?, attention, row)?; // (heads, queries, keys)
        let lse = scores.log_sum_exp(D::Minus1)?; // (heads, queries)
        let p = scores.broadcast_sub(&lse.unsqueeze(2)?)?.exp()?;
        outputs.push(from_heads(&p.matmul(&v)?)?);
        sums.push(lse.t()?.contiguous()?);
    }
    Ok((Tensor::cat(&outputs, 0)?, Tensor::cat(&sums, 0)?))
}

/// The gradients of q, k and v from what `attention` was given and gave. With P the probabilities and dP = grad vᵀ:
/// dS = P (dP − Σ grad o), dq = dS k, dk = dSᵀ q, dv = Pᵀ grad.
pub fn attention_backward(
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    (o, lse): (&Tensor, &Tensor),
    grad: &Tensor,
    attention: Attention,
    rows: &Rows,
) -> Result<(Tensor, Tensor, Tensor)> {
    let heads = attention.heads;
    let (mut dq, mut dk, mut dv) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter() {
        let (q, k, v) = row_heads(q, k, v, heads, row)?;
        let queries = (row.queries.start, row.queries.len());
        let grad = to_heads(&grad.narrow(0, queries.0, queries.1)?, heads.heads)?;
        let o = to_heads(&o.narrow(0, queries.0, queries.1)?, heads.heads)?;
        let lse = lse.narrow(0, queries.0, queries.1)?.t()?.unsqueeze(2)?;
        let scores = scores(&q, &k, attention)?;
        let p = masked(&scores, attention, row)?.broadcast_sub(&lse)?.exp()?;
        let kept = (&grad * o)?.sum_keepdim(D::Minus1)?;
        let mut ds = ((&p * grad.matmul(&v.transpose(1, 2)?)?.broadcast_sub(&kept)?)? * attention.scale)?;
        if let Some(cap) = attention.soft_cap {
            ds = (ds * soft_cap_slope(&scores, cap)?)?;
        }
        dq.push(from_heads(&ds.matmul(&k)?)?);
        dk.push(group_sum(&ds.transpose(1, 2)?.matmul(&q)?, heads)?);
        dv.push(group_sum(&p.transpose(1, 2)?.matmul(&grad)?, heads)?);
    }
    Ok((Tensor::cat(&dq, 0)?, Tensor::cat(&dk, 0)?, Tensor::cat(&dv, 0)?))
}

/// The length of each row.
pub fn row_norms(x: &Tensor) -> Result<Tensor> {
    Ok(x.sqr()?.sum(1)?.sqrt()?)
}

/// The negative log-likelihood of each row's target.
pub fn losses(logits: &Tensor, targets: &[u32]) -> Result<Vec<f32>> {
    Ok(loss_per_row(logits, targets)?.to_dtype(DType::F32)?.to_vec1()?)
}

/// The same as a tensor, (rows).
pub fn loss_per_row(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let picked = logits.gather(&targets, 1)?.squeeze(1)?;
    Ok((logits.log_sum_exp(D::Minus1)? - picked)?)
}

/// The gradient of the summed losses with respect to the logits before their soft cap: softmax − one-hot, times the
/// cap's slope.
pub fn slopes(logits: &Tensor, targets: &[u32], cap: Option<f64>) -> Result<Tensor> {
    let lse = logits.log_sum_exp(D::Minus1)?.unsqueeze(1)?;
    let p = logits.broadcast_sub(&lse)?.exp()?;
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let ones = Tensor::ones(targets.shape(), logits.dtype(), logits.device())?;
    let slopes = p.scatter_add(&targets, &ones.neg()?, 1)?;
    Ok(match cap {
        Some(cap) => (slopes * soft_cap_slope(logits, cap)?)?,
        None => slopes,
    })
}

/// q, k and v of one row, each (heads, tokens, width).
fn row_heads(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, row: &Row) -> Result<(Tensor, Tensor, Tensor)> {
    let q = to_heads(&q.narrow(0, row.queries.start, row.queries.len())?, heads.heads)?;
    let keys = |x: &Tensor| repeat(&to_heads(&x.narrow(0, row.keys.start, row.keys.len())?, heads.kv_heads)?, heads);
    Ok((q, keys(k)?, keys(v)?))
}

/// The scaled and capped scores of one row, (heads, queries, keys).
fn scores(q: &Tensor, k: &Tensor, attention: Attention) -> Result<Tensor> {
    soft_cap(&(q.matmul(&k.transpose(1, 2)?)? * attention.scale)?, attention.soft_cap)
}

/// −∞ where a key comes after its query or before the query's window.
fn masked(scores: &Tensor, attention: Attention, row: &Row) -> Result<Tensor> {
    let (queries, keys, past) = (row.queries.len(), row.keys.len(), row.past());
    let window = attention.window.unwrap_or(keys);
    let hidden = |i: usize, j: usize| j > past + i || j + window <= past + i;
    let mask = |i, j| if hidden(i, j) { f32::NEG_INFINITY } else { 0.0 };
    let mask = (0..queries).flat_map(|i| (0..keys).map(move |j| mask(i, j)));
    let mask = Tensor::from_iter(mask, scores.device())?.reshape((queries, keys))?.to_dtype(scores.dtype())?;
    Ok(scores.broadcast_add(&mask)?)
}

/// (tokens, heads · width) → (heads, tokens, width).
fn to_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    Ok(x.reshape((tokens, heads, width / heads))?.transpose(0, 1)?.contiguous()?)
}

/// (heads, tokens, width) → (tokens, heads · width).
fn from_heads(x: &Tensor) -> Result<Tensor> {
    let (heads, tokens, width) = x.dims3()?;
    Ok(x.transpose(0, 1)?.reshape((tokens, heads * width))?)
}

/// Repeats each key head for the query heads that it serves.
fn repeat(x: &Tensor, heads: Heads) -> Result<Tensor> {
    let (kv_heads, tokens, width) = x.dims3()?;
    let group = heads.heads / kv_heads;
    let shape = (kv_heads, group, tokens, width);
    Ok(x.unsqueeze(1)?.broadcast_as(shape)?.reshape((heads.heads, tokens, width))?)
}

/// The gradient of `repeat`, as (tokens, kv_heads · width).
fn group_sum(x: &Tensor, heads: Heads) -> Result<Tensor> {
    let (_, tokens, width) = x.dims3()?;
    let group = heads.heads / heads.kv_heads;
    from_heads(&x.reshape((heads.kv_heads, group, tokens, width))?.sum(1)?)
}
