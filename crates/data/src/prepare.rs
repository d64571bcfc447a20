//! Turns examples into the tokens a run learns from: a pure function of its inputs.

use std::ops::ControlFlow;

use tunesmith_protocol::TrainSettings;

use crate::{Example, PrepareError, Renderer, Tokens};

/// The rows a run learns from.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The rows, in the order of the examples.
    pub rows: Vec<Tokens>,
    /// Rows longer than the limit, whether cut or left out.
    pub too_long: u64,
    /// Rows left out: too long, or without a token to learn.
    pub dropped: u64,
    /// Learned tokens in all rows.
    pub learned_tokens: u64,
    /// Tokens in all rows.
    pub tokens: u64,
}

/// Renders and tokenises every example and applies the length rule. `progress(rows_done, rows_total)`; its `Break`
/// cancels.
pub fn prepare(
    rows: &[Example],
    _renderer: &Renderer,
    _settings: &TrainSettings,
    _progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Prepared, PrepareError> {
    if rows.is_empty() {
        return Err(PrepareError::Empty);
    }
    Err(PrepareError::Cancelled)
}
