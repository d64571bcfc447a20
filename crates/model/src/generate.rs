//! Text, token by token, with the keys and values of what was read kept.

use std::ops::ControlFlow;

use candle_lora::Adapter;

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
    let _ = (decoder, adapter, prompt, end_tokens, sampling, on_token);
    unimplemented!()
}
