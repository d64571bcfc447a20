//! Loads a model folder into a decoder, in the weight format that the caller chooses.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::atomic::Ordering;

use candle_core::{DType, Device, Tensor};
use candle_lora::{FrozenWeight, QuantizedWeight, WeightFormat};
use half::{bf16, f16};
use rayon::prelude::*;

use crate::checkpoint::{Checkpoint, Stored};
use crate::weights::{Weights, format_of, shapes};
use crate::{Decoder, ModelError};

impl Decoder {
    /// Loads a model folder with its matrices in this format; everything else, such as norms, is in f32. In 4 bits
    /// embedding and head are held in 8, for they feel it most. `progress` sees the share that is loaded, from 0 to 1,
    /// and can cancel.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`] when `progress` says so; when the folder has no model, or one that cannot be computed.
    pub fn load(
        folder: &Path,
        format: WeightFormat,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        let (config, checkpoint) = Checkpoint::open(folder)?;
        let shapes = shapes(&config);
        let mut weights = Weights::new();
        for (number, (name, shape)) in shapes.iter().enumerate() {
            if progress(number as f64 / shapes.len() as f64).is_break() {
                return Err(ModelError::Cancelled);
            }
            let stored = checkpoint.tensor(name)?;
            let weight = stored.weight(shape, format_of(name, format), device)?;
            if stored.has_broken_numbers() {
                return Err(checkpoint.not_finite(name));
            }
            weights.insert(name.clone(), weight);
        }
        if progress(1.0).is_break() {
            return Err(ModelError::Cancelled);
        }
        Ok(Self { config, weights, device: device.clone() })
    }

    /// The same model as if it had been loaded in this format.
    ///
    /// # Errors
    /// When the device does not give the memory.
    pub fn in_format(&self, format: WeightFormat) -> Result<Self, ModelError> {
        let mut model = self.clone();
        for (name, weight) in &mut model.weights {
            if weight.dims().len() == 2 {
                *weight = held(name, &weight.dense()?, format, &self.device)?;
            }
        }
        Ok(model)
    }
}

/// A matrix as a model of this format holds the weight of this name. One whose rows no block divides stays in f32.
pub(crate) fn held(
    name: &str,
    numbers: &Tensor,
    format: WeightFormat,
    device: &Device,
) -> Result<FrozenWeight, ModelError> {
    let dense = numbers.to_device(&Device::Cpu)?;
    let read = |rows: Range<usize>| dense.narrow(0, rows.start, rows.len());
    Ok(match format_of(name, format) {
        WeightFormat::F32 => numbers.to_device(device)?.into(),
        WeightFormat::Bf16 => FrozenWeight::Bf16(numbers.to_dtype(DType::BF16)?.to_device(device)?),
        quantized => match QuantizedWeight::quantize(dense.dims2()?.into(), quantized, device, read)? {
            Some(quantized) => quantized.into(),
            None => numbers.to_device(device)?.into(),
        },
    })
}

impl Stored<'_> {
    /// The weight of this shape. Vectors, and matrices whose rows no block divides, are held in f32.
    fn weight(&self, shape: &[usize], format: WeightFormat, device: &Device) -> Result<FrozenWeight, ModelError> {
        match (format, shape) {
            (WeightFormat::Bf16, [_, _]) => {
                return Ok(FrozenWeight::Bf16(Tensor::from_vec(self.halves(), shape, device)?));
            }
            (WeightFormat::Q8 | WeightFormat::Q4, &[rows, width]) => {
                let read = |rows| Tensor::from_vec(self.rows(rows, width), ((), width), &Device::Cpu);
                if let Some(quantized) = QuantizedWeight::quantize([rows, width], format, device, read)? {
                    return Ok(quantized.into());
                }
            }
            _ => {}
        }
        Ok(Tensor::from_vec(self.numbers(), shape, device)?.into())
    }

    /// All its numbers in f32.
    pub(crate) fn numbers(&self) -> Vec<f32> {
        self.numbers_of(self.bytes)
    }

    fn numbers_of(&self, bytes: &[u8]) -> Vec<f32> {
        match self.dtype {
            "BF16" => self.convert(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32(), f32::is_finite),
            "F16" => self.convert(bytes, |bytes| f16::from_le_bytes(bytes).to_f32(), f32::is_finite),
            _ => self.convert(bytes, f32::from_le_bytes, f32::is_finite), // `Checkpoint::open` lets nothing else through
        }
    }

    /// All its numbers in bf16.
    fn halves(&self) -> Vec<bf16> {
        match self.dtype {
            "BF16" => self.convert(self.bytes, bf16::from_le_bytes, bf16::is_finite),
            "F16" => {
                self.convert(self.bytes, |bytes| bf16::from_f32(f16::from_le_bytes(bytes).to_f32()), bf16::is_finite)
            }
            _ => self.convert(self.bytes, |bytes| bf16::from_f32(f32::from_le_bytes(bytes)), bf16::is_finite),
        }
    }

    /// Those of some rows of this width.
    fn rows(&self, rows: Range<usize>, width: usize) -> Vec<f32> {
        let row = width * if self.dtype == "F32" { 4 } else { 2 };
        self.numbers_of(&self.bytes[rows.start * row..rows.end * row])
    }

    /// Converts the numbers, and notes whether one of them is none.
    fn convert<const N: usize, T: Copy + Default + Send>(
        &self,
        bytes: &[u8],
        number: fn([u8; N]) -> T,
        is_finite: fn(T) -> bool,
    ) -> Vec<T> {
        let convert = |chunk: &[u8]| {
            let number = chunk.try_into().map_or_else(|_| T::default(), number);
            if !is_finite(number) {
                self.broken_numbers.store(true, Ordering::Relaxed);
            }
            number
        };
        bytes.par_chunks_exact(N).map(convert).collect()
    }

    /// Whether NaN or infinity was among the numbers read.
    fn has_broken_numbers(&self) -> bool {
        self.broken_numbers.load(Ordering::Relaxed)
    }
}
