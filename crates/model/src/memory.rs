//! A rough guard: the memory that training would take, before anything is loaded.

use candle_lora::{Bits, dense_at_once};

use crate::config::NormPlaces;
use crate::load::bits_of;
use crate::weights::{HEAD_MODULE, OUTSIDE, Projection, layer_of, parameter_count, projections, shapes};
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
    /// The blocks that are trained; none is all, and what comes before and after them.
    pub layers: Option<&'a [usize]>,
    /// Modules have magnitudes beside their pairs.
    pub dora: bool,
    /// The adapter sees only a part of its inputs.
    pub dropout: bool,
    /// The base model's matrices are held in so many bits.
    pub bits: Option<Bits>,
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
    /// The longest row, in tokens, where a GPU computes: its plain operations hold all scores of a row at once, and more
    /// of what they compute on the way.
    pub on_gpu: Option<usize>,
}

/// Memory, in bytes, by what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryNeed {
    /// The model's weights, in f32 or in fewer bits.
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

    /// The part that lies in a GPU's own memory, of a need for one piece at a time.
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
pub fn training_memory(config: &ModelConfig, shape: &Shape) -> MemoryNeed {
    let adapter = if shape.rank.is_some() { trained_parameters(config, shape) } else { 0 };
    let trained = trained_parameters(config, shape);
    MemoryNeed {
        weights: weights_bytes(config, shape.bits),
        adapter: adapter * F32,
        gradients: trained * F32,
        optimizer: 2 * trained * F32,
        activations: match shape.on_gpu {
            None => (activations(config, shape) / 4).saturating_mul(7 * F32),
            Some(longest) => activations(config, shape).saturating_add(scores(config, longest)).saturating_mul(F32),
        },
    }
}

/// The bytes of the weights.
fn weights_bytes(config: &ModelConfig, bits: Option<Bits>) -> u64 {
    let Some(bits) = bits else { return parameter_count(config) * F32 };
    let bytes = |(name, shape): (String, Vec<usize>)| {
        let held = match shape.as_slice() {
            &[rows, width] => bits_of(&name, bits).size_bytes(rows, width),
            _ => None,
        };
        held.unwrap_or(shape.iter().product::<usize>() as u64 * F32)
    };
    shapes(config).into_iter().map(bytes).sum()
}

/// The most numbers of fewer bits that are made dense at once.
fn made_dense(config: &ModelConfig, bits: Option<Bits>) -> u64 {
    let largest = shapes(config).values().map(|shape| shape.iter().product::<usize>()).max();
    bits.and(largest).map_or(0, |largest| dense_at_once(largest) as u64)
}

/// How many numbers are trained in this shape.
pub fn trained_parameters(config: &ModelConfig, shape: &Shape) -> u64 {
    trained_tensors(config, shape).into_iter().map(|(_, numbers)| numbers).sum()
}

/// The tensors that are trained in this shape, by name or, of an adapter, by module, with how many numbers each has.
pub fn trained_tensors(config: &ModelConfig, shape: &Shape) -> Vec<(String, u64)> {
    let Some(rank) = shape.rank else { return trained_weights(config, shape) };
    let pair = |module: &str, out: usize, width: usize, dora: bool| {
        let lengths = [rank * width, rank * out, if dora { out } else { 0 }];
        lengths.map(|length| (module.to_owned(), length as u64))
    };
    let block = adapted(config, shape.target_modules).flat_map(|p| pair(p.module(), p.out, p.width, shape.dora));
    let block: Vec<_> = block.collect();
    let mut all: Vec<_> = (0..blocks(config, shape)).flat_map(|_| block.clone()).collect();
    for module in shape.target_modules.iter().filter(|module| OUTSIDE.contains(module)) {
        let dora = shape.dora && *module == HEAD_MODULE;
        all.extend(pair(module, config.vocabulary, config.hidden_size, dora));
    }
    all.retain(|(_, numbers)| *numbers > 0);
    all
}

fn trained_weights(config: &ModelConfig, shape: &Shape) -> Vec<(String, u64)> {
    let trained = |name: &str| match shape.layers {
        None => true,
        Some(layers) => {
            name.starts_with("model.layers.") && layer_of(name).is_some_and(|layer| layers.contains(&layer))
        }
    };
    let numbers = |shape: &[usize]| shape.iter().map(|&size| size as u64).product();
    shapes(config).into_iter().filter(|(name, _)| trained(name)).map(|(name, shape)| (name, numbers(&shape))).collect()
}

/// How many blocks are trained.
fn blocks(config: &ModelConfig, shape: &Shape) -> usize {
    shape.layers.map_or(config.layers.len(), <[usize]>::len)
}

fn adapted(config: &ModelConfig, modules: &[&str]) -> impl Iterator<Item = Projection> {
    projections(config).into_iter().filter(|projection| modules.contains(&projection.module()))
}

/// The numbers of one row's scores, as often as the backward of plain attention has them at once: capped and masked
/// scores, probabilities, their gradient, the product of both, and the gradient of the scores.
fn scores(config: &ModelConfig, longest: usize) -> u64 {
    let longest = longest as u64;
    longest.saturating_mul(longest).saturating_mul(6 * config.heads as u64)
}

fn activations(config: &ModelConfig, shape: &Shape) -> u64 {
    let tokens = shape.tokens as u64;
    let (hidden, inner) = (config.hidden_size as u64, config.intermediate_size as u64);
    let heads = config.heads();
    let (q, kv) = (heads.q_width() as u64, heads.kv_width() as u64);
    let low = shape.rank.map_or(0, |rank| rank * adapted(config, shape.target_modules).count()) as u64;
    // DoRA keeps what each module gives before its magnitudes.
    let undirected = if shape.dora { adapted(config, shape.target_modules).map(|p| p.out as u64).sum() } else { 0 };
    // Norms of queries and keys keep what they were given, and so do norms after a part.
    let unnormed = if config.qk_norm.is_some() { q + kv } else { 0 };
    let unnormed = unnormed
        + match config.norm_places {
            NormPlaces::Around | NormPlaces::After => 2 * hidden,
            NormPlaces::Before | NormPlaces::OnceForBoth => 0,
        };
    // middle, q, k, v, o, gate, up, log-sum-exp, the low-rank products
    let block = hidden + 2 * q + 2 * kv + 2 * inner + config.heads as u64 + low + unnormed + undirected;
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
