//! A row as tokens.

use std::ops::Range;

use crate::template_check::{Departure, Hidden};

/// The tokens of a row and which of them are learned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether token i is a target, predicted from the tokens before it; never true for the first.
    pub learn: Vec<bool>,
}

impl Tokens {
    /// Number of learned tokens.
    pub fn learned(&self) -> u64 {
        self.learn.iter().filter(|learn| **learn).count() as u64
    }

    /// The answers: each run of learned tokens, from its first one to behind its last.
    pub fn learned_spans(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        self.learn.chunk_by(|one, next| one == next).filter_map(move |run| {
            let span = from..from + run.len();
            from = span.end;
            run[0].then_some(span)
        })
    }
}

/// What a model makes of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// Its tokens.
    pub tokens: Tokens,
    /// The messages that are learned, from 0, in any part; a text is one message.
    pub learned_messages: Vec<usize>,
    /// Parts that the template does not show, so that no model can learn from them.
    pub hidden: Hidden,
    /// Tokens at the ends of a text that the tokenizer puts there anyway; they are not in `tokens`.
    pub doubled_tokens: u64,
    /// Where a chat would ask for an answer in other tokens than stand before it here.
    pub departure: Option<Departure>,
}
