//! The gradients of a decoder: forward through all blocks, the loss, and backward again.

use candle_core::Tensor;
use candle_lora::cross_entropy::Head;
use candle_lora::linear::RequiresGrad;
use candle_lora::{Adapter, Lora, ModuleKind, Rows, cross_entropy, embedding, linear, sum, token_name};

use crate::block::Saved;
use crate::fitted::FittedAdapter;
use crate::pass::Pass;
use crate::sequences::Targets;
use crate::trainable::CollectedGradients;
use crate::weights::{EMBEDDING, EMBEDDING_MODULE, HEAD_MODULE};
use crate::{AdaptedDecoder, Decoder, Gradients, ModelError, Noise, Sequences, SummedLoss, Trainable};

impl Decoder {
    /// The loss and the gradients of its sum (the caller divides both by the learned tokens of its whole step). With
    /// `recompute` each block is computed twice and only its input is kept.
    ///
    /// # Errors
    /// When the adapter does not fit the model, or the sequences make no sense.
    pub fn gradients(
        &self,
        adapter: &Adapter,
        sequences: &Sequences,
        trainable: Trainable,
        recompute: bool,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        self.noisy_gradients(adapter, sequences, &trainable, recompute, None)
    }

    /// The same with the noise of a training step.
    ///
    /// # Errors
    /// As `gradients`.
    pub fn noisy_gradients(
        &self,
        adapter: &Adapter,
        sequences: &Sequences,
        trainable: &Trainable,
        recompute: bool,
        noise: Option<&Noise>,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        sequences.check(self.config.vocabulary)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok((SummedLoss::default(), self.zero_gradients(adapter, trainable)?));
        }
        let AdaptedDecoder { decoder, adapter } = self.with_adapter(adapter)?;
        decoder.gradients_with(&adapter, sequences, trainable, recompute, noise)
    }

    /// The same with an adapter whose whole weights are the decoder's.
    fn gradients_with(
        &self,
        adapter: &FittedAdapter,
        sequences: &Sequences,
        trainable: &Trainable,
        recompute: bool,
        noise: Option<&Noise>,
    ) -> Result<(SummedLoss, Gradients), ModelError> {
        let targets = Targets::of(sequences);
        let rows = Rows::of_lengths(sequences.lengths);
        let angles = self.angles(&rows)?;
        let pass = Pass { rows: &rows, angles: &angles, noise };
        let blocks = self.blocks(adapter)?;
        let first = trainable.first_layer(adapter).unwrap_or(blocks.len());

        let mut x = self.embed_noisy(adapter, sequences, noise)?; // (tokens, hidden)
        let mut kept: Vec<(Tensor, Option<Saved>)> = Vec::with_capacity(blocks.len());
        for (layer, block) in blocks.iter().enumerate() {
            let (next, saved) = block.forward(&x, &pass, &mut |k, v| Ok((k, v)))?;
            let input = std::mem::replace(&mut x, next);
            if layer >= first {
                kept.push((input, (!recompute).then_some(saved)));
            }
        }

        let mut collect = CollectedGradients::new(trainable, adapter);
        let (nats, mut grad) = self.head_gradients(x, adapter, &targets, noise, &mut collect)?;
        for (layer, (x, saved)) in (first..blocks.len()).zip(kept).rev() {
            let saved = match saved {
                Some(saved) => saved,
                None => blocks[layer].forward(&x, &pass, &mut |k, v| Ok((k, v)))?.1,
            };
            collect.requires_grad = trainable.in_layer(Some(layer));
            grad = blocks[layer].backward(&saved, &x, grad, &pass, &mut collect)?;
        }
        let whole = *trainable == Trainable::AllWeights || collect.beside.contains(EMBEDDING);
        match trainable {
            _ if whole => self.embedding_gradient(sequences.ids, grad, &mut collect.gradients)?,
            Trainable::Adapter => self.embedded_gradients(adapter, sequences.ids, grad, &mut collect.gradients)?,
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
        collect: &mut CollectedGradients,
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
        let required = match collect.beside.contains(self.head_name()) {
            true => RequiresGrad::Weight,
            false => collect.requires_grad,
        };
        let (nats, own) = cross_entropy::loss_and_gradients(&h, head, &targets.ids, required)?;
        let tables = adapter.head_tokens(self.config.tie_word_embeddings);
        if let (Some((table, _)), Some(gradient)) = (tables, own.tokens) {
            collect.gradients.insert(token_name(table), gradient);
        }
        // A tied head's weight is the embedding's, its pair is its own.
        let mut own_of_head = own.own;
        if let Some(weight) = own_of_head.weight.take() {
            collect.gradients.insert(self.head_name().to_string(), weight);
        }
        collect.linear(HEAD_MODULE, own_of_head);
        let grad = norm.backward(&saved, &learned, &own.x, None, collect)?;
        Ok((nats, cross_entropy::select_backward(&grad, &targets.positions, x.dim(0)?)?))
    }

    /// Those of what an adapter has beside a frozen embedding: its pair, or vectors of single tokens.
    fn embedded_gradients(
        &self,
        adapter: &FittedAdapter,
        ids: &[u32],
        grad: Tensor,
        gradients: &mut Gradients,
    ) -> Result<(), ModelError> {
        if let Some(lora) = adapter.lora(EMBEDDING_MODULE) {
            let (a, b) = embedding::lora_backward(lora, ids, &self.scale_embedded(grad)?)?;
            let [a_name, b_name, _] = ModuleKind::Embedding.names();
            gradients.insert(format!("{EMBEDDING_MODULE}.{a_name}"), a);
            gradients.insert(format!("{EMBEDDING_MODULE}.{b_name}"), b);
        } else if let Some(tokens) = adapter.embedded_tokens() {
            let name = token_name(EMBEDDING_MODULE);
            // A tied head has left its share there.
            let total = gradients.remove(&name);
            gradients.insert(name, tokens.embed_backward(ids, &self.scale_embedded(grad)?, total)?);
        }
        Ok(())
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

    fn zero_gradients(&self, adapter: &Adapter, trainable: &Trainable) -> Result<Gradients, ModelError> {
        let mut parameters = match trainable {
            Trainable::Adapter => adapter.parameters(),
            Trainable::AllWeights | Trainable::Layers(_) => self.parameters(),
        };
        parameters.retain(|name, _| *trainable == Trainable::Adapter || trainable.has_weight(name));
        parameters.into_iter().map(|(name, tensor)| Ok((name, tensor.zeros_like()?))).collect()
    }
}
