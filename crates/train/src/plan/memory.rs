//! How much memory a run needs, and the fastest way to run it that fits.

use tunesmith_model::device;
use tunesmith_model::{MemoryNeed, ModelConfig, WeightFormat, trained_parameters, trained_tensors, training_memory};
use tunesmith_protocol::{FitPart, Switch};

use crate::batches::most_tokens;
use crate::error::bytes;
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
    pub parts: Vec<FitPart>,
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
            return Ok(Decision {
                fits: true,
                recompute,
                side_by_side,
                needed_bytes,
                available_bytes,
                parts: parts(need),
            });
        }
    }
    let (need, available_bytes) = too_big.unwrap_or_default();
    let recompute = recompute.last().copied().unwrap_or(false);
    let (needed_bytes, parts) = (need.total(), parts(&need));
    Ok(Decision { fits: false, recompute, side_by_side: 1, needed_bytes, available_bytes, parts })
}

impl Decision {
    /// Refuses what does not fit.
    pub fn require_fit(&self) -> Result<(), TrainError> {
        let &Self { fits, needed_bytes, available_bytes, ref parts, .. } = self;
        if fits {
            return Ok(());
        }
        let told = parts.iter().map(|part| format!("{} {}", part.what, bytes(part.bytes))).collect::<Vec<_>>();
        Err(TrainError::TooBig { needed_bytes, available_bytes, parts: told.join(", ") })
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

fn parts(need: &MemoryNeed) -> Vec<FitPart> {
    let parts = [
        ("weights", need.weights),
        ("adapter", need.adapter),
        ("gradients", need.gradients),
        ("optimizer", need.optimizer),
        ("activations", need.activations),
    ];
    parts
        .into_iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(what, bytes)| FitPart { what: what.into(), bytes })
        .collect()
}

/// How many weights are trained.
pub(super) fn trainable_parameters(config: &ModelConfig, targets: &Targets) -> u64 {
    trained_parameters(config, &targets.shape(&targets.modules(), 0, (WeightFormat::F32, false, None)))
}

/// What the optimiser remembers of them, in bytes.
fn moment_bytes(job: &Job, config: &ModelConfig, targets: &Targets) -> u64 {
    let modules = targets.modules();
    let tensors = trained_tensors(config, &targets.shape(&modules, 0, (WeightFormat::F32, false, None)));
    let bytes = |(name, count): (String, u64)| optimizer::moment_bytes(job.settings.optimizer, &name, count);
    tensors.into_iter().map(bytes).sum()
}
