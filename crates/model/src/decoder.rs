//! The decoder: tokens in, logits, losses and gradients out. What a block computes is left to `block`, where weights
//! come from to `load` and `init`, and text to `generate`.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_lora::rope::Angles;
use candle_lora::{Adapter, FrozenWeight, Rows, cross_entropy, embedding, linear, rms_norm};

use crate::block::{Block, Pass, Saved};
use crate::cache::Cache;
use crate::weights::{EMBEDDING, FINAL_NORM, HEAD, Weights, get, replace};
use crate::{ModelConfig, ModelError};

/// A model's weights, ready to compute. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(crate) config: ModelConfig,
    pub(crate) weights: Weights,
    pub(crate) device: Device,
}

/// Gradients by the name of what they belong to, as in `Adapter::parameters` or `Decoder::parameters`.
pub type Gradients = BTreeMap<String, Tensor>;

/// What gets a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The adapter; the model's weights are frozen.
    Adapter,
    /// Every weight of the model.
    Weights,
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
        let x = self.forward(adapter, ids, &rows, None)?;
        Ok(cross_entropy::logits(&self.final_norm(&x)?.0, self.head()?)?)
    }

    /// The logits after the last token, (1, vocabulary), where `cache` holds what came before.
    pub(crate) fn next_logits(&self, adapter: &Adapter, ids: &[u32], cache: &mut Cache) -> Result<Tensor, ModelError> {
        let rows = Rows::continued(cache.length(), ids.len());
        let x = self.forward(adapter, ids, &rows, Some(cache))?;
        let last = x.narrow(0, ids.len() - 1, 1)?;
        Ok(cross_entropy::logits(&self.final_norm(&last)?.0, self.head()?)?)
    }

    /// The summed loss over learned tokens, without gradients.
    pub fn loss(&self, adapter: &Adapter, sequences: &Sequences) -> Result<SummedLoss, ModelError> {
        self.check(sequences)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok(SummedLoss::default());
        }
        let x = self.forward(adapter, sequences.ids, &Rows::of_lengths(sequences.lengths), None)?;
        let (h, _) = self.final_norm(&cross_entropy::select(&x, &targets.places)?)?;
        let nats = cross_entropy::loss(&h, self.head()?, &targets.ids)?;
        Ok(SummedLoss { nats, learned: targets.ids.len() as u64 })
    }

    /// The loss and the gradients of its sum (the caller divides both by the learned tokens of its whole step). With
    /// `recompute` each block is computed twice and only its input is kept.
    pub fn gradients(
        &self,
        adapter: &Adapter,
        sequences: &Sequences,
        wanted: Wanted,
        recompute: bool,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        self.check(sequences)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok((SummedLoss::default(), self.zero_gradients(adapter, wanted)?));
        }
        let rows = Rows::of_lengths(sequences.lengths);
        let angles = self.angles(&rows)?;
        let pass = Pass { rows: &rows, angles: &angles };
        let blocks = self.blocks(adapter)?;

        let mut x = embedding::forward(self.embedding()?, sequences.ids)?; // (tokens, hidden)
        let mut kept: Vec<(Tensor, Option<Saved>)> = Vec::with_capacity(blocks.len());
        for block in &blocks {
            let (next, saved) = block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?;
            kept.push((std::mem::replace(&mut x, next), (!recompute).then_some(saved)));
        }

        let mut gradients = Gradients::new();
        let (nats, mut grad) = self.head_gradients(x, &targets, wanted, &mut gradients)?;
        let of_linear = match wanted {
            Wanted::Adapter => linear::Wanted::Lora,
            Wanted::Weights => linear::Wanted::Weight,
        };
        for (block, (x, saved)) in blocks.iter().zip(kept).rev() {
            let saved = match saved {
                Some(saved) => saved,
                None => block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?.1,
            };
            grad = block.backward(&saved, &x, grad, &pass, of_linear, &mut gradients)?;
        }
        if wanted == Wanted::Weights {
            self.embedding_gradient(sequences.ids, &grad, &mut gradients)?;
        }
        Ok((SummedLoss { nats, learned: targets.ids.len() as u64 }, gradients))
    }

    /// All weights by their names in the checkpoint.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        self.weights.iter().map(|(name, weight)| (name.clone(), weight.dense().clone())).collect()
    }

    /// Replaces a weight by one of the same shape.
    pub fn set_parameter(&mut self, name: &str, value: Tensor) -> Result<(), ModelError> {
        replace(&mut self.weights, name, value)
    }

    /// The model with the adapter folded into its weights.
    pub fn merged(&self, adapter: &Adapter) -> Result<Self, ModelError> {
        let mut merged = self.clone();
        for (module, pair) in &adapter.pairs {
            let name = format!("{module}.weight");
            let weight = get(&self.weights, &name)?.dense();
            let delta = pair.delta(adapter.config.scale())?;
            if delta.dims() != weight.dims() {
                let reason = format!("the adapter's {module} has shape {:?}", delta.dims());
                return Err(ModelError::Input(format!("{reason}, the model's {:?}", weight.dims())));
            }
            replace(&mut merged.weights, &name, (weight + delta)?)?;
        }
        Ok(merged)
    }

    /// The residual stream after the last block, (tokens, hidden).
    fn forward(
        &self,
        adapter: &Adapter,
        ids: &[u32],
        rows: &Rows,
        mut cache: Option<&mut Cache>,
    ) -> Result<Tensor, ModelError> {
        self.check_ids(ids)?;
        let angles = self.angles(rows)?;
        let pass = Pass { rows, angles: &angles };
        let mut x = embedding::forward(self.embedding()?, ids)?; // (tokens, hidden)
        for (layer, block) in self.blocks(adapter)?.iter().enumerate() {
            let mut keep = |k, v| match &mut cache {
                Some(cache) => cache.extend(layer, k, v),
                None => Ok((k, v)),
            };
            x = block.forward(&x, &pass, &mut keep)?.0;
        }
        Ok(x)
    }

    /// The loss, and the gradient of the residual stream after the last block.
    fn head_gradients(
        &self,
        x: Tensor,
        targets: &Targets,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<(f64, Tensor), ModelError> {
        let learned = cross_entropy::select(&x, &targets.places)?; // (learned, hidden)
        let (h, norm) = self.final_norm(&learned)?;
        let all = wanted == Wanted::Weights;
        let (nats, own) = cross_entropy::loss_and_gradients(&h, self.head()?, &targets.ids, all)?;
        if let Some(weight) = own.weight {
            gradients.insert(self.head_name().to_string(), weight);
            gradients.insert(FINAL_NORM.to_string(), rms_norm::weight_backward(&norm, &learned, &own.x)?);
        }
        let nothing = learned.zeros_like()?;
        let grad = rms_norm::backward(&norm, &learned, get(&self.weights, FINAL_NORM)?, &own.x, nothing)?;
        Ok((nats, cross_entropy::select_backward(&grad, &targets.places, x.dim(0)?)?))
    }

    fn embedding_gradient(&self, ids: &[u32], grad: &Tensor, gradients: &mut Gradients) -> Result<(), ModelError> {
        // A tied head has left its share there.
        let total = match gradients.remove(EMBEDDING) {
            Some(total) => total,
            None => self.embedding()?.dense().zeros_like()?,
        };
        gradients.insert(EMBEDDING.to_string(), embedding::backward(ids, grad, total)?);
        Ok(())
    }

    fn zero_gradients(&self, adapter: &Adapter, wanted: Wanted) -> Result<Gradients, ModelError> {
        let parameters = match wanted {
            Wanted::Adapter => adapter.parameters(),
            Wanted::Weights => self.parameters(),
        };
        parameters.into_iter().map(|(name, tensor)| Ok((name, tensor.zeros_like()?))).collect()
    }

    fn blocks<'a>(&'a self, adapter: &'a Adapter) -> Result<Vec<Block<'a>>, ModelError> {
        (0..self.config.layers).map(|layer| Block::new(&self.config, &self.weights, adapter, layer)).collect()
    }

    fn angles(&self, rows: &Rows) -> Result<Angles, ModelError> {
        Ok(Angles::new(&rows.positions(), &self.config.frequencies.0, self.dtype()?, &self.device)?)
    }

    fn dtype(&self) -> Result<DType, ModelError> {
        Ok(self.embedding()?.dense().dtype())
    }

    fn final_norm(&self, x: &Tensor) -> Result<(Tensor, rms_norm::Saved), ModelError> {
        Ok(rms_norm::forward(x, get(&self.weights, FINAL_NORM)?, self.config.norm_epsilon)?)
    }

    fn embedding(&self) -> Result<&FrozenWeight, ModelError> {
        get(&self.weights, EMBEDDING)
    }

    fn head(&self) -> Result<&FrozenWeight, ModelError> {
        get(&self.weights, self.head_name())
    }

    fn head_name(&self) -> &'static str {
        if self.config.tie_word_embeddings { EMBEDDING } else { HEAD }
    }

    fn check(&self, sequences: &Sequences) -> Result<(), ModelError> {
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

/// The learned tokens, and the places of the tokens before them.
struct Targets {
    ids: Vec<u32>,
    places: Vec<u32>,
}

impl Targets {
    /// The first token of a row has nothing before it, so it is never learned.
    fn of(sequences: &Sequences) -> Self {
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
