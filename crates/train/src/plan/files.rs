//! What a run reads and writes: its model, its checkpoints, its result.

use std::fs;

use tunesmith_model::parameter_count;
use tunesmith_protocol::Method;

use super::{TrainPlan, memory};
use crate::checkpoint;

/// The bytes of the files of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileBytes {
    /// The base model's weights, as they lie on the disk.
    pub model: u64,
    /// One checkpoint.
    pub checkpoint: u64,
    /// How many are written at most: a measurement that is the best so far has one too.
    pub checkpoints: u32,
    /// The result.
    pub result: u64,
}

impl FileBytes {
    /// The bytes of all checkpoints that are there at once, at most: old ones go when a newer one is whole.
    pub fn checkpoints_at_once(&self) -> u64 {
        self.checkpoint * u64::from(self.checkpoints.min(checkpoint::MOST_AT_ONCE))
    }

    /// All that is written.
    pub fn written(&self) -> u64 {
        self.checkpoint * u64::from(self.checkpoints) + self.result
    }
}

impl TrainPlan {
    /// What it reads and writes.
    pub fn file_bytes(&self) -> FileBytes {
        let settings = &self.job.settings;
        let adapter = settings.method.is_adapter();
        // Without an adapter the whole model is written, whatever of it is trained. What was split off the weights is kept twice.
        let numbers = match (adapter, settings.use_pissa) {
            (false, _) => parameter_count(&self.config),
            (true, true) => 2 * self.trainable_parameters,
            (true, false) => self.trainable_parameters,
        };
        let checkpoint = 4 * numbers + memory::moment_bytes(&self.job, &self.config, &self.targets);
        let saves = |step: &u32| self.saves_at(*step) || self.evaluates_at(*step);
        let checkpoints = (1..=self.steps).filter(saves).count();
        FileBytes {
            model: if settings.method == Method::Scratch { 0 } else { weight_file_bytes(&self.job.base) },
            checkpoint,
            checkpoints: u32::try_from(checkpoints).unwrap_or(u32::MAX),
            result: 4 * numbers,
        }
    }
}

/// What cannot be looked up counts nothing: whether a model can be read was asked before.
fn weight_file_bytes(model: &std::path::Path) -> u64 {
    let files = fs::read_dir(model).into_iter().flatten().flatten();
    let weights = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "safetensors"));
    weights.filter_map(|file| fs::metadata(file.path()).ok()).map(|found| found.len()).sum()
}
