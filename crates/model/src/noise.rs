//! What is random in a training step: dropout before the adapter, and noise on the embeddings (NEFTune, Jain et al.
//! 2023). All of it is a function of the run's seed, the step and the token's index in the step, so threads, the cut into
//! micro-batches, recomputation and resuming change nothing.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::random::{Key, Random};

/// The noise of one micro-batch of a training step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The run's seed.
    pub seed: u64,
    /// The optimiser step, from 1.
    pub step: u64,
    /// How many tokens of the step come before this micro-batch.
    pub first_token: u64,
    /// The noise on the embeddings is at most alpha / √(tokens of the row · width); 0 switches it off. The same as
    ///  transformers' `neftune_noise_alpha`.
    pub neftune_alpha: f64,
}

impl Noise {
    /// The dropout mask of a module's inputs, (tokens, width): 0 for those that are dropped, 1 / (1 − share) for the
    /// others, as torch's Dropout. `name` is the whole name of the module.
    pub(crate) fn mask(
        &self,
        name: &str,
        share: f64,
        (tokens, width): (usize, usize),
        device: &Device,
    ) -> Result<Tensor, ModelError> {
        let mut parts = name.split('.').rev();
        let module = parts.next().unwrap_or(name);
        let layer = parts.find_map(|part| part.parse().ok()).unwrap_or(0);
        let purpose = format!("dropout {module}");
        let key = Key { seed: self.seed, purpose: &purpose, step: self.step, layer };
        let mut words = Random::keyed(key).at_word(self.first_token * width as u64);
        let (hidden, kept) = ((share * 2_f64.powi(32)) as u64, (1.0 / (1.0 - share)) as f32);
        let numbers = (0..tokens * width).map(|_| if u64::from(words.word()) < hidden { 0.0 } else { kept }).collect();
        Ok(Tensor::from_vec(numbers, (tokens, width), device)?)
    }

    /// What is added to the embeddings of rows of these lengths, (tokens, width); none when it is off.
    pub(crate) fn on_embeddings(
        &self,
        lengths: &[usize],
        width: usize,
        device: &Device,
    ) -> Result<Option<Tensor>, ModelError> {
        if self.neftune_alpha == 0.0 {
            return Ok(None);
        }
        let key = Key { seed: self.seed, purpose: "neftune", step: self.step, layer: 0 };
        let mut random = Random::keyed(key).at(self.first_token * width as u64);
        let mut numbers = Vec::with_capacity(lengths.iter().sum::<usize>() * width);
        for length in lengths {
            let bound = self.neftune_alpha / ((length * width) as f64).sqrt();
            numbers.extend(random.spread(length * width, bound));
        }
        let tokens = numbers.len() / width.max(1);
        Ok(Some(Tensor::from_vec(numbers, (tokens, width), device)?))
    }
}
