//! The memory guard: what a run needs, and how it is made to fit.

use tunesmith_model::{MemoryNeed, ModelConfig, Shape, training_memory};
use tunesmith_protocol::{FitPart, Method, PROJECTIONS, Switch};

use crate::error::bytes;
use crate::{Job, TrainError};

/// How the run uses memory.
pub(super) struct Decision {
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
    /// Batches computed at once.
    pub side_by_side: usize,
    /// Rough need.
    pub needed_bytes: u64,
    /// What needs it.
    pub parts: Vec<FitPart>,
    /// Weights that are trained.
    pub trainable_parameters: u64,
}

/// Takes the fastest way that fits: batches side by side, then one at a time, then with recomputation.
pub(super) fn decide(job: &Job, config: &ModelConfig) -> Result<Decision, TrainError> {
    let threads = threads(job.threads);
    let recompute: &[bool] = match job.settings.gradient_checkpointing {
        Switch::Auto => &[false, true],
        Switch::On => &[true],
        Switch::Off => &[false],
    };
    let ways = recompute.iter().flat_map(|recompute| [(threads, *recompute), (1, *recompute)]);
    let mut last = None;
    for (side_by_side, recompute) in ways {
        let decision = need(job, config, side_by_side, recompute);
        if decision.needed_bytes <= job.available_bytes {
            return Ok(decision);
        }
        last = Some(decision);
    }
    let (needed_bytes, parts) = last.map_or((0, vec![]), |decision| (decision.needed_bytes, decision.parts));
    let parts = parts.iter().map(|part| format!("{} {}", part.what, bytes(part.bytes))).collect::<Vec<_>>().join(", ");
    Err(TrainError::TooBig { needed_bytes, available_bytes: job.available_bytes, parts })
}

/// The number of threads that 0 stands for is the number of cores.
pub(super) fn threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        asked => asked,
    }
}

fn need(job: &Job, config: &ModelConfig, side_by_side: usize, recompute: bool) -> Decision {
    let settings = &job.settings;
    let lora = settings.method == Method::Lora;
    let longest = job.training.iter().chain(&job.validation).map(|row| row.ids.len()).max().unwrap_or(0);
    let rows = (settings.batch_size as usize).min(job.training.len().max(job.validation.len()));
    let shape = Shape {
        rows,
        tokens_per_row: longest,
        rank: lora.then_some(settings.lora_rank as usize),
        adapted_projections: PROJECTIONS.iter().filter(|name| settings.target_modules.contains(name)).count(),
        recompute,
    };
    let need = training_memory(config, &shape);
    let batches = side_by_side as u64;
    // Each batch has its activations and its gradients; one more set of gradients is their sum.
    let (gradients, activations) = (need.gradients * (batches + 1), need.activations * batches);
    let need = MemoryNeed { gradients, activations, ..need };
    let parts = [
        ("weights", need.weights),
        ("adapter", need.adapter),
        ("gradients", need.gradients),
        ("optimizer", need.optimizer),
        ("activations", need.activations),
    ];
    Decision {
        recompute,
        side_by_side,
        needed_bytes: need.total(),
        parts: parts
            .into_iter()
            .filter(|(_, bytes)| *bytes > 0)
            .map(|(what, bytes)| FitPart { what: what.into(), bytes })
            .collect(),
        trainable_parameters: if lora { need.adapter / 4 } else { need.weights / 4 },
    }
}
