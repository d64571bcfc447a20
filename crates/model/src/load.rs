//! From weight files to a decoder in f32.

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;

use crate::checkpoint::{Checkpoint, Stored};
use crate::weights::{Weights, shapes};
use crate::{Decoder, ModelConfig, ModelError};

impl Decoder {
    /// Loads a model folder. `progress` sees the share that is loaded, from 0 to 1, and can cancel.
    pub fn load(
        folder: &Path,
        device: &Device,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, ModelError> {
        let config = ModelConfig::read(folder)?;
        let checkpoint = Checkpoint::open(folder)?;
        checkpoint.check(&config)?;
        let names: Vec<String> = shapes(&config).into_keys().collect();
        let mut weights = Weights::new();
        for (number, name) in names.iter().enumerate() {
            if progress(number as f64 / names.len() as f64).is_break() {
                return Err(ModelError::Cancelled);
            }
            weights.insert(name.clone(), read(&checkpoint.tensor(name)?, device)?.into());
        }
        if progress(1.0).is_break() {
            return Err(ModelError::Cancelled);
        }
        Ok(Self { config, weights, device: device.clone() })
    }
}

fn read(stored: &Stored, device: &Device) -> Result<Tensor, ModelError> {
    let numbers: Vec<f32> = match stored.dtype {
        "BF16" => convert(stored.bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
        "F16" => convert(stored.bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
        _ => convert(stored.bytes, f32::from_le_bytes), // `Checkpoint::check` lets nothing else through
    };
    Ok(Tensor::from_vec(numbers, stored.shape, device)?)
}

fn convert<const N: usize>(bytes: &[u8], number: fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.par_chunks_exact(N).map(|chunk| chunk.try_into().map_or(0.0, number)).collect()
}
