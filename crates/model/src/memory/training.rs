//! The memory that training takes, by what needs it.

use super::activations::{activations, scores};
use super::trained::trained_parameters;
use super::training_shape::TrainingShape;
use super::weight_bytes::{F32, weight_bytes};
use crate::ModelConfig;

/// Memory, in bytes, by what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryNeed {
    /// The model's weights, as they are held.
    pub weights: u64,
    /// The adapter's weights.
    pub adapter: u64,
    /// The gradients.
    pub gradients: u64,
    /// The optimiser's moments, two of 32 bits as with AdamW.
    pub optimizer: u64,
    /// What forward keeps for backward, and what is computed on the way.
    pub activations: u64,
}

impl MemoryNeed {
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        let parts = [self.weights, self.adapter, self.gradients, self.optimizer, self.activations];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// The part that lies in a GPU's own memory, of a need for one micro-batch at a time.
    pub fn in_gpu(&self) -> Self {
        Self { optimizer: 0, ..*self }
    }

    /// The part that lies in the computer's memory where a GPU computes: the gradients of a step are added up there, and
    /// what is trained is there while the optimiser changes it.
    pub fn beside_gpu(&self) -> Self {
        Self { weights: 0, adapter: self.gradients, gradients: 2 * self.gradients, activations: 0, ..*self }
    }
}

/// The memory that training in this shape takes, about. On the processor activations count 7/4 times: the C library keeps
/// a heap per thread, and what one has freed another cannot use (peaks of 229 to 423 MiB were measured where 243 were in
/// use).
pub fn training_memory(config: &ModelConfig, shape: &TrainingShape) -> MemoryNeed {
    let adapter = if shape.rank.is_some() { trained_parameters(config, shape) } else { 0 };
    let trained = trained_parameters(config, shape);
    MemoryNeed {
        weights: weight_bytes(config, shape.format),
        adapter: adapter * F32,
        gradients: trained * F32,
        optimizer: 2 * trained * F32,
        activations: match shape.on_gpu {
            None => (activations(config, shape) / 4).saturating_mul(7 * F32),
            Some(longest) => activations(config, shape).saturating_add(scores(config, longest)).saturating_mul(F32),
        },
    }
}
