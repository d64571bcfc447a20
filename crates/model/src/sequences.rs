//! Rows of tokens as a decoder takes them, which of their tokens are learned, and the summed loss over those.

use std::ops::AddAssign;

use tunesmith_sentence::say;

use crate::ModelError;

/// Rows of tokens, one after another, without padding.
#[derive(Debug, Clone, Copy)]
pub struct Sequences<'a> {
    /// All tokens.
    pub ids: &'a [u32],
    /// learn[i]: token i is predicted from what comes before it and counts in the loss.
    pub learn: &'a [bool],
    /// The length of each row, in tokens.
    pub lengths: &'a [usize],
}

/// A loss before it is averaged, so that batches can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SummedLoss {
    /// The summed negative log-likelihood.
    pub nats: f64,
    /// How many tokens it is summed over.
    pub learned: u64,
}

impl SummedLoss {
    /// Mean over learned tokens, not over rows or batches: a short answer must not weigh more than a long one.
    pub fn mean(&self) -> f64 {
        self.nats / self.learned.max(1) as f64
    }
}

impl AddAssign for SummedLoss {
    fn add_assign(&mut self, other: Self) {
        self.nats += other.nats;
        self.learned += other.learned;
    }
}

impl Sequences<'_> {
    /// Tokens, marks and lengths belong together, and the vocabulary has every token.
    pub(crate) fn check(&self, vocabulary: usize) -> Result<(), ModelError> {
        let tokens = self.ids.len();
        let sum: usize = self.lengths.iter().sum();
        if self.learn.len() != tokens || sum != tokens || self.lengths.contains(&0) {
            return Err(ModelError::Input(say!(
                "model-rows-unfit",
                "{tokens} tokens, {marks} marks and rows of {in_rows} tokens do not fit",
                tokens,
                marks = self.learn.len(),
                in_rows = sum
            )));
        }
        check_ids(self.ids, vocabulary)
    }
}

/// There are tokens, and the vocabulary has each of them.
pub(crate) fn check_ids(ids: &[u32], vocabulary: usize) -> Result<(), ModelError> {
    match ids.iter().find(|&&id| id as usize >= vocabulary) {
        Some(id) => Err(ModelError::Input(say!(
            "model-token-unknown",
            "Token {id} is not in the model's vocabulary of {vocabulary}: the tokenizer belongs to another model",
            id,
            vocabulary
        ))),
        None if ids.is_empty() => Err(ModelError::Input(say!("model-no-tokens", "There are no tokens"))),
        None => Ok(()),
    }
}

/// The learned tokens, and the positions of the tokens before them.
pub(crate) struct Targets {
    pub(crate) ids: Vec<u32>,
    pub(crate) positions: Vec<u32>,
}

impl Targets {
    /// The first token of a row has nothing before it, so it is never learned.
    pub(crate) fn of(sequences: &Sequences) -> Self {
        let (mut ids, mut positions, mut start) = (Vec::new(), Vec::new(), 0);
        for length in sequences.lengths {
            for token in start + 1..start + length {
                if sequences.learn[token] {
                    ids.push(sequences.ids[token]);
                    positions.push(token as u32 - 1);
                }
            }
            start += length;
        }
        Self { ids, positions }
    }
}
