//! A weight that training does not change. An enum, so that a weight can be held in other ways without a change to what
//! computes with it.

use candle_core::{DType, Device, Tensor};

use crate::{Blocks, Result};

/// A model's weight, (out, in) or (out).
#[derive(Debug, Clone)]
pub enum FrozenWeight {
    /// Held in memory as it is computed with.
    Dense(Tensor),
    /// Held in blocks of a few bits a number, (out, in).
    Blocks(Blocks),
}

impl FrozenWeight {
    /// The weight as a tensor to compute with. Of blocks this makes all numbers at once, four bytes each.
    pub fn dense(&self) -> Result<Tensor> {
        match self {
            Self::Dense(tensor) => Ok(tensor.clone()),
            Self::Blocks(blocks) => blocks.dense(),
        }
    }

    /// The rows of these numbers, (ids, in).
    pub fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        match self {
            Self::Dense(tensor) => Ok(tensor.index_select(&Tensor::new(ids, tensor.device())?, 0)?),
            Self::Blocks(blocks) => blocks.rows(ids),
        }
    }

    /// The shape, (out, in) or (out).
    pub fn dims(&self) -> &[usize] {
        match self {
            Self::Dense(tensor) => tensor.dims(),
            Self::Blocks(blocks) => blocks.dims(),
        }
    }

    /// The format of the numbers that are computed with.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Dense(tensor) => tensor.dtype(),
            Self::Blocks(_) => DType::F32,
        }
    }

    /// Where it lies.
    pub fn device(&self) -> &Device {
        match self {
            Self::Dense(tensor) => tensor.device(),
            Self::Blocks(blocks) => blocks.device(),
        }
    }
}

impl From<Tensor> for FrozenWeight {
    fn from(tensor: Tensor) -> Self {
        Self::Dense(tensor)
    }
}

impl From<Blocks> for FrozenWeight {
    fn from(blocks: Blocks) -> Self {
        Self::Blocks(blocks)
    }
}
