//! The gradients of a decoder: forward through all blocks, the loss, and back, with what each step keeps in view.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::{Adapter, Rows, cross_entropy, embedding, linear, rms_norm};

use crate::block::{Pass, Saved};
use crate::decoder::Targets;
use crate::weights::{EMBEDDING, FINAL_NORM, get};
use crate::{Decoder, ModelError, Sequences, SummedLoss};

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

impl Decoder {
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
        self.check_adapter(adapter)?;
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
}
