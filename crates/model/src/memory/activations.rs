//! What forward keeps for backward, and what is computed on the way, in numbers.

use super::trained::adapted;
use super::training_shape::TrainingShape;
use super::weight_bytes::dequantized;
use crate::ModelConfig;
use crate::config::NormPlaces;

/// The most logits that the loss holds at once, twice: as they are and as they come out of a product.
const LOGITS: u64 = 4 << 20;

/// The numbers of one row's scores, as often as the backward of plain attention has them at once: capped and masked
/// scores, probabilities, their gradient, the product of both, and the gradient of the scores.
pub(super) fn scores(config: &ModelConfig, longest: usize) -> u64 {
    let longest = longest as u64;
    longest.saturating_mul(longest).saturating_mul(6 * config.heads as u64)
}

/// The numbers per token that a block keeps for its backward, without those of an adapter.
pub(super) fn block(config: &ModelConfig) -> u64 {
    let (hidden, inner, heads) = (config.hidden_size as u64, config.intermediate_size as u64, config.heads());
    let (q, kv) = (heads.q_width() as u64, heads.kv_width() as u64);
    // Norms of queries and keys keep what they were given, and so do norms after a part.
    let unnormed_qk = if config.qk_norm.is_some() { q + kv } else { 0 };
    let unnormed_parts = match config.norm_places {
        NormPlaces::Around | NormPlaces::After => 2 * hidden,
        NormPlaces::Before | NormPlaces::OnceForBoth => 0,
    };
    // middle, q, k, v, o, gate, up, log-sum-exp
    hidden + 2 * q + 2 * kv + 2 * inner + config.heads as u64 + unnormed_qk + unnormed_parts
}

/// The numbers that training in this shape holds at its widest, without the scores of plain attention.
pub(super) fn activations(config: &ModelConfig, shape: &TrainingShape) -> u64 {
    let tokens = shape.tokens as u64;
    let (hidden, inner) = (config.hidden_size as u64, config.intermediate_size as u64);
    // Where modules have ranks of their own the largest counts for all.
    let largest = shape.rank.max(shape.ranks.and_then(|ranks| ranks.values().max().copied()));
    let low = largest.map_or(0, |rank| rank * adapted(config, shape.target_modules).count()) as u64;
    // DoRA keeps what each module gives before its magnitudes.
    let undirected = if shape.dora { adapted(config, shape.target_modules).map(|p| p.out as u64).sum() } else { 0 };
    let block = block(config) + low + undirected;
    // Below the lowest block that is trained nothing is kept.
    let lowest = shape.layers.and_then(|layers| layers.iter().min()).map_or(0, |&layer| layer.min(config.layers.len()));
    let layers = (config.layers.len() - lowest) as u64;
    let kept_blocks = if shape.recompute { 1 } else { layers };
    let inputs = hidden * layers;
    // Backward at its widest: the product of gate and up and the three gradients around it, and the norms'. A fused
    // projection's output is there twice while it is taken apart or put together.
    let working = 4 * inner + 4 * hidden + if config.fused { 2 * inner } else { 0 };
    // A mask and what it leaves, of the widest input, twice in backward.
    let masks = if shape.dropout { 4 * inner.max(hidden) } else { 0 };
    let working = working + masks + if shape.dora { 2 * inner } else { 0 };
    // A plain operation is several steps, each with an output of its own.
    let working = if shape.on_gpu.is_some() { 2 * working } else { working };
    let logits = tokens.saturating_mul(config.vocabulary as u64).min(LOGITS.max(config.vocabulary as u64));
    tokens
        .saturating_mul(inputs + kept_blocks * block + working + 3 * hidden)
        .saturating_add(logits + dequantized(config, shape.format))
}
