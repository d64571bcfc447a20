//! A rough guard: the memory that training would take, before anything is loaded.

use crate::weights::{PROJECTIONS, parameter_count, projection_shape};
use crate::{ModelConfig, ModelError};

/// Bytes of an f32.
const F32: u64 = 4;
/// The most logits that the loss holds at once, twice: as they are and as they come out of a product.
const LOGITS: u64 = 4 << 20;

/// What decides how much memory training takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The most tokens computed at once.
    pub tokens: usize,
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
    /// What forward keeps for backward, and what is computed on the way.
    pub activations: u64,
}

impl MemoryNeed {
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        let parts = [self.weights, self.adapter, self.gradients, self.optimizer, self.activations];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// The memory that training in this shape takes, about. Activations count 7/4 times: the C library keeps a heap per
/// thread, and what one has freed another cannot use (peaks of 229 to 423 MiB were measured where 243 were in use).
pub fn training_memory(config: &ModelConfig, shape: &Shape) -> MemoryNeed {
    let weights = parameter_count(config);
    let adapter = adapter_parameters(config, shape);
    let trained = if shape.rank.is_some() { adapter } else { weights };
    MemoryNeed {
        weights: weights * F32,
        adapter: adapter * F32,
        gradients: trained * F32,
        optimizer: 2 * trained * F32,
        activations: (activations(config, shape) / 4).saturating_mul(7 * F32),
    }
}

/// Numbers in an adapter, taking the largest projections.
fn adapter_parameters(config: &ModelConfig, shape: &Shape) -> u64 {
    let Some(rank) = shape.rank else { return 0 };
    let widths = PROJECTIONS.map(|projection| projection_shape(config, projection)).map(|(out, width)| out + width);
    let mut widths = widths.to_vec();
    widths.sort_unstable_by(|a, b| b.cmp(a));
    let per_block: usize = widths.iter().take(shape.adapted_projections).sum();
    (per_block * rank) as u64 * config.layers as u64
}

fn activations(config: &ModelConfig, shape: &Shape) -> u64 {
    let tokens = shape.tokens as u64;
    let (hidden, inner) = (config.hidden_size as u64, config.intermediate_size as u64);
    let heads = config.attention();
    let (q, kv) = (heads.q_width() as u64, heads.kv_width() as u64);
    let low = (shape.rank.unwrap_or(0) * shape.adapted_projections) as u64;
    // middle, q, k, v, o, gate, up, log-sum-exp, the low-rank products
    let block = hidden + 2 * q + 2 * kv + 2 * inner + config.heads as u64 + low;
    let kept_blocks = if shape.recompute { 1 } else { config.layers as u64 };
    let inputs = hidden * config.layers as u64;
    // Backward at its widest: the product of gate and up and the three gradients around it, and the norms'.
    let working = 4 * inner + 4 * hidden;
    let logits = tokens.saturating_mul(config.vocabulary as u64).min(LOGITS.max(config.vocabulary as u64));
    tokens.saturating_mul(inputs + kept_blocks * block + working + 3 * hidden).saturating_add(logits)
}

impl ModelConfig {
    /// The longest row that is allowed, or an error that names both lengths.
    pub fn check_length(&self, tokens: usize) -> Result<(), ModelError> {
        match tokens <= self.context_length {
            true => Ok(()),
            false => Err(ModelError::Input(format!(
                "a row is {tokens} tokens long, but the model reads only {}",
                self.context_length
            ))),
        }
    }
}
