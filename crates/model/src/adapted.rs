//! A decoder with an adapter beside its weights: logits and losses. The adapter is checked, and what DoRA divides by
//! computed, once for as many of them as are asked for.

use candle_core::Tensor;
use candle_lora::{Adapter, Lora, Rows, cross_entropy};

use crate::fitted::FittedAdapter;
use crate::kv_cache::KvCache;
use crate::sequences::Targets;
use crate::weights::get;
use crate::{Decoder, ModelError, Sequences, SummedLoss};

/// A decoder with an adapter beside its weights. Cloning it copies no weights.
#[derive(Debug, Clone)]
pub struct AdaptedDecoder {
    /// With the adapter's whole weights in the place of its own.
    pub(crate) decoder: Decoder,
    pub(crate) adapter: FittedAdapter,
}

impl Decoder {
    /// The model with this adapter beside its weights.
    ///
    /// # Errors
    /// When the adapter does not fit the model.
    pub fn with_adapter(&self, adapter: &Adapter) -> Result<AdaptedDecoder, ModelError> {
        self.check_adapter(adapter)?;
        let decoder = self.with_weights_of(adapter)?;
        Ok(AdaptedDecoder { adapter: decoder.fit(adapter)?, decoder })
    }

    /// The logits after each token, (tokens, vocabulary).
    ///
    /// # Errors
    /// When the adapter does not fit the model, or the vocabulary lacks a token.
    pub fn logits(&self, adapter: &Adapter, ids: &[u32]) -> Result<Tensor, ModelError> {
        self.with_adapter(adapter)?.logits(ids)
    }

    /// The summed loss over learned tokens, without gradients.
    ///
    /// # Errors
    /// When the adapter does not fit the model, or the sequences make no sense.
    pub fn loss(&self, adapter: &Adapter, sequences: &Sequences) -> Result<SummedLoss, ModelError> {
        self.with_adapter(adapter)?.loss(sequences)
    }

    /// Whether the adapter fits the model.
    ///
    /// # Errors
    /// When it does not, with the module.
    pub fn check_adapter(&self, adapter: &Adapter) -> Result<(), ModelError> {
        self.config.check_adapter(adapter)
    }

    fn fit(&self, adapter: &Adapter) -> Result<FittedAdapter, ModelError> {
        let mut fitted = FittedAdapter::new(adapter.clone());
        for (module, pair) in adapter.pairs.iter().filter(|(_, pair)| pair.magnitude.is_some()) {
            let weight = get(&self.weights, &self.config.weight_of(module))?;
            fitted.set_norm(module, Lora::of(pair, adapter.config.scale_of(module)).weight_norm(weight)?);
        }
        Ok(fitted)
    }
}

impl AdaptedDecoder {
    /// The model without the adapter's pairs.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The logits after each token, (tokens, vocabulary).
    ///
    /// # Errors
    /// When the vocabulary lacks a token.
    pub fn logits(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        let x = self.decoder.forward(&self.adapter, ids, &Rows::of_lengths(&[ids.len()]), None)?;
        self.logits_after(&x)
    }

    /// The summed loss over learned tokens, without gradients.
    ///
    /// # Errors
    /// When marks and lengths do not belong to the tokens, or the vocabulary lacks one.
    pub fn loss(&self, sequences: &Sequences) -> Result<SummedLoss, ModelError> {
        sequences.check(self.decoder.config.vocabulary)?;
        let targets = Targets::of(sequences);
        if targets.ids.is_empty() {
            return Ok(SummedLoss::default());
        }
        let x = self.decoder.forward(&self.adapter, sequences.ids, &Rows::of_lengths(sequences.lengths), None)?;
        let (h, _) = self.decoder.final_norm()?.forward(&cross_entropy::select(&x, &targets.positions)?)?;
        let nats = cross_entropy::loss(&h, self.decoder.head(&self.adapter)?, &targets.ids)?;
        Ok(SummedLoss { nats, learned: targets.ids.len() as u64 })
    }

    /// The logits after the last token, (1, vocabulary), where `cache` holds what came before. The cache takes `ids`.
    pub(crate) fn next_logits(&self, ids: &[u32], cache: &mut KvCache) -> Result<Tensor, ModelError> {
        let rows = Rows::continued(cache.ids().len(), ids.len());
        cache.reserve(ids.len(), &self.decoder.config)?;
        on_pool(|| {
            let x = self.decoder.forward(&self.adapter, ids, &rows, Some(cache))?;
            cache.advance(ids);
            self.logits_after(&x.narrow(0, ids.len() - 1, 1)?)
        })
    }

    fn logits_after(&self, x: &Tensor) -> Result<Tensor, ModelError> {
        Ok(cross_entropy::logits(&self.decoder.final_norm()?.forward(x)?.0, self.decoder.head(&self.adapter)?)?)
    }
}

/// Runs a small pass on a thread of the current pool, so that its many tiny operations start there and not each anew.
fn on_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::join(work, || ()).0
}
