//! Causal attention within each row, with key and value heads shared by groups of query heads (Ainslie et al. 2023).

use std::ops::Range;

use candle_core::Tensor;

use crate::floats::{Floats, fast, tensor};
use crate::kernels::attention as kernel;
use crate::{Result, Rows, plain};

/// The heads of one attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// The width of one head.
    pub width: usize,
}

impl Heads {
    /// The width of all query heads.
    pub fn q_width(&self) -> usize {
        self.heads * self.width
    }

    /// The width of all key heads.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.width
    }

    /// What scores are multiplied with.
    pub fn scale(&self) -> f32 {
        (1.0 / (self.width as f64).sqrt()) as f32
    }

    /// The query heads that a key head serves.
    pub fn group(&self, kv_head: usize) -> Range<usize> {
        let size = self.heads / self.kv_heads;
        kv_head * size..(kv_head + 1) * size
    }
}

/// What backward needs.
#[derive(Debug, Clone)]
pub struct Saved {
    q: Tensor,
    k: Tensor,
    v: Tensor,
    o: Tensor,
    /// The log-sum-exp of each query's scores, (tokens, heads).
    lse: Tensor,
}

impl Saved {
    /// The output, (tokens, heads · width).
    pub fn output(&self) -> &Tensor {
        &self.o
    }
}

/// The output, (queries, heads · width), from q of the same shape and k and v, (keys, kv_heads · width).
pub fn forward(q: Tensor, k: Tensor, v: Tensor, heads: Heads, rows: &Rows) -> Result<(Tensor, Saved)> {
    let (o, lse) = match fast(&q) {
        true => {
            let (q_numbers, k, v) = (Floats::of(&q)?, Floats::of(&k)?, Floats::of(&v)?);
            let (o, lse) = kernel::forward(kernel::Inputs { q: &q_numbers, k: &k, v: &v, heads, rows });
            (tensor(o, q.shape())?, tensor(lse, (rows.queries(), heads.heads))?)
        }
        false => plain::attention(&q, &k, &v, heads, rows)?,
    };
    Ok((o.clone(), Saved { q, k, v, o, lse }))
}

/// The gradients of q, k and v.
pub fn backward(saved: &Saved, grad: &Tensor, heads: Heads, rows: &Rows) -> Result<(Tensor, Tensor, Tensor)> {
    let Saved { q, k, v, o, lse } = saved;
    if !fast(q) {
        return plain::attention_backward((q, k, v), (o, lse), grad, heads, rows);
    }
    let (q_numbers, k_numbers, v_numbers) = (Floats::of(q)?, Floats::of(k)?, Floats::of(v)?);
    let (o, lse, grad) = (Floats::of(o)?, Floats::of(lse)?, Floats::of(grad)?);
    let inputs = kernel::Inputs { q: &q_numbers, k: &k_numbers, v: &v_numbers, heads, rows };
    let (dq, dk, dv) = kernel::backward(inputs, kernel::Kept { o: &o, lse: &lse, grad: &grad });
    Ok((tensor(dq, q.shape())?, tensor(dk, k.shape())?, tensor(dv, v.shape())?))
}
