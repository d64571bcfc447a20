//! Causal attention within each row, over all earlier keys or those of a window (Beltagy et al. 2020), with key and value
//! heads shared by groups of query heads (Ainslie et al. 2023).

use candle_core::Tensor;

use crate::floats::{Floats, fast, tensor};
use crate::kernels::attention as kernel;
use crate::{Attention, Result, Rows, plain};

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
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
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
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn backward(saved: &Saved, grad: &Tensor, attention: Attention, rows: &Rows) -> Result<(Tensor, Tensor, Tensor)> {
    let Saved { q, k, v, o, lse } = saved;
    if !fast(q) {
        return plain::attention_backward((q, k, v), (o, lse), grad, attention, rows);
    }
    let (q_numbers, k_numbers, v_numbers) = (Floats::of(q)?, Floats::of(k)?, Floats::of(v)?);
    let (o, lse, grad) = (Floats::of(o)?, Floats::of(lse)?, Floats::of(grad)?);
    let inputs = kernel::Inputs { q: &q_numbers, k: &k_numbers, v: &v_numbers, attention, rows };
    let (dq, dk, dv) = kernel::backward(inputs, kernel::Saved { o: &o, lse: &lse, grad: &grad });
    Ok((tensor(dq, q.shape())?, tensor(dk, k.shape())?, tensor(dv, v.shape())?))
}
