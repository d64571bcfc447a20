//! Weights in blocks of 8 or 4 bits a number, in the block types of GGUF, for training beside a frozen base that takes a
//! quarter or an eighth of its memory ("QLoRA", Dettmers et al. 2023). They are made numbers again, a part at a time,
//! whenever they are computed with.

use std::ops::Range;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::Result;

/// Numbers that are made dense at once: few enough that they add little to what a model takes.
const PART: usize = 16 << 20;

/// How many bits a number takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// bf16: no blocks, each number for itself.
    Sixteen,
    /// Blocks of 32 with one scale: Q8_0, 8.5 bits a number.
    Eight,
    /// Blocks of 256 with a scale and a least value per 32: Q4_K. Where a row is no multiple of 256, blocks of 32 with
    /// one scale: Q4_0. Both take 4.5 bits a number.
    Four,
}

impl Bits {
    /// The block type for rows of this width, and none where no block divides them.
    fn kind(self, width: usize) -> Option<GgmlDType> {
        match self {
            Self::Sixteen => None,
            Self::Eight => Some(GgmlDType::Q8_0),
            Self::Four if width.is_multiple_of(256) => Some(GgmlDType::Q4K),
            Self::Four => Some(GgmlDType::Q4_0),
        }
        .filter(|kind| width.is_multiple_of(kind.block_size()))
    }

    /// Bytes of a weight of this shape; none where its rows cannot be held so.
    pub fn size_bytes(self, rows: usize, width: usize) -> Option<u64> {
        if self == Self::Sixteen {
            return Some(2 * (rows * width) as u64);
        }
        let kind = self.kind(width)?;
        Some((rows * width / kind.block_size() * kind.type_size()) as u64)
    }
}

/// The most numbers of a weight of this many that are made dense at once.
pub fn dense_at_once(numbers: usize) -> usize {
    numbers.min(PART)
}

/// How many rows of a weight are made dense at once.
pub(crate) fn rows_per_part(rows: usize, width: usize) -> usize {
    (PART / width.max(1)).clamp(1, rows.max(1))
}

/// A weight in blocks, (rows, width).
#[derive(Debug, Clone)]
pub struct Blocks {
    /// Parts of whole rows, one after another; all but the last have `rows_per_part`.
    parts: Vec<Arc<QTensor>>,
    rows_per_part: usize,
    dims: [usize; 2],
    device: Device,
}

impl Blocks {
    /// Blocks of the weight whose rows `read` gives, in f32 on the CPU, (range, width); none where its rows cannot be
    /// held in blocks. No more than a part of it is dense at a time.
    pub fn make<E: From<candle_core::Error>>(
        dims: [usize; 2],
        bits: Bits,
        device: &Device,
        read: impl Fn(Range<usize>) -> Result<Tensor, E>,
    ) -> Result<Option<Self>, E> {
        let [rows, width] = dims;
        let Some(kind) = bits.kind(width) else { return Ok(None) };
        let rows_per_part = rows_per_part(rows, width);
        let starts = (0..rows).step_by(rows_per_part);
        let part = |start: usize| -> Result<_, E> {
            // candle quantises all that a tensor's storage holds, so the part must have its own.
            let numbers = read(start..(start + rows_per_part).min(rows))?.force_contiguous()?;
            Ok(Arc::new(QTensor::quantize_onto(&numbers, kind, device)?))
        };
        let parts = starts.map(part).collect::<Result<_, E>>()?;
        Ok(Some(Self { parts, rows_per_part, dims, device: device.clone() }))
    }

    /// (rows, width).
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Where they lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// All numbers at once.
    pub fn dense(&self) -> Result<Tensor> {
        let parts = self.parts().map(|part| Ok(part?.1)).collect::<Result<Vec<_>>>()?;
        Ok(if let [part] = parts.as_slice() { part.clone() } else { Tensor::cat(&parts, 0)? })
    }

    /// The first row of each part, and its numbers, (rows of the part, width).
    pub(crate) fn parts(&self) -> impl Iterator<Item = Result<(usize, Tensor)>> {
        let starts = (0..).step_by(self.rows_per_part);
        starts.zip(&self.parts).map(|(start, part)| Ok((start, part.dequantize(&self.device)?)))
    }

    /// The rows of these numbers, (ids, width). Only they are made dense.
    pub(crate) fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let (mut found, mut places) = (Vec::new(), vec![0u32; ids.len()]);
        let mut taken = 0;
        for (number, part) in self.parts.iter().enumerate() {
            let here = |id: &u32| *id as usize / self.rows_per_part == number;
            let mut wanted = Vec::new();
            for (place, id) in ids.iter().enumerate().filter(|(_, id)| here(id)) {
                places[place] = taken;
                taken += 1;
                wanted.push(*id - (number * self.rows_per_part) as u32);
            }
            if !wanted.is_empty() {
                found.push(part.embedding(&Tensor::new(wanted, &self.device)?)?);
            }
        }
        // As they were asked for, not as the parts have them.
        Ok(Tensor::cat(&found, 0)?.index_select(&Tensor::new(places, &self.device)?, 0)?)
    }
}
