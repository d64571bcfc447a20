//! A rough guard: the memory that training would take, before anything is loaded.

use candle_lora::{Bits, dense_at_once};

use crate::config::NormPlaces;
use crate::load::bits_of;
use crate::weights::{Projection, parameter_count, projections, shapes};
use crate::{ModelConfig, ModelError};

/// Bytes of an f32.
const F32: u64 = 4;
/// The most logits that the loss holds at once, twice: as they are and as they come out of a product.
const LOGITS: u64 = 4 << 20;

/// What decides how much memory training takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape<'a> {
    /// The most tokens computed at once.
    pub tokens: usize,
    /// The adapter's rank; none trains every weight.
    pub rank: Option<usize>,
    /// The modules that get an adapter, as PEFT names them.
    pub target_modules: &'a [&'a str],
    /// The base model's matrices are held in blocks of so many bits.
    pub bits: Option<Bits>,
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
}

/// Memory, in bytes, by what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryNeed {
    /// The model's weights, in f32 or in blocks.
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
}

/// The memory that training in this shape takes, about. Activations count 7/4 times: the C library keeps a heap per
/// thread, and what one has freed another cannot use (peaks of 229 to 423 MiB were measured where 243 were in use).
pub fn training_memory(config: &ModelConfig, shape: &Shape) -> MemoryNeed {
    let weights = parameter_count(config);
    let adapter = shape.rank.map_or(0, |rank| adapter_parameters(config, shape.target_modules, rank));
    let trained = if shape.rank.is_some() { adapter } else { weights };
    MemoryNeed {
        weights: weights_bytes(config, shape.bits),
        adapter: adapter * F32,
        gradients: trained * F32,
        optimizer: 2 * trained * F32,
        activations: (activations(config, shape) / 4).saturating_mul(7 * F32),
    }
}

fn weights_bytes(config: &ModelConfig, bits: Option<Bits>) -> u64 {
    let Some(bits) = bits else { return parameter_count(config) * F32 };
    let bytes = |(name, shape): (String, Vec<usize>)| {
        let in_blocks = match shape.as_slice() {
            &[rows, width] => bits_of(&name, bits).size_bytes(rows, width),
            _ => None,
        };
        in_blocks.unwrap_or(shape.iter().product::<usize>() as u64 * F32)
    };
    shapes(config).into_iter().map(bytes).sum()
}

/// The most numbers of blocks that are made dense at once.
fn made_dense(config: &ModelConfig, bits: Option<Bits>) -> u64 {
    let largest = shapes(config).values().map(|shape| shape.iter().product::<usize>()).max();
    bits.and(largest).map_or(0, |largest| dense_at_once(largest) as u64)
}

/// How many numbers an adapter of this rank on these modules has.
pub fn adapter_parameters(config: &ModelConfig, modules: &[&str], rank: usize) -> u64 {
    let per_block: usize = adapted(config, modules).map(|projection| projection.pair_width()).sum();
    (per_block * rank) as u64 * config.layers.len() as u64
}

fn adapted(config: &ModelConfig, modules: &[&str]) -> impl Iterator<Item = Projection> {
    projections(config).into_iter().filter(|projection| modules.contains(&projection.module()))
}

fn activations(config: &ModelConfig, shape: &Shape) -> u64 {
    let tokens = shape.tokens as u64;
    let (hidden, inner) = (config.hidden_size as u64, config.intermediate_size as u64);
    let heads = config.heads();
    let (q, kv) = (heads.q_width() as u64, heads.kv_width() as u64);
    let low = shape.rank.map_or(0, |rank| rank * adapted(config, shape.target_modules).count()) as u64;
    // Norms of queries and keys keep what they were given, and so do norms after a part.
    let unnormed = if config.qk_norm.is_some() { q + kv } else { 0 };
    let unnormed = unnormed
        + match config.norm_places {
            NormPlaces::Around | NormPlaces::After => 2 * hidden,
            NormPlaces::Before | NormPlaces::OnceForBoth => 0,
        };
    // middle, q, k, v, o, gate, up, log-sum-exp, the low-rank products
    let block = hidden + 2 * q + 2 * kv + 2 * inner + config.heads as u64 + low + unnormed;
    let layers = config.layers.len() as u64;
    let kept_blocks = if shape.recompute { 1 } else { layers };
    let inputs = hidden * layers;
    // Backward at its widest: the product of gate and up and the three gradients around it, and the norms'. A fused
    // projection's output is there twice while it is taken apart or put together.
    let working = 4 * inner + 4 * hidden + if config.fused { 2 * inner } else { 0 };
    let logits = tokens.saturating_mul(config.vocabulary as u64).min(LOGITS.max(config.vocabulary as u64));
    tokens
        .saturating_mul(inputs + kept_blocks * block + working + 3 * hidden)
        .saturating_add(logits + made_dense(config, shape.bits))
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
