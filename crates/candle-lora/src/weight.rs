//! A weight that training does not change. An enum, so that mapped and quantised weights can come without a change to
//! what computes with them.

use candle_core::Tensor;

/// A model's weight, (out, in) or (out).
#[derive(Debug, Clone)]
pub enum FrozenWeight {
    /// Held in memory as it is computed with.
    Dense(Tensor),
}

impl FrozenWeight {
    /// The weight as a tensor to compute with.
    pub fn dense(&self) -> &Tensor {
        match self {
            Self::Dense(tensor) => tensor,
        }
    }

    /// The shape, (out, in) or (out).
    pub fn dims(&self) -> &[usize] {
        self.dense().dims()
    }
}

impl From<Tensor> for FrozenWeight {
    fn from(tensor: Tensor) -> Self {
        Self::Dense(tensor)
    }
}
