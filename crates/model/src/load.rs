//! From weight files to a decoder, in f32 or in fewer bits a number.

use std::ops::{ControlFlow, Range};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Bits, Blocks, FrozenWeight};
use half::{bf16, f16};
use rayon::prelude::*;

use crate::checkpoint::{Checkpoint, Stored};
use crate::weights::{EMBEDDING, HEAD, Weights, shapes};
use crate::{Decoder, ModelConfig, ModelError};

impl Decoder {
    /// Loads a model folder. `progress` sees the share that is loaded, from 0 to 1, and can cancel.
    pub fn load(
        folder: &Path,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        Self::load_as(folder, None, device, progress)
    }

    /// The same, with all matrices in bf16, in blocks of 8 bits, or of 4 bits but for embedding and head, which feel it
    /// most.
    pub fn load_in_bits(
        folder: &Path,
        bits: Bits,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        Self::load_as(folder, Some(bits), device, progress)
    }

    fn load_as(
        folder: &Path,
        bits: Option<Bits>,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        let config = ModelConfig::read(folder)?;
        let checkpoint = Checkpoint::open(folder)?;
        checkpoint.check(&config)?;
        let shapes = shapes(&config);
        let mut weights = Weights::new();
        for (number, (name, shape)) in shapes.iter().enumerate() {
            if progress(number as f64 / shapes.len() as f64).is_break() {
                return Err(ModelError::Cancelled);
            }
            let stored = checkpoint.tensor(name)?;
            let held = match (bits, shape.as_slice()) {
                (Some(Bits::Sixteen), &[_, _]) => {
                    Some(FrozenWeight::Half(Tensor::from_vec(stored.halves(), shape.as_slice(), device)?))
                }
                (Some(bits), &[rows, width]) => Blocks::make([rows, width], bits_of(name, bits), device, |rows| {
                    Tensor::from_vec(stored.rows(rows, width), ((), width), &Device::Cpu)
                })?
                .map(FrozenWeight::from),
                _ => None,
            };
            let weight = match held {
                Some(held) => held,
                None => Tensor::from_vec(stored.numbers(), shape.as_slice(), device)?.into(),
            };
            weights.insert(name.clone(), weight);
        }
        if progress(1.0).is_break() {
            return Err(ModelError::Cancelled);
        }
        Ok(Self { config, weights, device: device.clone() })
    }

    /// The same model as if it had been loaded in these bits.
    pub fn in_bits(&self, bits: Bits) -> Result<Self, ModelError> {
        let mut model = self.clone();
        for (name, weight) in &mut model.weights {
            let &[rows, width] = weight.dims() else { continue };
            let dense = weight.dense()?.to_device(&Device::Cpu)?;
            let read = |rows: Range<usize>| dense.narrow(0, rows.start, rows.len());
            if bits == Bits::Sixteen {
                *weight = FrozenWeight::Half(dense.to_dtype(DType::BF16)?.to_device(&self.device)?);
            } else if let Some(blocks) = Blocks::make([rows, width], bits_of(name, bits), &self.device, read)? {
                *weight = blocks.into();
            }
        }
        Ok(model)
    }
}

/// How many bits a number of this weight takes in a model of so many bits.
pub(crate) fn bits_of(name: &str, bits: Bits) -> Bits {
    if bits == Bits::Four && matches!(name, EMBEDDING | HEAD) { Bits::Eight } else { bits }
}

impl Stored<'_> {
    /// All its numbers in f32.
    fn numbers(&self) -> Vec<f32> {
        match self.dtype {
            "BF16" => convert(self.bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            "F16" => convert(self.bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            _ => convert(self.bytes, f32::from_le_bytes), // `Checkpoint::check` lets nothing else through
        }
    }

    /// All its numbers in bf16.
    fn halves(&self) -> Vec<bf16> {
        match self.dtype {
            "BF16" => convert(self.bytes, bf16::from_le_bytes),
            "F16" => convert(self.bytes, |bytes| bf16::from_f32(f16::from_le_bytes(bytes).to_f32())),
            _ => convert(self.bytes, |bytes| bf16::from_f32(f32::from_le_bytes(bytes))),
        }
    }

    /// Those of some rows of this width.
    fn rows(&self, rows: Range<usize>, width: usize) -> Vec<f32> {
        let row = width * if self.dtype == "F32" { 4 } else { 2 };
        Stored { bytes: &self.bytes[rows.start * row..rows.end * row], ..*self }.numbers()
    }
}

fn convert<const N: usize, T: Default + Send>(bytes: &[u8], number: fn([u8; N]) -> T) -> Vec<T> {
    bytes.par_chunks_exact(N).map(|chunk| chunk.try_into().map_or_else(|_| T::default(), number)).collect()
}
