//! The gradients of a decoder: forward through all blocks, the loss, and back, with what each step keeps in view.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::cross_entropy::Head;
use candle_lora::{Adapter, Beside, Lora, Rows, cross_entropy, embedding, linear, sum};

use crate::block::{Pass, Saved};
use crate::fitted::FittedAdapter;
use crate::sequences::Targets;
use crate::weights::{EMBEDDING, EMBEDDING_MODULE, HEAD_MODULE, layer_of};
use crate::{Decoder, ModelError, Noise, Sequences, SummedLoss};

/// Gradients by the name of what they belong to, as in `Adapter::parameters` or `Decoder::parameters`.
pub type Gradients = BTreeMap<String, Tensor>;

/// What gets a gradient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The adapter; the model's weights are frozen.
    Adapter,
    /// Every weight of the model.
    Weights,
    /// The weights of these blocks. Embedding, last norm and head are frozen.
    Layers(Vec<usize>),
}

/// Which gradients a pass collects now, and those that it has.
pub(crate) struct Collect {
    pub(crate) wanted: linear::Wanted,
    pub(crate) gradients: Gradients,
}

impl Wanted {
    /// Whether this weight of the model is trained.
    pub fn weight(&self, name: &str) -> bool {
        match self {
            Self::Adapter => false,
            Self::Weights => true,
            Self::Layers(layers) => name != EMBEDDING && layer_of(name).is_some_and(|layer| layers.contains(&layer)),
        }
    }

    /// What a block collects, or without a number what comes before and after all blocks.
    fn of(&self, layer: Option<usize>) -> linear::Wanted {
        match self {
            Self::Adapter => linear::Wanted::Lora,
            Self::Weights => linear::Wanted::Weight,
            Self::Layers(layers) if layer.is_some_and(|layer| layers.contains(&layer)) => linear::Wanted::Weight,
            Self::Layers(_) => linear::Wanted::Nothing,
        }
    }

    /// The lowest block that something in or below it is trained of: the gradient need not go further down.
    fn first_layer(&self, adapter: &FittedAdapter) -> Option<usize> {
        match self {
            Self::Adapter => adapter.first_layer(),
            Self::Weights => Some(0),
            Self::Layers(layers) => layers.iter().min().copied(),
        }
    }
}

impl Collect {
    /// Takes the gradients of a linear map of this name.
    pub(crate) fn linear(&mut self, module: &str, own: linear::Gradients) {
        let [a, b, magnitude] = Beside::Linear.names();
        let parts = [("weight", own.weight), ("bias", own.bias), (a, own.a), (b, own.b), (magnitude, own.magnitude)];
        for (part, gradient) in parts {
            if let Some(gradient) = gradient {
                self.gradients.insert(format!("{module}.{part}"), gradient);
            }
        }
    }
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
        self.noisy_gradients(adapter, sequences, &wanted, recompute, None)
    }

    /// The same with the noise of a training step.
    pub fn noisy_gradients(
        &self,
        adapter: &Adapter,
        sequences: &Sequences,
        wanted: &Wanted,
        recompute: bool,
        noise: Option<&Noise>,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        sequences.check(self.config.vocabulary)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok((SummedLoss::default(), self.zero_gradients(adapter, wanted)?));
        }
        let adapter = self.fit(adapter)?;
        let rows = Rows::of_lengths(sequences.lengths);
        let angles = self.angles(&rows)?;
        let pass = Pass { rows: &rows, angles: &angles, noise };
        let blocks = self.blocks(&adapter)?;
        let first = wanted.first_layer(&adapter).unwrap_or(blocks.len());

        let mut x = self.embed_noisy(&adapter, sequences, noise)?; // (tokens, hidden)
        let mut kept: Vec<(Tensor, Option<Saved>)> = Vec::with_capacity(blocks.len());
        for (layer, block) in blocks.iter().enumerate() {
            let (next, saved) = block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?;
            let input = std::mem::replace(&mut x, next);
            if layer >= first {
                kept.push((input, (!recompute).then_some(saved)));
            }
        }

        let mut collect = Collect { wanted: wanted.of(None), gradients: Gradients::new() };
        let (nats, mut grad) = self.head_gradients(x, &adapter, &targets, noise, &mut collect)?;
        for (layer, (x, saved)) in (first..blocks.len()).zip(kept).rev() {
            let saved = match saved {
                Some(saved) => saved,
                None => blocks[layer].forward(&x, &pass, &mut |k, v| Ok((k, v)))?.1,
            };
            collect.wanted = wanted.of(Some(layer));
            grad = blocks[layer].backward(&saved, &x, grad, &pass, &mut collect)?;
        }
        match adapter.lora(EMBEDDING_MODULE) {
            _ if *wanted == Wanted::Weights => {
                self.embedding_gradient(sequences.ids, grad, &mut collect.gradients)?;
            }
            Some(lora) if *wanted == Wanted::Adapter => {
                let grad = self.scale_embedded(grad)?;
                let (a, b) = embedding::lora_backward(lora, sequences.ids, &grad)?;
                let [a_name, b_name, _] = Beside::Embedding.names();
                collect.gradients.insert(format!("{EMBEDDING_MODULE}.{a_name}"), a);
                collect.gradients.insert(format!("{EMBEDDING_MODULE}.{b_name}"), b);
            }
            _ => {}
        }
        Ok((SummedLoss { nats, learned: targets.ids.len() as u64 }, collect.gradients))
    }

    /// What enters the first block, (tokens, hidden). The noise comes where transformers' hook on the embedding puts it.
    fn embed_noisy(
        &self,
        adapter: &FittedAdapter,
        sequences: &Sequences,
        noise: Option<&Noise>,
    ) -> Result<Tensor, ModelError> {
        let x = self.embed(adapter, sequences.ids)?;
        let noise = noise.map(|noise| noise.on_embeddings(sequences.lengths, x.dim(1)?, x.device())).transpose()?;
        let Some(noise) = noise.flatten() else { return self.scale_embedded(x) };
        match self.config.embeds_scaled {
            true => Ok(sum::add(self.scale_embedded(x)?, &noise)?),
            false => self.scale_embedded(sum::add(x, &noise)?),
        }
    }

    /// The loss, and the gradient of the residual stream after the last block.
    fn head_gradients(
        &self,
        x: Tensor,
        adapter: &FittedAdapter,
        targets: &Targets,
        noise: Option<&Noise>,
        collect: &mut Collect,
    ) -> Result<(f64, Tensor), ModelError> {
        let learned = cross_entropy::select(&x, &targets.positions)?; // (learned, hidden)
        let norm = self.final_norm()?;
        let (h, saved) = norm.forward(&learned)?;
        let (mut head, dropout) = (self.head(adapter)?, adapter.dropout());
        let mask = match (noise, head.map.lora) {
            (Some(noise), Some(_)) if dropout > 0.0 => {
                let all = noise.mask(HEAD_MODULE, dropout, x.dims2()?, x.device())?;
                Some(cross_entropy::select(&all, &targets.positions)?)
            }
            _ => None,
        };
        let lora = head.map.lora.map(|lora| Lora { mask: mask.as_ref(), ..lora });
        head = Head { map: linear::Linear { lora, ..head.map }, ..head };
        let (nats, own) = cross_entropy::loss_and_gradients(&h, head, &targets.ids, collect.wanted)?;
        // A tied head's weight is the embedding's, its pair is its own.
        let mut own_of_head = own.own;
        if let Some(weight) = own_of_head.weight.take() {
            collect.gradients.insert(self.head_name().to_string(), weight);
        }
        collect.linear(HEAD_MODULE, own_of_head);
        let grad = norm.backward(&saved, &learned, &own.x, None, collect)?;
        Ok((nats, cross_entropy::select_backward(&grad, &targets.positions, x.dim(0)?)?))
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

    fn zero_gradients(&self, adapter: &Adapter, wanted: &Wanted) -> Result<Gradients, ModelError> {
        let mut parameters = match wanted {
            Wanted::Adapter => adapter.parameters(),
            Wanted::Weights | Wanted::Layers(_) => self.parameters(),
        };
        parameters.retain(|name, _| *wanted == Wanted::Adapter || wanted.weight(name));
        parameters.into_iter().map(|(name, tensor)| Ok((name, tensor.zeros_like()?))).collect()
    }
}
