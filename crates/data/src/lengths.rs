//! The lengths of all rows in a model's tokens, small enough to keep. They tell what any limit would cut off, without
//! rendering the rows again.

mod billing;
mod file;
mod histogram;
mod packing;

use std::ops::Range;

use crate::Tokens;
pub use billing::suggested_epochs;
pub use histogram::Bucket;
pub use packing::Packing;

/// How long a row is, and where its answers are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Length {
    /// Tokens.
    pub tokens: u32,
    /// The learned tokens of each answer.
    pub answers: Vec<Range<u32>>,
}

impl Length {
    /// The length of a row of tokens. An answer is a run of learned tokens.
    pub fn of(row: &Tokens) -> Self {
        let short = |span: Range<usize>| span.start as u32..span.end as u32;
        Self { tokens: row.ids.len() as u32, answers: row.learned_spans().map(short).collect() }
    }

    /// What lies beyond a limit in tokens.
    pub fn beyond(&self, max_length: u32) -> Beyond {
        RowLength { tokens: self.tokens, answers: &self.answers }.beyond(max_length)
    }
}

/// The part of a row that a limit cuts off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beyond {
    /// Tokens.
    pub tokens: u32,
    /// Of these, how many would be learned.
    pub learned: u32,
    /// Answers that lose at least one learned token, even if only the one that ends them.
    pub answers: u32,
}

/// The lengths of many rows, in their order: 12 bytes a row, and 8 for each answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LengthTable {
    /// Tokens of each row; 0 for a row that cannot be rendered.
    tokens: Vec<u32>,
    /// For each row the number of answers up to and with it.
    answers_until: Vec<u32>,
    answers: Vec<Range<u32>>,
    failed: u32,
}

/// What is in all rows, without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Rows.
    pub rows: u64,
    /// Of these, how many have no tokens because the model's template cannot render them.
    pub failed: u64,
    /// Answers.
    pub answers: u64,
    /// Tokens.
    pub tokens: u64,
    /// Of these, how many are learned.
    pub learned_tokens: u64,
    /// Tokens of the longest row.
    pub longest: u32,
}

/// What a limit does to the rows, where rows that are too long are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cuts {
    /// Rows longer than the limit.
    pub rows_cut: u64,
    /// Answers that lose at least one learned token, even if only the one that ends them.
    pub answers_cut: u64,
    /// Rows without a learned token within the limit, which training leaves out.
    pub rows_left_out: u64,
    /// Tokens that are trained on.
    pub tokens_kept: u64,
    /// Of these, how many are learned.
    pub learned_kept: u64,
}

impl LengthTable {
    /// Adds the next row; `None` is one that cannot be rendered.
    pub fn push(&mut self, row: Option<Length>) {
        self.failed += u32::from(row.is_none());
        let Length { tokens, answers } = row.unwrap_or_default();
        self.tokens.push(tokens);
        self.answers.extend(answers);
        self.answers_until.push(self.answers.len() as u32);
    }

    /// What is in all rows.
    pub fn totals(&self) -> Totals {
        Totals {
            rows: self.tokens.len() as u64,
            failed: self.failed.into(),
            answers: self.answers.len() as u64,
            tokens: self.tokens.iter().map(|tokens| u64::from(*tokens)).sum(),
            learned_tokens: self.answers.iter().map(|answer| answer.len() as u64).sum(),
            longest: self.tokens.iter().copied().max().unwrap_or_default(),
        }
    }

    /// What a limit in tokens does to the rows: the sums that `prepare` comes to when it truncates.
    pub fn summary(&self, max_length: u32) -> Cuts {
        let mut cuts = Cuts::default();
        for row in self.rows() {
            let (beyond, kept) = (row.beyond(max_length), row.learned_within(max_length));
            cuts.rows_cut += u64::from(beyond.tokens > 0);
            cuts.answers_cut += u64::from(beyond.answers);
            cuts.learned_kept += u64::from(kept);
            if kept > 0 {
                cuts.tokens_kept += u64::from(row.tokens.min(max_length));
            } else {
                cuts.rows_left_out += 1;
            }
        }
        cuts
    }

    /// The places of the rows, from 0, in which a limit cuts an answer.
    pub fn rows_with_cut_answers(&self, max_length: u32) -> impl Iterator<Item = usize> {
        let cut = move |row: &RowLength| row.beyond(max_length).answers > 0;
        self.rows().enumerate().filter(move |(_, row)| cut(row)).map(|(index, _)| index)
    }

    fn rows(&self) -> impl Iterator<Item = RowLength<'_>> {
        let mut from = 0;
        self.tokens.iter().zip(&self.answers_until).map(move |(tokens, answers_until)| {
            let answers = &self.answers[from..*answers_until as usize];
            from = *answers_until as usize;
            RowLength { tokens: *tokens, answers }
        })
    }
}

/// A row of the table.
struct RowLength<'a> {
    tokens: u32,
    answers: &'a [Range<u32>],
}

impl RowLength<'_> {
    fn beyond(&self, max_length: u32) -> Beyond {
        let learned: u32 = self.answers.iter().map(|answer| answer.end - answer.start).sum();
        Beyond {
            tokens: self.tokens.saturating_sub(max_length),
            learned: learned - self.learned_within(max_length),
            answers: self.answers.iter().filter(|answer| answer.end > max_length).count() as u32,
        }
    }

    /// Learned tokens that a limit leaves.
    fn learned_within(&self, max_length: u32) -> u32 {
        self.answers.iter().map(|answer| answer.end.min(max_length).saturating_sub(answer.start)).sum()
    }
}
