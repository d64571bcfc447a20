//! What models take in memory, and what is said when one does not fit.

use std::ops::ControlFlow;

use tunesmith_model::{Device, ModelConfig, WeightFormat, device, inference_memory};
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::say;

use super::LoadedModel;
use crate::errors::model_error;
use crate::format::byte_size;
use crate::home::ModelFiles;
use crate::jobs::MemoryGuard;

/// Tokens of a conversation that are reckoned with, where the model reads as many.
const USUAL_CONTEXT: usize = 2048;

/// Loads a model onto the fastest device for a process without a pool, if it fits. `progress` gets 0 to 1; its
/// `Break` cancels.
///
/// # Errors
/// It does not fit into memory, cannot be loaded, or was cancelled.
pub(crate) fn load_alone(
    files: &ModelFiles,
    format: Option<WeightFormat>,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<LoadedModel, WireError> {
    let config = tunesmith_model::facts(&files.folder).map_err(model_error)?.config;
    let available_bytes = MemoryGuard::default().available(device::AUTO)?;
    let format = format.unwrap_or_else(|| widest_that_fits(&config, device::AUTO, available_bytes));
    let bytes = inference_bytes(&config, format, device::AUTO);
    if bytes > available_bytes {
        return Err(too_big(bytes, available_bytes));
    }
    LoadedModel::load(files, device::AUTO, format, progress)
}

/// What a model takes to answer, with its weights in this format and a conversation of the usual length.
pub(crate) fn inference_bytes(config: &ModelConfig, format: WeightFormat, device: &str) -> u64 {
    let device = device::choose(device).map_or(Device::Cpu, |chosen| chosen.device);
    inference_memory(config, format, config.context_length.min(USUAL_CONTEXT), &device).total()
}

/// The most exact format in which a model that was not trained in any fits into memory; the most exact of all where none does.
pub(crate) fn widest_that_fits(config: &ModelConfig, device: &str, available_bytes: u64) -> WeightFormat {
    let mut formats = [WeightFormat::F32, WeightFormat::Bf16].into_iter();
    formats.find(|format| inference_bytes(config, *format, device) <= available_bytes).unwrap_or(WeightFormat::F32)
}

pub(super) fn too_big(needed: u64, available: u64) -> WireError {
    let (needed, available) = (byte_size(needed), byte_size(available));
    WireError::new(
        ErrorCode::TooBig,
        say!("pool-too-big", "This needs about {needed} of memory, and {available} are free", needed, available),
        say!("pool-too-big-hint", "Close other programs, wait until a run is done, or take a smaller model"),
    )
}
