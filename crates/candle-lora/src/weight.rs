//! A model's weight in whichever format it is held. Operations take a [`FrozenWeight`], so a new format changes none of
//! them.

use candle_core::{DType, Device, Tensor};

use crate::quantized::rows_per_part;
use crate::{QuantizedWeight, Result};

/// A model's weight, (out, in) or (out).
#[derive(Debug, Clone)]
pub enum FrozenWeight {
    /// Held in memory as it is computed with.
    Dense(Tensor),
    /// Held in bf16, (out, in). What is multiplied with it is rounded to bf16 too, and the products are added up in f32,
    /// as tensor cores do.
    Bf16(Tensor),
    /// Held in blocks of a few bits a number, (out, in).
    Quantized(QuantizedWeight),
}

impl FrozenWeight {
    /// The weight as a tensor to compute with: of fewer bits a copy, four bytes a number.
    ///
    /// # Errors
    /// When the device does not give the memory.
    pub fn dense(&self) -> Result<Tensor> {
        match self {
            Self::Dense(tensor) => Ok(tensor.clone()),
            Self::Bf16(tensor) => Ok(tensor.to_dtype(DType::F32)?),
            Self::Quantized(weight) => weight.dense(),
        }
    }

    /// The rows of these numbers, (ids, in).
    ///
    /// # Errors
    /// When there is no such row.
    pub fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        match self {
            Self::Dense(tensor) | Self::Bf16(tensor) => {
                Ok(tensor.index_select(&Tensor::new(ids, tensor.device())?, 0)?.to_dtype(self.dtype())?)
            }
            Self::Quantized(weight) => weight.rows(ids),
        }
    }

    /// The shape, (out, in) or (out).
    pub fn dims(&self) -> &[usize] {
        match self {
            Self::Dense(tensor) | Self::Bf16(tensor) => tensor.dims(),
            Self::Quantized(weight) => weight.dims(),
        }
    }

    /// The memory that it takes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Dense(tensor) | Self::Bf16(tensor) => (tensor.elem_count() * tensor.dtype().size_in_bytes()) as u64,
            Self::Quantized(weight) => weight.size_bytes(),
        }
    }

    /// The format of the numbers that are computed with.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Dense(tensor) => tensor.dtype(),
            Self::Bf16(_) | Self::Quantized(_) => DType::F32,
        }
    }

    /// Where it lies.
    pub fn device(&self) -> &Device {
        match self {
            Self::Dense(tensor) | Self::Bf16(tensor) => tensor.device(),
            Self::Quantized(weight) => weight.device(),
        }
    }

    /// How many parts it is multiplied in.
    pub(crate) fn part_count(&self) -> usize {
        match self {
            Self::Bf16(tensor) if !native(tensor) => self.dims()[0].div_ceil(self.rows_per_part()),
            Self::Dense(_) | Self::Bf16(_) => 1,
            Self::Quantized(weight) => weight.part_count(),
        }
    }

    /// The first row of a part, and its numbers as they are multiplied with, (rows of the part, in).
    pub(crate) fn part(&self, number: usize) -> Result<(usize, Tensor)> {
        match self {
            Self::Bf16(tensor) if !native(tensor) => {
                let (rows, step) = (self.dims()[0], self.rows_per_part());
                let start = number * step;
                Ok((start, tensor.narrow(0, start, step.min(rows - start))?.to_dtype(DType::F32)?))
            }
            Self::Dense(tensor) | Self::Bf16(tensor) => Ok((0, tensor.clone())),
            Self::Quantized(weight) => weight.part(number),
        }
    }

    fn rows_per_part(&self) -> usize {
        rows_per_part(self.dims()[0], self.dims()[1], self.device())
    }

    /// What is multiplied with these numbers, in their format.
    pub(crate) fn cast_input(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::Bf16(tensor) if native(tensor) => x.to_dtype(DType::BF16)?,
            Self::Bf16(_) => x.to_dtype(DType::BF16)?.to_dtype(x.dtype())?,
            Self::Dense(_) | Self::Quantized(_) => x.clone(),
        })
    }
}

/// A GPU multiplies bf16 as it is. A CPU has no such product: it makes the numbers f32, a part at a time.
fn native(tensor: &Tensor) -> bool {
    !tensor.device().is_cpu()
}

impl From<Tensor> for FrozenWeight {
    fn from(tensor: Tensor) -> Self {
        Self::Dense(tensor)
    }
}

impl From<QuantizedWeight> for FrozenWeight {
    fn from(weight: QuantizedWeight) -> Self {
        Self::Quantized(weight)
    }
}
