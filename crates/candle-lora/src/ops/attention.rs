//! Causal attention within each row, over all earlier keys or those of a window (Beltagy et al. 2020), with key and value heads shared by groups of query heads (Ainslie et al. 2023).

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

    /// The query heads that a key head serves.
    pub fn group(&self, kv_head: usize) -> Range<usize> {
        let size = self.heads / self.kv_heads;
        kv_head * size..(kv_head + 1) * size
    }
}

/// How queries look at keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// The heads.
    pub heads: Heads,
    /// What scores are multiplied with.
    pub scale: f64,
    /// Scores go through cap · tanh(score / cap).
    pub soft_cap: Option<f64>,
    /// A query sees only so many keys, its own included; none is all before it.
    pub window: Option<usize>,
}

impl Attention {
    /// Over all keys, scaled by 1 / √width, as most models do (Vaswani et al. 2017).
    pub fn full(heads: Heads) -> Self {
        Self { heads, scale: 1.0 / (heads.width as f64).sqrt(), soft_cap: None, window: None }
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
pub fn forward(q: Tensor, k: Tensor, v: Tensor, attention: Attention, rows: &Rows) -> Result<(Tensor, Saved)> {
    let (o, lse) = match fast(&q) {
        true => {
            let (q_numbers, k, v) = (Floats::of(&q)?, Floats::of(&k)?, Floats::of(&v)?);
            let (o, lse) = kernel::forward(kernel::Inputs { q: &q_numbers, k: &k, v: &v, attention, rows });
            (tensor(o, q.shape())?, tensor(lse, (rows.queries(), attention.heads.heads))?)
        }
        false => plain::attention(&q, &k, &v, attention, rows)?,
    };
    Ok((o.clone(), Saved { q, k, v, o, lse }))
}

/// The gradients of q, k and v.
pub fn backward(saved: &Saved, grad: &Tensor, attention: Attention, rows: &Rows) -> Result<(Tensor, Tensor, Tensor)> {
    let Saved { q, k, v, o, lse } = saved;
    if !fast(q) {
        return plain::attention_backward((q, k, v), (o, lse), grad, attention, rows);
    }
    let (q_numbers, k_numbers, v_numbers) = (Floats::of(q)?, Floats::of(k)?, Floats::of(v)?);
    let (o, lse, grad) = (Floats::of(o)?, Floats::of(lse)?, Floats::of(grad)?);
    let inputs = kernel::Inputs { q: &q_numbers, k: &k_numbers, v: &v_numbers, attention, rows };
    let (dq, dk, dv) = kernel::backward(inputs, kernel::Kept { o: &o, lse: &lse, grad: &grad });
    Ok((tensor(dq, q.shape())?, tensor(dk, k.shape())?, tensor(dv, v.shape())?))
}
