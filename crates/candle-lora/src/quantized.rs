//! Quantised weights: blocks of 8 or 4 bits a number, in the block types of GGUF. With them a frozen base model takes a
//! quarter or an eighth of the memory ("QLoRA", Dettmers et al. 2023). They are dequantised, a part at a time, whenever
//! they are computed with.

use std::ops::Range;
use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};

use crate::{Result, WeightFormat};

/// Numbers that are dequantised at once: few enough that they add little to what a model takes.
const AT_ONCE: usize = 16 << 20;
/// Numbers of a part on the CPU, where each thread dequantises a part of its own, which then is in its cache.
const CPU_PART: usize = AT_ONCE / 16;

/// The most numbers of a weight of this many that are dequantised at once, about.
pub fn dequantized_at_once(numbers: usize) -> usize {
    numbers.min(AT_ONCE)
}

/// How many rows of a weight are one part.
pub(crate) fn rows_per_part(rows: usize, width: usize, device: &Device) -> usize {
    let numbers = if device.is_cpu() { CPU_PART } else { AT_ONCE };
    (numbers / width.max(1)).clamp(1, rows.max(1))
}

/// A quantised weight, (rows, width).
#[derive(Debug, Clone)]
pub struct QuantizedWeight {
    /// Parts of whole rows, one after another; all but the last have `rows_per_part`.
    parts: Vec<Arc<QTensor>>,
    rows_per_part: usize,
    dims: [usize; 2],
    device: Device,
}

impl QuantizedWeight {
    /// Quantises the weight whose rows `read` gives, in f32 on the CPU, (range, width); none where no block divides its
    /// rows. No more than a part of it is dense at a time.
    ///
    /// # Errors
    /// What `read` fails with, and when the device does not give the memory.
    pub fn quantize<E: From<candle_core::Error>>(
        dims: [usize; 2],
        format: WeightFormat,
        device: &Device,
        read: impl Fn(Range<usize>) -> Result<Tensor, E>,
    ) -> Result<Option<Self>, E> {
        let [rows, width] = dims;
        let Some(blocks) = format.block_type(width) else { return Ok(None) };
        let rows_per_part = rows_per_part(rows, width, device);
        let starts = (0..rows).step_by(rows_per_part);
        let part = |start: usize| -> Result<_, E> {
            // candle quantises all that a tensor's storage holds, so the part must have its own.
            let numbers = read(start..(start + rows_per_part).min(rows))?.force_contiguous()?;
            Ok(Arc::new(QTensor::quantize_onto(&numbers, blocks, device)?))
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

    /// The memory that its blocks take.
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.storage_size_in_bytes() as u64).sum()
    }

    /// All numbers at once.
    ///
    /// # Errors
    /// When the device does not give the memory.
    pub fn dense(&self) -> Result<Tensor> {
        let parts = (0..self.part_count()).map(|number| Ok(self.part(number)?.1)).collect::<Result<Vec<_>>>()?;
        Ok(if let [part] = parts.as_slice() { part.clone() } else { Tensor::cat(&parts, 0)? })
    }

    /// How many parts there are.
    pub(crate) fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// The first row of a part, and its numbers, (rows of the part, width).
    pub(crate) fn part(&self, number: usize) -> Result<(usize, Tensor)> {
        Ok((number * self.rows_per_part, self.parts[number].dequantize(&self.device)?))
    }

    /// The rows of these numbers, (ids, width). Only they are dequantised.
    pub(crate) fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let (mut found, mut places) = (Vec::new(), vec![0u32; ids.len()]);
        let mut taken = 0;
        for (number, part) in self.parts.iter().enumerate() {
            let here = |id: &u32| *id as usize / self.rows_per_part == number;
            let mut in_part = Vec::new();
            for (place, id) in ids.iter().enumerate().filter(|(_, id)| here(id)) {
                places[place] = taken;
                taken += 1;
                in_part.push(*id - (number * self.rows_per_part) as u32);
            }
            if !in_part.is_empty() {
                found.push(part.embedding(&Tensor::new(in_part, &self.device)?)?);
            }
        }
        // As they were asked for, not as the parts have them.
        Ok(Tensor::cat(&found, 0)?.index_select(&Tensor::new(places, &self.device)?, 0)?)
    }
}
