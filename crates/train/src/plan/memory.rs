//! How much memory a run needs, and the fastest way to run it that fits.

use tunesmith_model::device;
use tunesmith_model::{MemoryNeed, ModelConfig, WeightFormat, trained_parameters, trained_tensors, training_memory};
use tunesmith_protocol::{FitPart, Switch};
use tunesmith_sentence::{Sentence, say};

use crate::batches::most_tokens;
use crate::error::size;
use crate::targets::Targets;
use crate::weight_format;
use crate::workers::group_size;
use crate::{Job, TrainError, optimizer};

/// How the run uses memory.
pub(super) struct Decision {
    /// Whether it fits at all.
    pub fits: bool,
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
    /// Micro-batches computed at once.
    pub side_by_side: usize,
    /// Rough need.
    pub needed_bytes: u64,
    /// What the device has for it.
    pub available_bytes: u64,
    /// What needs it.
    need: MemoryNeed,
}

/// Takes the fastest way that fits: micro-batches side by side, then one at a time, then with recomputation.
pub(super) fn decide(job: &Job, config: &ModelConfig, targets: &Targets, device: &str) -> Result<Decision, TrainError> {
    // A GPU computes one micro-batch at a time with all it has.
    let (threads, gpu_bytes) = match device::gpu() {
        Ok(gpu) if device == device::CUDA => (1, Some(gpu.memory()?.1)),
        _ => (threads(job.threads), None),
    };
    let recompute: &[bool] = match job.settings.gradient_checkpointing {
        Switch::Auto => &[false, true],
        Switch::On => &[true],
        Switch::Off => &[false],
    };
    let ways = recompute.iter().flat_map(|recompute| [(threads, *recompute), (1, *recompute)]);
    let mut too_big = None;
    for (side_by_side, recompute) in ways {
        let need = need(job, config, targets, (side_by_side, recompute), gpu_bytes.is_some());
        let places = match gpu_bytes {
            None => vec![(need, job.available_bytes)],
            Some(gpu_bytes) => vec![(need.in_gpu(), gpu_bytes), (need.beside_gpu(), job.available_bytes)],
        };
        too_big = places.iter().find(|(need, available)| need.total() > *available).copied();
        if let (None, Some((need, available_bytes))) = (too_big, places.first()) {
            let (needed_bytes, available_bytes) = (need.total(), *available_bytes);
            return Ok(Decision { fits: true, recompute, side_by_side, needed_bytes, available_bytes, need: *need });
        }
    }
    let (need, available_bytes) = too_big.unwrap_or_default();
    let recompute = recompute.last().copied().unwrap_or(false);
    let needed_bytes = need.total();
    Ok(Decision { fits: false, recompute, side_by_side: 1, needed_bytes, available_bytes, need })
}

impl Decision {
    /// Refuses what does not fit.
    pub fn require_fit(&self) -> Result<(), TrainError> {
        let &Self { fits, needed_bytes, available_bytes, .. } = self;
        if fits {
            return Ok(());
        }
        let told =
            |(what, bytes): (Sentence, u64)| say!("train-memory-part", "{what} {size}", what, size = size(bytes));
        Err(TrainError::TooBig { needed_bytes, available_bytes, parts: Sentence::listed(parts(&self.need).map(told)) })
    }

    /// What needs memory, and how much.
    pub fn parts(&self) -> Vec<FitPart> {
        parts(&self.need).map(|(what, bytes)| FitPart { what, bytes }).collect()
    }
}

/// The number of threads that 0 stands for is the number of cores.
pub(super) fn threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        asked => asked,
    }
}

fn need(
    job: &Job,
    config: &ModelConfig,
    targets: &Targets,
    (side_by_side, recompute): (usize, bool),
    gpu: bool,
) -> MemoryNeed {
    let most = |rows| most_tokens(rows, job.settings.batch_size as usize);
    let (modules, tokens) = (targets.modules(), most(&job.training).max(most(&job.validation)).max(1));
    let longest = job.training.iter().chain(job.validation.iter()).map(|row| row.ids.len()).max();
    let on_gpu = longest.filter(|_| gpu);
    let need =
        training_memory(config, &targets.shape(&modules, tokens, (weight_format(&job.settings), recompute, on_gpu)));
    // Each micro-batch has its activations while it is computed, and its gradients until they are added to their sum.
    let activations = need.activations * side_by_side as u64;
    let gradients = need.gradients * if gpu { 1 } else { 1 + group_size(side_by_side) as u64 };
    MemoryNeed { gradients, activations, optimizer: moment_bytes(job, config, targets), ..need }
}

/// What needs memory, with its bytes. What needs none is left out.
fn parts(need: &MemoryNeed) -> impl Iterator<Item = (Sentence, u64)> {
    let parts = [
        (say!("train-memory-weights", "weights"), need.weights),
        (say!("train-memory-adapter", "adapter"), need.adapter),
        (say!("train-memory-gradients", "gradients"), need.gradients),
        (say!("train-memory-optimizer", "optimizer"), need.optimizer),
        (say!("train-memory-activations", "activations"), need.activations),
    ];
    parts.into_iter().filter(|(_, bytes)| *bytes > 0)
}

/// How many weights are trained.
pub(super) fn trainable_parameters(config: &ModelConfig, targets: &Targets) -> u64 {
    trained_parameters(config, &targets.shape(&targets.modules(), 0, (WeightFormat::F32, false, None)))
}

/// What the optimiser remembers of them, in bytes.
pub(super) fn moment_bytes(job: &Job, config: &ModelConfig, targets: &Targets) -> u64 {
    let modules = targets.modules();
    let tensors = trained_tensors(config, &targets.shape(&modules, 0, (WeightFormat::F32, false, None)));
    let bytes = |(name, count): (String, u64)| optimizer::moment_bytes(job.settings.optimizer, &name, count);
    tensors.into_iter().map(bytes).sum()
}
