//! The memory guard: what a run needs, and how it is made to fit.

use tunesmith_model::device;
use tunesmith_model::{Bits, MemoryNeed, ModelConfig, trained_parameters, trained_tensors, training_memory};
use tunesmith_protocol::{FitPart, Precision, Quantization, Switch, TrainSettings};

use crate::batches::most_tokens;
use crate::error::bytes;
use crate::targets::Targets;
use crate::workers::wave;
use crate::{Job, TrainError, optimizer};

/// How the run uses memory.
pub(super) struct Decision {
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
    /// Pieces computed at once.
    pub side_by_side: usize,
    /// Rough need.
    pub needed_bytes: u64,
    /// What the device has for it.
    pub available_bytes: u64,
    /// What needs it.
    pub parts: Vec<FitPart>,
}

/// Takes the fastest way that fits: pieces side by side, then one at a time, then with recomputation.
pub(super) fn decide(job: &Job, config: &ModelConfig, targets: &Targets, device: &str) -> Result<Decision, TrainError> {
    // A GPU computes one piece at a time with all it has.
    let (threads, available_bytes) = match device::gpu() {
        Ok(gpu) if device == device::CUDA => (1, gpu.memory().1),
        _ => (threads(job.threads), job.available_bytes),
    };
    let recompute: &[bool] = match job.settings.gradient_checkpointing {
        Switch::Auto => &[false, true],
        Switch::On => &[true],
        Switch::Off => &[false],
    };
    let ways = recompute.iter().flat_map(|recompute| [(threads, *recompute), (1, *recompute)]);
    let mut last = None;
    for (side_by_side, recompute) in ways {
        let decision = Decision { available_bytes, ..need(job, config, targets, side_by_side, recompute) };
        if decision.needed_bytes <= available_bytes {
            return Ok(decision);
        }
        last = Some(decision);
    }
    let (needed_bytes, parts) = last.map_or((0, vec![]), |decision| (decision.needed_bytes, decision.parts));
    let parts = parts.iter().map(|part| format!("{} {}", part.what, bytes(part.bytes))).collect::<Vec<_>>().join(", ");
    Err(TrainError::TooBig { needed_bytes, available_bytes, parts })
}

/// The number of threads that 0 stands for is the number of cores.
pub(super) fn threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        asked => asked,
    }
}

/// How the frozen base model is held, where not in f32.
pub(crate) fn bits(settings: &TrainSettings) -> Option<Bits> {
    match (settings.quantization, settings.precision) {
        (Quantization::None, Precision::Auto | Precision::F32) => None,
        (Quantization::None, Precision::Bf16) => Some(Bits::Sixteen),
        (Quantization::Eight, _) => Some(Bits::Eight),
        (Quantization::Four, _) => Some(Bits::Four),
    }
}

fn need(job: &Job, config: &ModelConfig, targets: &Targets, side_by_side: usize, recompute: bool) -> Decision {
    let settings = &job.settings;
    let most = |rows| most_tokens(rows, settings.batch_size as usize);
    let (modules, tokens) = (targets.modules(), most(&job.training).max(most(&job.validation)).max(1));
    let need = training_memory(config, &targets.shape(&modules, tokens, bits(settings), recompute));
    // Each piece has its activations while it is computed, and its gradients until they are added to their sum.
    let activations = need.activations * side_by_side as u64;
    let gradients = need.gradients * (1 + wave(side_by_side) as u64);
    let need = MemoryNeed { gradients, activations, optimizer: moment_bytes(job, config, targets), ..need };
    let parts = [
        ("weights", need.weights),
        ("adapter", need.adapter),
        ("gradients", need.gradients),
        ("optimizer", need.optimizer),
        ("activations", need.activations),
    ];
    let parts = parts.into_iter().filter(|(_, bytes)| *bytes > 0);
    Decision {
        recompute,
        side_by_side,
        needed_bytes: need.total(),
        available_bytes: job.available_bytes,
        parts: parts.map(|(what, bytes)| FitPart { what: what.into(), bytes }).collect(),
    }
}

/// How many weights are trained.
pub(super) fn trainable_parameters(config: &ModelConfig, targets: &Targets) -> u64 {
    trained_parameters(config, &targets.shape(&targets.modules(), 0, None, false))
}

/// What the optimiser remembers of them, in bytes.
fn moment_bytes(job: &Job, config: &ModelConfig, targets: &Targets) -> u64 {
    let modules = targets.modules();
    let tensors = trained_tensors(config, &targets.shape(&modules, 0, None, false));
    let bytes = |(name, count): (String, u64)| optimizer::moment_bytes(job.settings.optimizer, &name, count);
    tensors.into_iter().map(bytes).sum()
}
