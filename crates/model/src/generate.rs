//! Text, token by token, with the keys and values of what was read kept.

use std::ops::ControlFlow;

use candle_core::DType;
use candle_lora::Adapter;

use crate::cache::Cache;
use crate::random::Random;
use crate::{Decoder, ModelError};

/// How the next token is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f64,
    /// Only the most likely tokens whose probabilities reach this sum are drawn from; 1 takes all.
    pub top_p: f64,
    /// The longest answer, in tokens.
    pub max_new_tokens: usize,
    /// The same seed gives the same answer.
    pub seed: u64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The model ended its turn.
    End,
    /// The longest answer was reached.
    Length,
    /// The context is full.
    Context,
    /// The caller asked.
    Asked,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its tokens, without the one that ended it.
    pub ids: Vec<u32>,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Continues the prompt. `on_token` sees each token as it comes, except the one that ends the turn.
pub fn generate(
    decoder: &Decoder,
    adapter: &Adapter,
    prompt: &[u32],
    end_tokens: &[u32],
    sampling: &Sampling,
    on_token: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Generated, ModelError> {
    let context = decoder.config().context_length;
    if prompt.is_empty() {
        return Err(ModelError::Input("there is nothing to answer: the prompt has no tokens".into()));
    }
    if prompt.len() >= context {
        let tokens = prompt.len();
        return Err(ModelError::Input(format!(
            "the prompt is {tokens} tokens long, but the model reads only {context}"
        )));
    }
    let room = context - prompt.len();
    let capacity = prompt.len() + sampling.max_new_tokens.min(room);
    let adapter = decoder.fit(adapter)?;
    let mut cache = Cache::new(decoder.config(), capacity, DType::F32, decoder.device())?;
    let mut ids: Vec<u32> = Vec::new();
    let mut unread = prompt.to_vec();
    let stopped = loop {
        if ids.len() == sampling.max_new_tokens {
            break Stopped::Length;
        }
        if ids.len() == room {
            break Stopped::Context;
        }
        if decoder.config().turns_otherwise(cache.length(), cache.length() + unread.len()) {
            // The kept keys have been turned as those of a short row.
            cache.clear();
            unread = [prompt, &ids].concat();
        }
        let logits = decoder.next_logits(&adapter, &unread, &mut cache)?;
        let logits = logits.squeeze(0)?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        let id = draw(&logits, sampling, ids.len());
        if end_tokens.contains(&id) {
            break Stopped::End;
        }
        ids.push(id);
        unread = vec![id];
        if on_token(id).is_break() {
            break Stopped::Asked;
        }
    };
    Ok(Generated { ids, stopped })
}

/// The next token, the `number`th of the answer.
fn draw(logits: &[f32], sampling: &Sampling, number: usize) -> u32 {
    if sampling.temperature <= 0.0 {
        return greedy(logits);
    }
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |logit: &f32| (f64::from(logit - most) / sampling.temperature).exp();
    let mut choices: Vec<(u32, f64)> =
        logits.iter().enumerate().map(|(id, logit)| (id as u32, weight(logit))).collect();
    choices.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all: f64 = choices.iter().map(|choice| choice.1).sum();
    let mut reached = 0.0;
    let enough = choices.iter().position(|choice| {
        reached += choice.1;
        reached >= sampling.top_p * all
    });
    choices.truncate(enough.map_or(choices.len(), |last| last + 1));
    let kept: f64 = choices.iter().map(|choice| choice.1).sum();
    let mut left = Random::new(sampling.seed, &format!("token {number}")).uniform() * kept;
    let drawn = choices.iter().find(|choice| {
        left -= choice.1;
        left < 0.0
    });
    drawn.or(choices.last()).map_or(0, |choice| choice.0)
}

/// The most likely token; of equals the first.
fn greedy(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().fold(
        (0, f32::NEG_INFINITY),
        |best, (id, &logit)| {
            if logit > best.1 { (id, logit) } else { best }
        },
    );
    best.0 as u32
}
