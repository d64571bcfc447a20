//! The decoder: tokens in, logits and losses out. Gradients are left to `gradients`, what a block computes to `block`,
//! where weights come from to `load` and `init`, and text to `generate`.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_lora::cross_entropy::Head;
use candle_lora::rope::Angles;
use candle_lora::{Adapter, FrozenWeight, Linear, Rows, cross_entropy, embedding};

use crate::block::{Block, Pass};
use crate::cache::Cache;
use crate::fitted::Fitted;
use crate::norm::Norm;
use crate::weights::{EMBEDDING, EMBEDDING_MODULE, FINAL_NORM, HEAD, HEAD_MODULE, Weights, get, replace};
use crate::{ModelConfig, ModelError};

/// A model's weights, ready to compute. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(crate) config: ModelConfig,
    pub(crate) weights: Weights,
    pub(crate) device: Device,
}

/// Rows of tokens, one after another, without padding.
#[derive(Debug, Clone, Copy)]
pub struct Sequences<'a> {
    /// All tokens.
    pub ids: &'a [u32],
    /// learn[i]: token i is predicted from what comes before it and counts in the loss.
    pub learn: &'a [bool],
    /// The length of each row, in tokens.
    pub lengths: &'a [usize],
}

/// A loss before it is averaged, so that batches can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SummedLoss {
    /// The summed negative log-likelihood.
    pub nats: f64,
    /// How many tokens it is summed over.
    pub learned: u64,
}

impl Decoder {
    /// What the model is made of.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The logits after each token, (tokens, vocabulary).
    pub fn logits(&self, adapter: &Adapter, ids: &[u32]) -> Result<Tensor, ModelError> {
        let rows = Rows::of_lengths(&[ids.len()]);
        let adapter = self.fit(adapter)?;
        let x = self.forward(&adapter, ids, &rows, None)?;
        Ok(cross_entropy::logits(&self.final_norm()?.forward(&x)?.0, self.head(&adapter)?)?)
    }

    /// The logits after the last token, (1, vocabulary), where `cache` holds what came before.
    pub(crate) fn next_logits(&self, adapter: &Fitted, ids: &[u32], cache: &mut Cache) -> Result<Tensor, ModelError> {
        let rows = Rows::continued(cache.length(), ids.len());
        on_pool(|| {
            let x = self.forward(adapter, ids, &rows, Some(cache))?;
            let last = x.narrow(0, ids.len() - 1, 1)?;
            Ok(cross_entropy::logits(&self.final_norm()?.forward(&last)?.0, self.head(adapter)?)?)
        })
    }

    /// The summed loss over learned tokens, without gradients.
    pub fn loss(&self, adapter: &Adapter, sequences: &Sequences) -> Result<SummedLoss, ModelError> {
        self.check(sequences)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok(SummedLoss::default());
        }
        let adapter = self.fit(adapter)?;
        let x = self.forward(&adapter, sequences.ids, &Rows::of_lengths(sequences.lengths), None)?;
        let (h, _) = self.final_norm()?.forward(&cross_entropy::select(&x, &targets.places)?)?;
        let nats = cross_entropy::loss(&h, self.head(&adapter)?, &targets.ids)?;
        Ok(SummedLoss { nats, learned: targets.ids.len() as u64 })
    }

    /// All weights by their names in the checkpoint, without those that are held in fewer bits: these are never trained.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        let dense = |(name, weight): (&String, &FrozenWeight)| match weight {
            FrozenWeight::Dense(weight) => Some((name.clone(), weight.clone())),
            FrozenWeight::Half(_) | FrozenWeight::Blocks(_) => None,
        };
        self.weights.iter().filter_map(dense).collect()
    }

    /// Replaces a weight by one of the same shape.
    pub fn set_parameter(&mut self, name: &str, value: Tensor) -> Result<(), ModelError> {
        replace(&mut self.weights, name, value)
    }

    /// The model with the adapter folded into its weights.
    pub fn merged(&self, adapter: &Adapter) -> Result<Self, ModelError> {
        let mut merged = self.clone();
        self.check_adapter(adapter)?;
        if self.config.tie_word_embeddings
            && [EMBEDDING_MODULE, HEAD_MODULE].iter().any(|m| adapter.pairs.contains_key(*m))
        {
            merged.untie()?;
        }
        for (module, pair) in &adapter.pairs {
            let weight = pair.merged(get(&self.weights, &self.config.weight_of(module))?, adapter.config.scale())?;
            let name = merged.config.weight_of(module);
            replace(&mut merged.weights, &name, weight)?;
        }
        Ok(merged)
    }

    /// Gives the head a weight of its own, the same as the embedding: a pair stands beside one of the two only.
    fn untie(&mut self) -> Result<(), ModelError> {
        let table = self.embedding()?.clone();
        self.weights.insert(HEAD.into(), table);
        self.config.tie_word_embeddings = false;
        self.config.source["tie_word_embeddings"] = false.into();
        Ok(())
    }

    /// The residual stream after the last block, (tokens, hidden).
    fn forward(
        &self,
        adapter: &Fitted,
        ids: &[u32],
        rows: &Rows,
        mut cache: Option<&mut Cache>,
    ) -> Result<Tensor, ModelError> {
        self.check_ids(ids)?;
        let angles = self.angles(rows)?;
        let pass = Pass { rows, angles: &angles, noise: None };
        let mut x = self.scale_embedded(self.embed(adapter, ids)?)?; // (tokens, hidden)
        for (layer, block) in self.blocks(adapter)?.iter().enumerate() {
            let mut keep = |k, v| match &mut cache {
                Some(cache) => cache.extend(layer, k, v),
                None => Ok((k, v)),
            };
            x = block.forward(&x, &pass, &mut keep)?.0;
        }
        Ok(x)
    }

    pub(crate) fn blocks<'a>(&'a self, adapter: &'a Fitted<'a>) -> Result<Vec<Block<'a>>, ModelError> {
        (0..self.config.layers.len()).map(|layer| Block::new(&self.config, &self.weights, adapter, layer)).collect()
    }

    /// The angles of each of the config's ropes.
    pub(crate) fn angles(&self, rows: &Rows) -> Result<Vec<Angles>, ModelError> {
        let dtype = self.dtype()?;
        let ropes = self.config.ropes.iter();
        Ok(ropes.map(|rope| Angles::new(rows, rope, dtype, &self.device)).collect::<Result<_, _>>()?)
    }

    fn dtype(&self) -> Result<DType, ModelError> {
        Ok(self.embedding()?.dtype())
    }

    pub(crate) fn final_norm(&self) -> Result<Norm, ModelError> {
        Norm::new(&self.config, &self.weights, FINAL_NORM.into())
    }

    /// The vectors of tokens before the family's scale, (tokens, hidden).
    pub(crate) fn embed(&self, adapter: &Fitted, ids: &[u32]) -> Result<Tensor, ModelError> {
        Ok(embedding::forward(self.embedding()?, adapter.lora(EMBEDDING_MODULE), ids)?)
    }

    /// What was embedded, or its gradient, times the family's scale.
    pub(crate) fn scale_embedded(&self, x: Tensor) -> Result<Tensor, ModelError> {
        Ok(if self.config.embedding_scale == 1.0 { x } else { (x * self.config.embedding_scale)? })
    }

    pub(crate) fn embedding(&self) -> Result<&FrozenWeight, ModelError> {
        get(&self.weights, EMBEDDING)
    }

    pub(crate) fn head<'a>(&'a self, adapter: &'a Fitted) -> Result<Head<'a>, ModelError> {
        let weight = get(&self.weights, self.head_name())?;
        let map = Linear { weight, bias: None, lora: adapter.lora(HEAD_MODULE) };
        Ok(Head { map, scale: self.config.logit_scale, soft_cap: self.config.logit_soft_cap })
    }

    pub(crate) fn head_name(&self) -> &'static str {
        if self.config.tie_word_embeddings { EMBEDDING } else { HEAD }
    }

    pub(crate) fn check(&self, sequences: &Sequences) -> Result<(), ModelError> {
        let tokens = sequences.ids.len();
        let sum: usize = sequences.lengths.iter().sum();
        if sequences.learn.len() != tokens || sum != tokens || sequences.lengths.contains(&0) {
            let learn = sequences.learn.len();
            return Err(ModelError::Input(format!(
                "{tokens} tokens, {learn} marks and rows of {sum} tokens do not fit"
            )));
        }
        self.check_ids(sequences.ids)
    }

    fn check_ids(&self, ids: &[u32]) -> Result<(), ModelError> {
        let vocabulary = self.config.vocabulary;
        match ids.iter().find(|&&id| id as usize >= vocabulary) {
            Some(id) => Err(ModelError::Input(format!(
                "token {id} is not in the model's vocabulary of {vocabulary}: the tokenizer belongs to another model"
            ))),
            None if ids.is_empty() => Err(ModelError::Input("there are no tokens".into())),
            None => Ok(()),
        }
    }
}

/// Runs a small pass on a thread of the current pool, so that its many tiny operations start there and not each anew.
fn on_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::join(work, || ()).0
}

/// The learned tokens, and the places of the tokens before them.
pub(crate) struct Targets {
    pub(crate) ids: Vec<u32>,
    pub(crate) places: Vec<u32>,
}

impl Targets {
    /// The first token of a row has nothing before it, so it is never learned.
    pub(crate) fn of(sequences: &Sequences) -> Self {
        let (mut ids, mut places, mut start) = (Vec::new(), Vec::new(), 0);
        for length in sequences.lengths {
            for token in start + 1..start + length {
                if sequences.learn[token] {
                    ids.push(sequences.ids[token]);
                    places.push(token as u32 - 1);
                }
            }
            start += length;
        }
        Self { ids, places }
    }
}
