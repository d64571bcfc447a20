//! The operations written in candle tensor operations: their definitions. They run on every device and in every number
//! format, and the tests hold the kernels against them, and the backwards against candle's autograd of the forwards.

use candle_core::{D, DType, Tensor};

use crate::{Heads, Result, Row, Rows};

/// y = x · weight / sqrt(mean x² + ε), and 1 / sqrt(mean x² + ε) per token.
pub fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<(Tensor, Tensor)> {
    let inverse = (x.sqr()?.mean_keepdim(D::Minus1)? + epsilon)?.sqrt()?.recip()?; // (tokens, 1)
    let y = x.broadcast_mul(&inverse)?.broadcast_mul(weight)?;
    Ok((y, inverse.squeeze(1)?))
}

/// The gradient of x: g = grad · weight; dx = g / r − x Σ(g x) / (n r³), where r is the root.
pub fn rms_norm_backward(x: &Tensor, weight: &Tensor, inverse: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let inverse = inverse.unsqueeze(1)?;
    let scaled = grad.broadcast_mul(weight)?;
    let slope = ((&scaled * x)?.sum_keepdim(D::Minus1)? * inverse.powf(3.0)?)?;
    let slope = (slope / x.dim(D::Minus1)? as f64)?;
    Ok((scaled.broadcast_mul(&inverse)? - x.broadcast_mul(&slope)?)?)
}

/// Turns the pairs (x[i], x[i + half]) of each head of x, (tokens, heads · width), by angles per token, (tokens, half).
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    let half = cos.dim(1)?;
    let x = x.reshape((tokens, width / (2 * half), 2 * half))?;
    let (first, second) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let (cos, sin) = (cos.unsqueeze(1)?, sin.unsqueeze(1)?);
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    Ok(Tensor::cat(&[turned_first, turned_second], 2)?.reshape((tokens, width))?)
}

/// silu(gate) · up.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    Ok((gate.silu()? * up)?)
}

/// The gradients of gate and up.
pub fn swiglu_backward(gate: &Tensor, up: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let sigmoid = (gate.neg()?.exp()? + 1.0)?.recip()?;
    let slope = (&sigmoid * ((gate * (1.0 - &sigmoid)?)? + 1.0)?)?;
    Ok((((grad * up)? * slope)?, ((grad * gate)? * sigmoid)?))
}

/// Causal attention within each row: the output, and the log-sum-exp of each query's scores, (tokens, heads).
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, rows: &Rows) -> Result<(Tensor, Tensor)> {
    let (mut outputs, mut sums) = (Vec::new(), Vec::new());
    for row in rows.iter() {
        let (q, k, v) = row_heads(q, k, v, heads, row)?;
        let scores = scores(&q, &k, heads, row)?; // (heads, queries, keys)
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
    heads: Heads,
    rows: &Rows,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (mut dq, mut dk, mut dv) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter() {
        let (q, k, v) = row_heads(q, k, v, heads, row)?;
        let queries = (row.queries.start, row.queries.len());
        let grad = to_heads(&grad.narrow(0, queries.0, queries.1)?, heads.heads)?;
        let o = to_heads(&o.narrow(0, queries.0, queries.1)?, heads.heads)?;
        let lse = lse.narrow(0, queries.0, queries.1)?.t()?.unsqueeze(2)?;
        let p = scores(&q, &k, heads, row)?.broadcast_sub(&lse)?.exp()?;
        let kept = (&grad * o)?.sum_keepdim(D::Minus1)?;
        let ds = (&p * grad.matmul(&v.transpose(1, 2)?)?.broadcast_sub(&kept)?)?;
        let ds = (ds * f64::from(heads.scale()))?;
        dq.push(from_heads(&ds.matmul(&k)?)?);
        dk.push(group_sum(&ds.transpose(1, 2)?.matmul(&q)?, heads)?);
        dv.push(group_sum(&p.transpose(1, 2)?.matmul(&grad)?, heads)?);
    }
    Ok((Tensor::cat(&dq, 0)?, Tensor::cat(&dk, 0)?, Tensor::cat(&dv, 0)?))
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

/// The gradient of the summed losses with respect to the logits: softmax − one-hot.
pub fn slopes(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let lse = logits.log_sum_exp(D::Minus1)?.unsqueeze(1)?;
    let p = logits.broadcast_sub(&lse)?.exp()?;
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let ones = Tensor::ones(targets.shape(), logits.dtype(), logits.device())?;
    Ok(p.scatter_add(&targets, &ones.neg()?, 1)?)
}

/// q, k and v of one row, each (heads, tokens, width).
fn row_heads(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, row: &Row) -> Result<(Tensor, Tensor, Tensor)> {
    let q = to_heads(&q.narrow(0, row.queries.start, row.queries.len())?, heads.heads)?;
    let keys = |x: &Tensor| repeat(&to_heads(&x.narrow(0, row.keys.start, row.keys.len())?, heads.kv_heads)?, heads);
    Ok((q, keys(k)?, keys(v)?))
}

/// The scaled scores of one row, −∞ where a key comes after its query.
fn scores(q: &Tensor, k: &Tensor, heads: Heads, row: &Row) -> Result<Tensor> {
    let scores = (q.matmul(&k.transpose(1, 2)?)? * f64::from(heads.scale()))?;
    let (queries, keys, past) = (row.queries.len(), row.keys.len(), row.past());
    let mask = (0..queries).flat_map(|i| (0..keys).map(move |j| if j > past + i { f32::NEG_INFINITY } else { 0.0 }));
    let mask = Tensor::from_iter(mask, q.device())?.reshape((queries, keys))?.to_dtype(q.dtype())?;
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
