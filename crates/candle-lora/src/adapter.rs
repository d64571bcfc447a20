//! A low-rank adapter: which modules have one, the small matrices of each, and what was trained beside them. Reading and
//! writing PEFT files is left to `peft`, what a pair computes to `ops`, and what is trained beside pairs to `beside`.

use std::collections::BTreeMap;

use candle_core::{D, Tensor};

use crate::beside::{TOKENS, token_name};
use crate::{BiasChoice, LoraError};

/// The shape of an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    /// The inner width of every pair.
    pub rank: usize,
    /// The adapter's output is scaled by alpha / rank, or alpha / √rank with `rslora`.
    pub alpha: f64,
    /// The last part of the names of the modules that get a pair, such as `q_proj`.
    pub target_modules: Vec<String>,
    /// Blocks whose modules get one; none is all of them.
    pub layers: Option<Vec<usize>>,
    /// Scaled by alpha / √rank, so that a large rank learns as fast as a small one (Kalajdzievski 2023).
    pub rslora: bool,
    /// Each module has a magnitude per output beside its pair (DoRA, Liu et al. 2024).
    pub dora: bool,
    /// The share of its inputs that a pair does not see in training.
    pub dropout: f64,
    /// Modules of another rank, by their whole names (PEFT's `rank_pattern`).
    pub ranks: BTreeMap<String, usize>,
    /// Modules of another alpha, by their whole names (PEFT's `alpha_pattern`).
    pub alphas: BTreeMap<String, f64>,
    /// Modules that are trained whole, by the end of their names (PEFT's `modules_to_save`).
    pub modules_to_save: Vec<String>,
    /// Which biases of the model are trained.
    pub bias: BiasChoice,
    /// Tokens whose vectors are trained, by the whole name of their table (PEFT's `trainable_token_indices`).
    pub token_ids: BTreeMap<String, Vec<u32>>,
}

impl Default for LoraConfig {
    /// PEFT's defaults.
    fn default() -> Self {
        Self {
            rank: 8,
            alpha: 8.0,
            target_modules: vec![],
            layers: None,
            rslora: false,
            dora: false,
            dropout: 0.0,
            ranks: BTreeMap::new(),
            alphas: BTreeMap::new(),
            modules_to_save: vec![],
            bias: BiasChoice::None,
            token_ids: BTreeMap::new(),
        }
    }
}

impl LoraConfig {
    /// What the low-rank product of a module is multiplied with, unless it has a rank or an alpha of its own.
    pub fn scale(&self) -> f64 {
        self.scale_by(self.rank, self.alpha)
    }

    /// What the low-rank product of this module is multiplied with.
    pub fn scale_of(&self, module: &str) -> f64 {
        self.scale_by(self.rank_of(module), self.alphas.get(module).copied().unwrap_or(self.alpha))
    }

    /// The inner width of the pair of this module.
    pub fn rank_of(&self, module: &str) -> usize {
        self.ranks.get(module).copied().unwrap_or(self.rank)
    }

    fn scale_by(&self, rank: usize, alpha: f64) -> f64 {
        let rank = rank.max(1) as f64;
        alpha / if self.rslora { rank.sqrt() } else { rank }
    }
}

/// The kind of module that a pair belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// A linear map with a weight of shape (out, in).
    Linear,
    /// A table of vectors, (in, out), of which tokens pick rows.
    Embedding,
}

/// The matrices of one adapted module: y = x Wᵀ + scale · x Aᵀ Bᵀ, and with a magnitude
/// y = magnitude / ‖W + scale · B A‖ ⊙ that, where ‖ ‖ is the length of each row.
#[derive(Debug, Clone)]
pub struct LoraPair {
    /// (rank, in), f32.
    pub a: Tensor,
    /// (out, rank), f32.
    pub b: Tensor,
    /// (out), f32: DoRA's magnitudes.
    pub magnitude: Option<Tensor>,
    /// The kind of its module.
    pub kind: ModuleKind,
}

/// A low-rank adapter for a model. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// Its shape.
    pub config: LoraConfig,
    /// The pairs by the module's name, such as `model.layers.0.self_attn.q_proj`.
    pub pairs: BTreeMap<String, LoraPair>,
    /// Weights in the place of the model's own, f32, by their names there, such as `lm_head.weight`.
    pub weights: BTreeMap<String, Tensor>,
    /// The vectors of the config's `token_ids`, (ids, width), f32, by the name of their table.
    pub tokens: BTreeMap<String, Tensor>,
}

impl Adapter {
    /// An adapter that changes nothing.
    pub fn none() -> Self {
        let (config, pairs) = (LoraConfig::default(), BTreeMap::new());
        Self { config, pairs, weights: BTreeMap::new(), tokens: BTreeMap::new() }
    }

    /// All tensors that are trained, by PEFT's names without the `base_model.model.` in front; whole weights have the model's.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        let named = self.pairs.iter().flat_map(|(module, pair)| {
            let [a, b, magnitude] = pair.kind.names();
            let tensors = [(a, Some(&pair.a)), (b, Some(&pair.b)), (magnitude, pair.magnitude.as_ref())];
            tensors.into_iter().filter_map(move |(name, tensor)| Some((format!("{module}.{name}"), tensor?.clone())))
        });
        let weights = self.weights.iter().filter(|(name, _)| self.trains(name));
        let weights = weights.map(|(name, tensor)| (name.clone(), tensor.clone()));
        let tokens = self.tokens.iter().map(|(module, tensor)| (token_name(module), tensor.clone()));
        named.chain(weights).chain(tokens).collect()
    }

    /// The memory that its numbers take.
    pub fn size_bytes(&self) -> u64 {
        let frozen = self.weights.iter().filter(|(name, _)| !self.trains(name)).map(|(_, tensor)| tensor.clone());
        let tensors = self.parameters().into_values().chain(frozen);
        tensors.map(|tensor| (tensor.elem_count() * tensor.dtype().size_in_bytes()) as u64).sum()
    }

    /// Replaces the tensor of this name (as in `parameters`) by one of the same shape.
    ///
    /// # Errors
    /// When the adapter has no such tensor, or it has another shape.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<(), LoraError> {
        let place = self.place(name).ok_or_else(|| LoraError::UnknownTensor(name.to_string()))?;
        if place.dims() != value.dims() {
            let (found, expected) = (value.dims().to_vec(), place.dims().to_vec());
            return Err(LoraError::Shape { name: name.to_string(), found, expected });
        }
        *place = value;
        Ok(())
    }

    fn place(&mut self, name: &str) -> Option<&mut Tensor> {
        if let Some(module) = name.strip_suffix(TOKENS).and_then(|module| module.strip_suffix('.')) {
            return self.tokens.get_mut(module);
        }
        let Some((module, _, tensor)) = split(name) else { return self.weights.get_mut(name) };
        let pair = self.pairs.get_mut(module)?;
        let [a, b, magnitude] = pair.kind.names();
        match tensor {
            tensor if tensor == a => Some(&mut pair.a),
            tensor if tensor == b => Some(&mut pair.b),
            tensor if tensor == magnitude => pair.magnitude.as_mut(),
            _ => None,
        }
    }
}

/// The three tensors of a module, in the order of `ModuleKind::names`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairTensor {
    A,
    B,
    Magnitude,
}

impl ModuleKind {
    /// What PEFT calls A, B and the magnitudes of such a module.
    pub fn names(self) -> [&'static str; 3] {
        match self {
            Self::Linear => ["lora_A.weight", "lora_B.weight", "lora_magnitude_vector"],
            Self::Embedding => ["lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector"],
        }
    }
}

/// The module, the tensor and its name within the module, of the name of an adapter's tensor.
pub(crate) fn split(name: &str) -> Option<(&str, PairTensor, &str)> {
    [ModuleKind::Linear, ModuleKind::Embedding].into_iter().find_map(|kind| {
        let tensors = kind.names().into_iter().zip([PairTensor::A, PairTensor::B, PairTensor::Magnitude]);
        let mut found =
            tensors.filter_map(|(end, tensor)| Some((name.strip_suffix(end)?.strip_suffix('.')?, tensor, end)));
        found.next()
    })
}

impl LoraPair {
    /// A pair beside a linear map, without magnitudes.
    pub fn new(a: Tensor, b: Tensor) -> Self {
        Self { a, b, magnitude: None, kind: ModuleKind::Linear }
    }

    /// The module's width in and out.
    ///
    /// # Errors
    /// When A or B is no matrix.
    pub fn widths(&self) -> Result<(usize, usize), LoraError> {
        Ok((self.a.dim(D::Minus1)?, self.b.dim(0)?))
    }
}
