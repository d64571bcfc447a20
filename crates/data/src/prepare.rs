//! Turns examples into the tokens a run learns from: a pure function of its inputs.

use std::ops::ControlFlow;

use tunesmith_protocol::{LearnFrom, Task, TooLong, TrainSettings};

use crate::{Example, PrepareError, Render, RenderError, Rendered, RowsError, Tokens};

/// The rows a run learns from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// The rows, in the order of the examples.
    pub rows: Vec<Tokens>,
    /// Rows longer than the limit, whether cut or left out.
    pub too_long: u64,
    /// Rows left out: too long, without a token to learn, or not to be learned.
    pub dropped: u64,
    /// Of these, answers judged bad, from which nothing is learned.
    pub untaught: u64,
    /// Learned tokens in all rows.
    pub learned_tokens: u64,
    /// Tokens in all rows.
    pub tokens: u64,
    /// Calls of tools, in the examples, that the model's template does not show and that are not learned therefore.
    pub hidden_calls: u64,
}

/// Rows tokenised between two looks at whether the caller cancelled.
const ROWS_AT_ONCE: usize = 512;

/// Renders and tokenises every example and applies the length limit. `progress(rows_done, rows_total)`; its `Break`
/// cancels.
///
/// # Errors
///
/// When there are no rows or none has a token to learn, when a row cannot be rendered or is too long and the settings
/// refuse that, and when `progress` breaks.
pub fn prepare(
    rows: &[Example],
    renderer: &dyn Render,
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
    let mut prepared = Prepared::default();
    // (tokens, row)
    let mut longest = (0, 0);
    let mut row = 0;
    for some in rows.chunks(ROWS_AT_ONCE) {
        let lost = |RowsError { row: lost, source }| match lost {
            Some(lost) => PrepareError::Row { row: row + 1 + lost as u64, source },
            None => PrepareError::Render(source),
        };
        for rendered in renderer.rows(some, learn_from).map_err(lost)? {
            row += 1;
            let Rendered { mut tokens, hidden_calls, .. } = match rendered {
                Ok(rendered) => rendered,
                Err(RenderError::NothingTaught) => {
                    prepared.dropped += 1;
                    prepared.untaught += 1;
                    continue;
                }
                Err(source) => return Err(PrepareError::Row { row, source }),
            };
            prepared.hidden_calls += hidden_calls;
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
        return Err(PrepareError::NoLearnableToken {
            rows: total,
            why: why_nothing(&prepared, total, settings.too_long),
        });
    }
    Ok(prepared)
}

fn why_nothing(prepared: &Prepared, rows: u64, too_long: TooLong) -> &'static str {
    if prepared.untaught == rows {
        return "all of them are answers judged bad";
    }
    match (prepared.too_long > 0, too_long) {
        (true, TooLong::Drop) => "they are longer than the max length, or no answer in them may be learned",
        (true, _) => "the max length cuts off every answer, or no answer may be learned",
        (false, _) => "no answer in them may be learned",
    }
}
