//! The memory that a model takes to answer.

use candle_core::Device;
use candle_lora::WeightFormat;

use super::activations::block;
use super::weight_bytes::{F32, dequantized, weight_bytes};
use crate::ModelConfig;

/// Memory, in bytes, by what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InferenceMemory {
    /// The model's weights, as they are held.
    pub weights: u64,
    /// The keys and values of the context.
    pub kv_cache: u64,
    /// What is computed on the way while the whole context is read at once.
    pub working: u64,
}

impl InferenceMemory {
    /// All of it, in bytes.
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.kv_cache).saturating_add(self.working)
    }
}

/// The memory that answering takes, about, with weights in this format and room for so many tokens of context. On the
/// processor working memory counts 7/4 times, as in `training_memory`.
pub fn inference_memory(
    config: &ModelConfig,
    format: WeightFormat,
    context_tokens: usize,
    device: &Device,
) -> InferenceMemory {
    let tokens = context_tokens as u64;
    let kv_width = config.heads().kv_width() as u64;
    let working = working(config, format, tokens);
    InferenceMemory {
        weights: weight_bytes(config, format),
        kv_cache: 2 * F32 * config.layers.len() as u64 * tokens.saturating_mul(kv_width),
        working: match device.is_cpu() {
            true => (working / 4).saturating_mul(7 * F32),
            // A plain operation is several steps, each with an output of its own.
            false => working.saturating_mul(2).saturating_add(scores(config, tokens)).saturating_mul(F32),
        },
    }
}

/// The numbers that a block has at once while it reads so many tokens, and those of the logits after the last one.
fn working(config: &ModelConfig, format: WeightFormat, tokens: u64) -> u64 {
    let (hidden, inner) = (config.hidden_size as u64, config.intermediate_size as u64);
    // The input and the output of the block, its normed input, and the product of gate and up. A fused projection's
    // output is there twice while it is taken apart.
    let around = 3 * hidden + inner + if config.fused { 2 * inner } else { 0 };
    // Inputs of products rounded to bf16, and as f32 again.
    let rounded = if format == WeightFormat::Bf16 { 2 * inner.max(hidden) } else { 0 };
    let logits = 2 * config.vocabulary as u64;
    tokens.saturating_mul(block(config) + around + rounded).saturating_add(logits + dequantized(config, format))
}

/// The scores of a row of so many tokens, as often as plain attention has them at once: as a product, capped, masked,
/// less their log-sum-exp, and as probabilities.
fn scores(config: &ModelConfig, tokens: u64) -> u64 {
    tokens.saturating_mul(tokens).saturating_mul(5 * config.heads as u64)
}
