//! One optimiser step: gradients of its micro-batches, summed; mean over learned tokens; clipping; update.

use std::collections::BTreeMap;

use candle_core::Tensor;
use rayon::prelude::*;
use tunesmith_model::{Gradients, SummedLoss};
use tunesmith_sentence::say;

use crate::batches::MicroBatch;
use crate::learner::Learner;
use crate::optimizer::{Optimizer, Parameter};
use crate::workers::Workers;
use crate::{TrainError, clip, global_norm};

/// The summed loss and gradients of a step's micro-batches.
#[derive(Default)]
pub(crate) struct Sum {
    /// Summed over all micro-batches.
    pub loss: SummedLoss,
    /// Tokens computed.
    pub tokens: u64,
    /// The gradient of the summed loss, by parameter.
    gradients: BTreeMap<String, Vec<f32>>,
}

impl Sum {
    /// Mean over the learned tokens of the whole step: a short answer must not weigh more than a long one.
    pub fn mean_loss(&self) -> f64 {
        self.loss.mean()
    }

    /// Computes micro-batches side by side and adds them in their order, so that the sum is the same for any number of
    /// threads. `after` is called as each is done.
    pub fn add<E: From<TrainError>>(
        &mut self,
        learner: &Learner,
        batches: &[MicroBatch],
        workers: &Workers,
        step: u32,
        mut after: impl FnMut(&MicroBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        for computed in workers.each(batches, |batch| learner.gradients(batch, step), |index| after(&batches[index]))? {
            let (loss, gradients) = computed?;
            workers.on_all_threads(|| self.add_one(loss, &gradients))?;
        }
        self.tokens += batches.iter().map(MicroBatch::tokens).sum::<u64>();
        Ok(())
    }

    /// Adds the loss and the gradients of a micro-batch.
    pub fn add_one(&mut self, loss: SummedLoss, gradients: &Gradients) -> Result<(), TrainError> {
        self.loss += loss;
        self.add_gradients(gradients)
    }

    fn add_gradients(&mut self, gradients: &Gradients) -> Result<(), TrainError> {
        for (name, gradient) in gradients {
            let gradient = values(gradient)?;
            match self.gradients.get_mut(name) {
                Some(sum) => sum.par_iter_mut().zip(&gradient).with_min_len(1 << 15).for_each(|(sum, g)| *sum += g),
                None => drop(self.gradients.insert(name.clone(), gradient)),
            }
        }
        Ok(())
    }

    /// Updates the learner. Returns the gradient's length before clipping, and whether a weight changed.
    pub fn apply(
        &self,
        learner: &mut Learner,
        optimizer: &mut Optimizer,
        update: Update,
    ) -> Result<(f64, bool), TrainError> {
        let learned = self.loss.learned.max(1) as f64;
        let norm = global_norm(&self.gradients) / learned;
        update.refuse_what_is_no_number(self.loss.nats, norm)?;
        let mut parameters = self.parameters(learner)?;
        let mut open: Vec<Parameter> = parameters.iter_mut().map(|parameter| parameter.open(update)).collect();
        optimizer.step(&mut open, clip(norm, update.max_grad_norm) / learned);
        drop(open);
        let mut changed = false;
        for Owned { name, values, shape, .. } in parameters {
            if update.watches && !changed && learner.shows_change(name) {
                changed = has_changed(&self::values(&learner.parameters()[name])?, &values);
            }
            let value = Tensor::from_vec(values, shape, learner.device())?;
            learner.set(name, value)?;
        }
        Ok((norm, changed))
    }

    fn parameters(&self, learner: &Learner) -> Result<Vec<Owned<'_>>, TrainError> {
        let mut tensors = learner.parameters();
        let mut parameters = Vec::with_capacity(tensors.len());
        for (name, gradient) in &self.gradients {
            if let Some(tensor) = tensors.remove(name) {
                parameters.push(Owned { name, values: values(&tensor)?, gradient, shape: tensor.dims().to_vec() });
            }
        }
        Ok(parameters)
    }
}

/// What one update needs beside the gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update {
    pub step: u32,
    pub learning_rate: f64,
    /// How many times faster an adapter's B matrices learn (LoRA+), and its vectors, such as magnitudes and biases.
    pub lora_plus_ratio: f64,
    pub weight_decay: f64,
    pub max_grad_norm: f64,
    /// Look whether it changes a weight, which takes a comparison of each.
    pub watches: bool,
}

impl Update {
    fn refuse_what_is_no_number(self, loss: f64, norm: f64) -> Result<(), TrainError> {
        let reason = match (loss.is_finite(), norm.is_finite()) {
            (false, _) => say!("train-loss-diverged", "the loss is no longer a number"),
            (_, false) => say!("train-gradient-diverged", "the gradient is no longer a number"),
            _ => return Ok(()),
        };
        Err(TrainError::Diverged { step: self.step, reason, checkpoint: None })
    }
}

/// A parameter's values taken out of its tensor.
struct Owned<'a> {
    name: &'a str,
    values: Vec<f32>,
    gradient: &'a [f32],
    shape: Vec<usize>,
}

impl Owned<'_> {
    fn open(&mut self, update: Update) -> Parameter<'_> {
        // Norms and biases are not decayed, as in transformers' Trainer (get_decay_parameter_names); DoRA's magnitudes are.
        let decays = self.shape.len() > 1 || self.name.ends_with("lora_magnitude_vector");
        let weight_decay = if decays { update.weight_decay } else { 0.0 };
        // “LoRA+” (Hayou, Ghosh & Yu 2024, arXiv 2402.12354), grouped as PEFT's create_loraplus_optimizer does.
        let is_b = self.name.contains("lora_B") || self.shape.len() == 1;
        let ratio = if is_b { update.lora_plus_ratio } else { 1.0 };
        let learning_rate = update.learning_rate * ratio;
        Parameter { name: self.name, values: &mut self.values, gradient: self.gradient, learning_rate, weight_decay }
    }
}

/// Whether a step was more than nothing: by it a million million steps would change the largest of the numbers.
fn has_changed(before: &[f32], after: &[f32]) -> bool {
    const LEAST: f32 = 1e-12;
    let largest = after.par_iter().copied().map(f32::abs).reduce(|| 0.0, f32::max);
    before.par_iter().zip(after).any(|(before, after)| (after - before).abs() > largest * LEAST)
}

fn values(tensor: &Tensor) -> Result<Vec<f32>, TrainError> {
    Ok(tensor.flatten_all()?.to_vec1::<f32>()?)
}
