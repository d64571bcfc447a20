//! Turns examples into the tokens a run learns from: a pure function of its inputs.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::thread;

use tunesmith_protocol::{LearnFrom, Task, TooLong, TrainSettings};

use crate::{Example, PrepareError, RenderError, Renderer, Tokens};

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

/// Rows tokenised between two looks at whether the caller cancelled.
const ROWS_AT_ONCE: usize = 512;

/// Renders and tokenises every example and applies the length rule. `progress(rows_done, rows_total)`; its `Break`
/// cancels.
pub fn prepare(
    rows: &[Example],
    renderer: &Renderer,
    settings: &TrainSettings,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Prepared, PrepareError> {
    if rows.is_empty() {
        return Err(PrepareError::Empty);
    }
    let learn_from = match settings.task {
        Task::Sft => settings.learn_from,
        Task::Text => LearnFrom::All,
    };
    let limit = settings.max_length as usize;
    let total = rows.len() as u64;
    let mut prepared = Prepared { rows: Vec::new(), too_long: 0, dropped: 0, learned_tokens: 0, tokens: 0 };
    // (tokens, row)
    let mut longest = (0, 0);
    let mut row = 0;
    for some in rows.chunks(ROWS_AT_ONCE) {
        for tokens in tokenise(some, renderer, learn_from) {
            row += 1;
            let mut tokens = tokens.map_err(|source| PrepareError::Row { row, source })?;
            let length = tokens.ids.len();
            if length > limit {
                prepared.too_long += 1;
                if length as u64 > longest.0 {
                    longest = (length as u64, row);
                }
                tokens.ids.truncate(limit);
                tokens.learn.truncate(limit);
            }
            let left_out = length > limit && settings.too_long == TooLong::Drop;
            let learned = tokens.learned();
            if left_out || learned == 0 {
                prepared.dropped += 1;
            } else {
                prepared.learned_tokens += learned;
                prepared.tokens += tokens.ids.len() as u64;
                prepared.rows.push(tokens);
            }
        }
        if progress(row, total).is_break() {
            return Err(PrepareError::Cancelled);
        }
    }
    if settings.too_long == TooLong::Refuse && prepared.too_long > 0 {
        let (tokens, row) = longest;
        return Err(PrepareError::TooLong {
            count: prepared.too_long,
            rows: total,
            limit: settings.max_length,
            row,
            tokens,
        });
    }
    if prepared.rows.is_empty() {
        return Err(PrepareError::NoLearnableToken { rows: total, why: why_nothing(&prepared, settings.too_long) });
    }
    Ok(prepared)
}

/// The tokens of some rows, in their order, on all cores.
fn tokenise(rows: &[Example], renderer: &Renderer, learn_from: LearnFrom) -> Vec<Result<Tokens, RenderError>> {
    let one_by_one = |rows: &[Example]| rows.iter().map(|row| renderer.tokens(row, learn_from)).collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(rows.len() / 8);
    if threads < 2 {
        return one_by_one(rows);
    }
    thread::scope(|scope| {
        let parts = rows.chunks(rows.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || -> Vec<_> { one_by_one(part) })).collect();
        let join = |worker: thread::ScopedJoinHandle<Vec<_>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    })
}

fn why_nothing(prepared: &Prepared, too_long: TooLong) -> &'static str {
    match (prepared.too_long > 0, too_long) {
        (true, TooLong::Drop) => "they are longer than the max length, or no answer in them may be learned",
        (true, _) => "the max length cuts off every answer, or no answer may be learned",
        (false, _) => "no answer in them may be learned",
    }
}
