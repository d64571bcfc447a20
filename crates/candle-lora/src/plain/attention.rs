//! Causal attention, a row at a time, with all scores of the row at once.

use candle_core::{D, Tensor};

use super::soft_cap::{soft_cap, soft_cap_derivative};
use crate::{Attention, Heads, Result, Row, Rows};

/// Causal attention within each row: the output, and the log-sum-exp of each query's scores, (tokens, heads).
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
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
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
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
            ds = (ds * soft_cap_derivative(&scores, cap)?)?;
        }
        dq.push(from_heads(&ds.matmul(&k)?)?);
        dk.push(group_sum(&ds.transpose(1, 2)?.matmul(&q)?, heads)?);
        dv.push(group_sum(&p.transpose(1, 2)?.matmul(&grad)?, heads)?);
    }
    Ok((Tensor::cat(&dq, 0)?, Tensor::cat(&dk, 0)?, Tensor::cat(&dv, 0)?))
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
