//! The gradients of a decoder: forward through all blocks, the loss, and back, with what each step keeps in view.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::{Adapter, Rows, cross_entropy, embedding, linear};

use crate::block::{Pass, Saved};
use crate::decoder::Targets;
use crate::weights::EMBEDDING;
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

/// Which gradients a pass collects, and those that it has.
pub(crate) struct Collect {
    pub(crate) wanted: linear::Wanted,
    pub(crate) gradients: Gradients,
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

        let mut x = self.embed(sequences.ids)?; // (tokens, hidden)
        let mut kept: Vec<(Tensor, Option<Saved>)> = Vec::with_capacity(blocks.len());
        for block in &blocks {
            let (next, saved) = block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?;
            kept.push((std::mem::replace(&mut x, next), (!recompute).then_some(saved)));
        }

        let of_linear = match wanted {
            Wanted::Adapter => linear::Wanted::Lora,
            Wanted::Weights => linear::Wanted::Weight,
        };
        let mut collect = Collect { wanted: of_linear, gradients: Gradients::new() };
        let (nats, mut grad) = self.head_gradients(x, &targets, &mut collect)?;
        for (block, (x, saved)) in blocks.iter().zip(kept).rev() {
            let saved = match saved {
                Some(saved) => saved,
                None => block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?.1,
            };
            grad = block.backward(&saved, &x, grad, &pass, &mut collect)?;
        }
        if wanted == Wanted::Weights {
            self.embedding_gradient(sequences.ids, grad, &mut collect.gradients)?;
        }
        Ok((SummedLoss { nats, learned: targets.ids.len() as u64 }, collect.gradients))
    }

    /// The loss, and the gradient of the residual stream after the last block.
    fn head_gradients(&self, x: Tensor, targets: &Targets, collect: &mut Collect) -> Result<(f64, Tensor), ModelError> {
        let learned = cross_entropy::select(&x, &targets.places)?; // (learned, hidden)
        let norm = self.final_norm()?;
        let (h, saved) = norm.forward(&learned)?;
        let all = collect.wanted == linear::Wanted::Weight;
        let (nats, own) = cross_entropy::loss_and_gradients(&h, self.head()?, &targets.ids, all)?;
        if let Some(weight) = own.weight {
            collect.gradients.insert(self.head_name().to_string(), weight);
        }
        let grad = norm.backward(&saved, &learned, &own.x, None, collect)?;
        Ok((nats, cross_entropy::select_backward(&grad, &targets.places, x.dim(0)?)?))
    }

    fn embedding_gradient(&self, ids: &[u32], grad: Tensor, gradients: &mut Gradients) -> Result<(), ModelError> {
        let grad = self.scale_embedded(grad)?;
        // A tied head has left its share there.
        let total = match gradients.remove(EMBEDDING) {
            Some(total) => total,
            None => self.embedding()?.dense()?.zeros_like()?,
        };
        gradients.insert(EMBEDDING.to_string(), embedding::backward(ids, &grad, total)?);
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
