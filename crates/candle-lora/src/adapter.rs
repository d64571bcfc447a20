//! A low-rank adapter: which modules have one, and the two small matrices of each. Reading and writing PEFT files is
//! left to `peft`.

use std::collections::BTreeMap;

use candle_core::{D, Tensor};

use crate::LoraError;

/// The shape of an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    /// The inner width of every pair.
    pub rank: usize,
    /// The adapter's output is scaled by alpha / rank.
    pub alpha: f64,
    /// The last part of the names of the modules that get a pair, such as `q_proj`.
    pub target_modules: Vec<String>,
}

impl LoraConfig {
    /// What the low-rank product is multiplied with: alpha / rank.
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank.max(1) as f64
    }
}

/// The two matrices of one adapted module: y = x Wᵀ + scale · x Aᵀ Bᵀ.
#[derive(Debug, Clone)]
pub struct LoraPair {
    /// (rank, in), f32.
    pub a: Tensor,
    /// (out, rank), f32.
    pub b: Tensor,
}

/// A low-rank adapter for a model. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// Its shape.
    pub config: LoraConfig,
    /// The pairs by the module's name, such as `model.layers.0.self_attn.q_proj`.
    pub pairs: BTreeMap<String, LoraPair>,
}

impl Adapter {
    /// An adapter that changes nothing.
    pub fn none() -> Self {
        let config = LoraConfig { rank: 1, alpha: 1.0, target_modules: vec![] };
        Self { config, pairs: BTreeMap::new() }
    }

    /// All tensors, by PEFT's names without the `base_model.model.` in front.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        let mut tensors = BTreeMap::new();
        for (module, pair) in &self.pairs {
            tensors.insert(format!("{module}.lora_A.weight"), pair.a.clone());
            tensors.insert(format!("{module}.lora_B.weight"), pair.b.clone());
        }
        tensors
    }

    /// Replaces the tensor of this name (as in `parameters`) by one of the same shape.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<(), LoraError> {
        let unknown = || LoraError::UnknownTensor(name.to_string());
        let (module, side) = name.strip_suffix(".weight").and_then(|name| name.rsplit_once('.')).ok_or_else(unknown)?;
        let pair = self.pairs.get_mut(module).ok_or_else(unknown)?;
        let place = match side {
            "lora_A" => &mut pair.a,
            "lora_B" => &mut pair.b,
            _ => return Err(unknown()),
        };
        if place.dims() != value.dims() {
            let (found, expected) = (value.dims().to_vec(), place.dims().to_vec());
            return Err(LoraError::Shape { name: name.to_string(), found, expected });
        }
        *place = value;
        Ok(())
    }
}

impl LoraPair {
    /// What the pair adds to its module's weight: scale · B A, (out, in).
    pub fn delta(&self, scale: f64) -> Result<Tensor, LoraError> {
        Ok((self.b.matmul(&self.a)? * scale)?)
    }

    /// The module's width in and out.
    pub fn widths(&self) -> Result<(usize, usize), LoraError> {
        Ok((self.a.dim(D::Minus1)?, self.b.dim(0)?))
    }
}
