//! Turns examples into the tokens a run learns from: a pure function of its inputs.

use std::ops::ControlFlow;
use std::sync::Arc;

use tunesmith_protocol::{LearnFrom, Task, TooLong, TrainSettings};
use tunesmith_sentence::{Sentence, say};

use crate::{Example, HiddenPart, PrepareError, Render, RenderError, RowsError, TemplateCheck, Tokens};

/// The rows a run learns from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prepared {
    /// The rows, in the order of the examples. They are shared, as they can be large.
    pub rows: Arc<Vec<Tokens>>,
    /// Rows with something to learn that are longer than the limit, whether cut or left out.
    pub too_long: u64,
    /// Of these, rows left out: where they are cut, those that keep no token to learn.
    pub left_out: u64,
    /// Rows left out: too long, without a token to learn, or not to be learned.
    pub dropped: u64,
    /// Of these, answers judged bad, from which nothing is learned.
    pub untaught: u64,
    /// Learned tokens in all rows.
    pub learned_tokens: u64,
    /// Tokens in all rows.
    pub tokens: u64,
    /// Rows that the model's template or tokenizer refuses, which are left out.
    pub refused: Arc<Vec<RefusedRow>>,
}

/// A row that is left out because it cannot be rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedRow {
    /// Its number among the examples, from 1.
    pub row: u64,
    /// Why.
    pub why: Sentence,
}

/// Rows as a model's tokens, before a limit cuts them. Another limit needs no tokenizer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenderedRows {
    /// Those with a token to learn.
    rows: Arc<Vec<Tokens>>,
    /// The number of each among the examples, from 1.
    numbers: Vec<u32>,
    /// Number and length of each row without a token to learn.
    unlearnable: Vec<(u32, u32)>,
    /// Answers judged bad.
    untaught: u64,
    check: TemplateCheck,
    refused: Arc<Vec<RefusedRow>>,
    /// Examples in all.
    total: u64,
}

/// Rows tokenised between two looks at whether the caller cancelled.
const ROWS_AT_ONCE: usize = 512;

/// Renders and tokenises every example and applies the length limit. `progress(rows_done, rows_total)`; its `Break`
/// cancels.
///
/// # Errors
/// A worker that dies over a row, rows that are too long where that is refused, or nothing to learn from.
pub fn prepare(
    rows: &[Example],
    renderer: &dyn Render,
    settings: &TrainSettings,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Prepared, PrepareError> {
    render_rows(rows, renderer, learned_in(settings), progress)?.fit(settings)
}

/// Which tokens of a row these settings learn.
pub fn learned_in(settings: &TrainSettings) -> LearnFrom {
    match settings.task {
        Task::Sft => settings.learn_from,
        Task::Text => LearnFrom::All,
    }
}

/// Renders and tokenises every example; one that the model's template refuses is left out. `progress(rows_done, rows_total)`; its `Break` cancels.
///
/// # Errors
/// There are no examples, the worker dies over one, or it was cancelled.
pub fn render_rows(
    rows: &[Example],
    renderer: &dyn Render,
    learn_from: LearnFrom,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<RenderedRows, PrepareError> {
    if rows.is_empty() {
        return Err(PrepareError::Empty);
    }
    let mut done = RenderedRows { total: rows.len() as u64, ..RenderedRows::default() };
    let (mut learnable, mut row) = (Vec::new(), 0);
    let mut refused = Vec::new();
    for some in rows.chunks(ROWS_AT_ONCE) {
        let lost = |RowsError { row: lost, source }| match lost {
            Some(lost) => PrepareError::Row { row: row + 1 + lost as u64, source },
            None => PrepareError::Render(source),
        };
        for rendered in renderer.rows(some, learn_from).map_err(lost)? {
            row += 1;
            match rendered {
                Ok(rendered) => {
                    done.check.add(row, &rendered);
                    if rendered.tokens.learned() == 0 {
                        done.unlearnable.push((row as u32, rendered.tokens.ids.len() as u32));
                    } else {
                        learnable.push(rendered.tokens);
                        done.numbers.push(row as u32);
                    }
                }
                Err(RenderError::NothingTaught) => done.untaught += 1,
                Err(source) => refused.push(RefusedRow { row, why: source.sentence() }),
            }
        }
        if progress(row, done.total).is_break() {
            return Err(PrepareError::Cancelled);
        }
    }
    Ok(RenderedRows { rows: Arc::new(learnable), refused: Arc::new(refused), ..done })
}

impl RenderedRows {
    /// The rows that the model's template or tokenizer refuses.
    pub fn refused(&self) -> Arc<Vec<RefusedRow>> {
        self.refused.clone()
    }

    /// How many are answers judged bad, from which nothing is learned.
    pub fn untaught(&self) -> u64 {
        self.untaught
    }

    /// What the model's template makes of the examples.
    pub fn check(&self) -> &TemplateCheck {
        &self.check
    }

    /// Applies the length rule.
    ///
    /// # Errors
    /// Rows are too long where that is refused, or nothing is left to learn from.
    pub fn fit(&self, settings: &TrainSettings) -> Result<Prepared, PrepareError> {
        let limit = settings.max_length as usize;
        let is_long = |row: &&Tokens| row.ids.len() > limit;
        let long_rows = self.rows.iter().filter(is_long).count();
        let all_long = long_rows + self.unlearnable.iter().filter(|(_, length)| *length as usize > limit).count();
        if settings.too_long == TooLong::Refuse && all_long > 0 {
            let (count, rows, limit) = (all_long as u64, self.total, settings.max_length);
            let (row, tokens) = self.longest();
            return Err(PrepareError::TooLong { count, rows, limit, row, tokens });
        }
        // Nothing to cut: the rows are shared as they are.
        let rows = if long_rows == 0 { self.rows.clone() } else { Arc::new(self.cut(limit, settings.too_long)) };
        let prepared = Prepared {
            too_long: long_rows as u64,
            left_out: (self.rows.len() - rows.len()) as u64,
            dropped: self.total - rows.len() as u64,
            untaught: self.untaught,
            learned_tokens: rows.iter().map(Tokens::learned).sum(),
            tokens: rows.iter().map(|row| row.ids.len() as u64).sum(),
            refused: self.refused.clone(),
            rows,
        };
        if let Some(first) = self.refused.first().filter(|_| self.refused.len() as u64 == self.total) {
            return Err(PrepareError::AllRefused { rows: self.total, why: first.why.clone() });
        }
        if prepared.rows.is_empty() {
            let why = self.why_nothing(&prepared, settings.too_long);
            return Err(PrepareError::NoLearnableToken { rows: self.total, why });
        }
        Ok(prepared)
    }

    /// Number and length of the longest row; of equals the first.
    fn longest(&self) -> (u64, u64) {
        let learnable = self.numbers.iter().zip(self.rows.iter()).map(|(number, row)| (*number, row.ids.len() as u32));
        let longest = learnable
            .chain(self.unlearnable.iter().copied())
            .max_by_key(|(number, length)| (*length, u32::MAX - number));
        longest.map_or((0, 0), |(number, length)| (number.into(), length.into()))
    }

    fn cut(&self, limit: usize, too_long: TooLong) -> Vec<Tokens> {
        let cut = |row: &Tokens| {
            let mut row = row.clone();
            if row.ids.len() > limit {
                row.ids.truncate(limit);
                row.learn.truncate(limit);
            }
            row
        };
        let kept = self.rows.iter().filter(|row| row.ids.len() <= limit || too_long != TooLong::Drop).map(cut);
        kept.filter(|row| row.learned() > 0).collect()
    }

    fn why_nothing(&self, prepared: &Prepared, too_long: TooLong) -> Sentence {
        if prepared.untaught == self.total {
            return say!("prepare-all-judged-bad", "all of them are answers judged bad");
        }
        let count = |part| self.check.hidden.get(part).copied().unwrap_or_default();
        let hidden = count(&HiddenPart::Answer) + count(&HiddenPart::Call);
        if hidden > 0 && (prepared.too_long == 0 || hidden >= self.total) {
            return say!("prepare-answers-hidden", "the model's chat template does not show the answers");
        }
        match (prepared.too_long > 0, too_long) {
            (true, TooLong::Drop) => {
                say!(
                    "prepare-all-too-long",
                    "they are longer than the max length (at most what the model reads), or no answer in them may be learned"
                )
            }
            (true, _) => {
                say!(
                    "prepare-all-answers-cut",
                    "every answer lies beyond the max length (at most what the model reads), or may not be learned"
                )
            }
            (false, _) => say!("prepare-no-answer-learned", "no answer in them may be learned"),
        }
    }
}
