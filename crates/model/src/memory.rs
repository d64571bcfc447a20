//! A rough guard: the memory that training would take, before anything is loaded.

use crate::ModelConfig;

/// What decides how much memory training takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows computed at once.
    pub rows: usize,
    /// The longest row, in tokens.
    pub tokens_per_row: usize,
    /// The adapter's rank; none trains every weight.
    pub rank: Option<usize>,
    /// How many of a block's seven projections get an adapter.
    pub adapted_projections: usize,
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
}

/// Memory, in bytes, by what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryNeed {
    /// The model's weights in f32.
    pub weights: u64,
    /// The adapter's weights.
    pub adapter: u64,
    /// The gradients.
    pub gradients: u64,
    /// The optimiser's two moments.
    pub optimizer: u64,
    /// What forward keeps for backward.
    pub activations: u64,
}

impl MemoryNeed {
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        self.weights + self.adapter + self.gradients + self.optimizer + self.activations
    }
}

/// The memory that training in this shape takes, about.
pub fn training_memory(config: &ModelConfig, shape: &Shape) -> MemoryNeed {
    let _ = (config, shape);
    unimplemented!()
}
