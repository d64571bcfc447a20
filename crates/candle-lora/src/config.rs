//! What the operations are told about a model: its heads and windows, its activation, its norms.

use std::ops::Range;

use candle_core::{D, Tensor};

use crate::Result;

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

/// What the gate goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x · sigmoid(x).
    Silu,
    /// The GELU by its tanh approximation (Hendrycks & Gimpel 2016).
    GeluTanh,
    /// The GELU by the error function.
    GeluErf,
}

/// Which norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// RMS norm.
    Rms,
    /// Layer norm.
    Layer,
}

/// A norm of x, (tokens, runs · width).
#[derive(Debug, Clone)]
pub struct Norm {
    /// Which one.
    pub kind: NormKind,
    /// (width), or (runs, width) where each run of a token has its own.
    pub weight: Tensor,
    /// (width), added in the end.
    pub bias: Option<Tensor>,
    /// Added to the mean square before its root is taken.
    pub epsilon: f64,
}

impl Norm {
    /// The width of a run.
    pub(crate) fn width(&self) -> Result<usize> {
        Ok(self.weight.dim(D::Minus1)?)
    }
}
