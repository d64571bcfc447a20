//! Answers, token by token. A session answers several prompts; what a prompt has in common with what was read before is
//! not read again.

use std::ops::ControlFlow;

use candle_core::DType;
use candle_lora::Adapter;
use tunesmith_sentence::say;

use crate::kv_cache::KvCache;
use crate::{AdaptedDecoder, Decoder, ModelError, Sampling};

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended its turn.
    EndToken,
    /// The longest answer was reached.
    MaxTokens,
    /// The context is full.
    ContextFull,
    /// The caller asked.
    Cancelled,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its tokens, without the one that ended it.
    pub ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Tokens of the prompt that an earlier answer of the session had read already.
    pub cached_tokens: usize,
}

/// A model that remembers what it has read last. It belongs to one decoder and one adapter; as a clone of both, it keeps
/// their weights in memory.
#[derive(Debug)]
pub struct Session {
    model: AdaptedDecoder,
    cache: KvCache,
    tokens_read: u64,
}

impl Session {
    /// A session that has read nothing yet.
    ///
    /// # Errors
    /// When the model has no embedding.
    pub fn new(model: AdaptedDecoder) -> Result<Self, ModelError> {
        let decoder = model.decoder();
        let cache = KvCache::new(decoder.dtype()?, decoder.device());
        Ok(Self { model, cache, tokens_read: 0 })
    }

    /// Continues the prompt. Of the prompt only what comes after the tokens that it shares with the last row, from its
    /// first token on, is read. `on_token` sees each token as it comes, except the one that ends the turn.
    ///
    /// # Errors
    /// When the prompt has no tokens, or fills the context, or the vocabulary lacks one of them.
    pub fn generate(
        &mut self,
        prompt: &[u32],
        end_tokens: &[u32],
        sampling: &Sampling,
        on_token: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Result<Generated, ModelError> {
        let context = self.model.decoder().config().context_length;
        check_prompt(prompt, context)?;
        let cached_tokens = self.cache.keep_prefix_of(prompt, self.model.decoder().config());
        let mut row = prompt.to_vec();
        let finish_reason = loop {
            let written = row.len() - prompt.len();
            if written == sampling.max_new_tokens {
                break FinishReason::MaxTokens;
            }
            if row.len() == context {
                break FinishReason::ContextFull;
            }
            let mut logits = self.logits_after(&row)?;
            sampling.penalise(&mut logits, &row);
            let id = sampling.draw(&logits, written);
            if end_tokens.contains(&id) {
                break FinishReason::EndToken;
            }
            row.push(id);
            if on_token(id).is_break() {
                break FinishReason::Cancelled;
            }
        };
        Ok(Generated { ids: row.split_off(prompt.len()), finish_reason, cached_tokens })
    }

    /// The model that answers.
    pub fn model(&self) -> &AdaptedDecoder {
        &self.model
    }

    /// The tokens whose keys and values are held.
    pub fn token_ids(&self) -> &[u32] {
        self.cache.ids()
    }

    /// How many tokens went through the model in this session.
    pub fn tokens_read(&self) -> u64 {
        self.tokens_read
    }

    /// The memory that keys and values take. It grows with the longest row.
    pub fn size_bytes(&self) -> u64 {
        self.cache.size_bytes()
    }

    /// The logits after a row, of which only what the cache does not hold is read.
    fn logits_after(&mut self, row: &[u32]) -> Result<Vec<f32>, ModelError> {
        let kept = self.cache.keep_prefix_of_answer(row, self.model.decoder().config());
        let unread = &row[kept..];
        let logits = self.model.next_logits(unread, &mut self.cache)?;
        self.tokens_read += unread.len() as u64;
        let logits = logits.squeeze(0)?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        match logits.iter().any(|logit| logit.is_nan()) {
            true => Err(ModelError::Input(say!(
                "model-computes-nan",
                "The model's results are not numbers (NaN): its weights, or those of its adapter, are too large or damaged"
            ))),
            false => Ok(logits),
        }
    }
}

/// Continues the prompt once. [`Session`] is for answers that begin with what was read before.
///
/// # Errors
/// When the adapter does not fit the model, or the prompt has no tokens, or fills the context.
pub fn generate(
    decoder: &Decoder,
    adapter: &Adapter,
    prompt: &[u32],
    end_tokens: &[u32],
    sampling: &Sampling,
    on_token: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Generated, ModelError> {
    Session::new(decoder.with_adapter(adapter)?)?.generate(prompt, end_tokens, sampling, on_token)
}

/// There is something to answer, and room in the context for an answer.
fn check_prompt(prompt: &[u32], context: usize) -> Result<(), ModelError> {
    if prompt.is_empty() {
        return Err(ModelError::Input(say!(
            "model-prompt-empty",
            "There is nothing to answer: the prompt has no tokens"
        )));
    }
    if prompt.len() >= context {
        return Err(ModelError::Input(say!(
            "model-prompt-too-long",
            "The prompt is {tokens} tokens long, but the model reads only {context}",
            tokens = prompt.len(),
            context
        )));
    }
    Ok(())
}
