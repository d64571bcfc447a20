//! The errors of importing, rendering, splitting and preparing, each with a hint at what to do next.

mod importing;
mod io_reason;
mod rendering;

use std::path::PathBuf;

use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

pub use importing::ImportError;
pub use io_reason::io_reason;
pub(crate) use io_reason::{io_error, own_reason};
pub use rendering::RenderError;

/// Rows that cannot be split.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum SplitError {
    /// The share is not in 0 ≤ share < 1.
    Share(f64),
    /// The held-out rows lie in a file of their own, which the caller imports.
    File(String),
}

/// Rows during which the renderer was lost, so that none of them has tokens.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct RowsError {
    /// The row at which it was lost, from 0; none where no row is to blame.
    pub row: Option<usize>,
    /// Why.
    pub source: RenderError,
}

/// Rows that cannot be prepared for training.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum PrepareError {
    /// There are no rows.
    Empty,
    /// No row has a token to learn.
    NoLearnableToken {
        /// Rows looked at.
        rows: u64,
        /// The likeliest reason.
        why: Sentence,
    },
    /// A row is too long and the settings refuse such rows.
    TooLong {
        /// Rows over the limit.
        count: u64,
        /// Rows looked at.
        rows: u64,
        /// The limit, in tokens.
        limit: u32,
        /// The longest row, from 1.
        row: u64,
        /// Its length in tokens.
        tokens: u64,
    },
    /// A row cannot be rendered.
    Row {
        /// The row, from 1.
        row: u64,
        /// Why.
        source: RenderError,
    },
    /// The model's template or tokenizer refuses every row.
    AllRefused {
        /// Rows in all.
        rows: u64,
        /// Why the first is refused.
        why: Sentence,
    },
    /// The renderer fails for every row.
    Render(RenderError),
    /// The user cancelled.
    Cancelled,
}

/// A file of tokens or lengths that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum TokensFileError {
    /// The file cannot be written or read.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is damaged or something else.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: Sentence,
    },
}

impl SplitError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Share(share) => say!(
                "split-share-wrong",
                "{share} is not a share of the rows to hold out: it must be at least 0 and below 1",
                share
            ),
            Self::File(file) => say!(
                "split-by-file",
                "The validation rows come from the file {file}; no rows are held out from the training file",
                file
            ),
        }
    }
}

impl PrepareError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Empty => say!("prepare-no-rows", "There is no row to learn from"),
            Self::NoLearnableToken { rows, why } => {
                say!(
                    "prepare-nothing-to-learn", rows;
                    "The only row has no token to learn: {why}", "None of the {rows} rows has a token to learn: {why}", rows, why
                )
            }
            Self::TooLong { count, rows, limit, row, tokens } => say!(
                "prepare-rows-too-long", count;
                "1 of {rows} rows is longer than {limit} tokens: row {row} has {tokens}",
                "{count} of {rows} rows are longer than {limit} tokens; the longest, row {row}, has {tokens}",
                count, rows, limit, row, tokens
            ),
            Self::Row { row, source } => {
                say!("prepare-row-fails", "Row {row}: {problem}", row, problem = source.sentence())
            }
            Self::AllRefused { rows, why } => say!(
                "prepare-all-refused", rows;
                "The only row cannot be rendered. {why}", "None of the {rows} rows can be rendered. The first: {why}", rows, why
            ),
            Self::Render(error) => error.sentence(),
            Self::Cancelled => say!("prepare-cancelled", "The preparation was cancelled"),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Sentence {
        match self {
            Self::Empty => say!(
                "prepare-no-rows-hint",
                "Every row was left out, or held out. Look at the dataset's problems (`tunesmith data inspect FILE`)"
            ),
            Self::NoLearnableToken { .. } => say!(
                "prepare-nothing-to-learn-hint",
                "Look at the rows: answers that are judged bad or have weight 0 are not learned, nor is what a max length cuts off"
            ),
            Self::TooLong { .. } => {
                say!(
                    "prepare-rows-too-long-hint",
                    "Raise the max length as far as the model reads, or set “Too long” to truncate or drop"
                )
            }
            Self::AllRefused { .. } => say!("prepare-all-refused-hint", "Take another base model, or change the rows"),
            Self::Row { source, .. } | Self::Render(source) => source.hint(),
            Self::Cancelled => NOTHING,
        }
    }
}

impl TokensFileError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Io { path, reason } => {
                say!("tokens-file-failed", "{path}: {reason}", path, reason = io_reason(reason))
            }
            Self::Damaged { path, reason } => {
                say!("tokens-file-damaged", "{path} does not hold the tokens of a run: {reason}", path, reason)
            }
        }
    }
}

impl From<SplitError> for WireError {
    fn from(error: SplitError) -> Self {
        Self::invalid(error.sentence(), NOTHING)
    }
}

impl From<PrepareError> for WireError {
    fn from(error: PrepareError) -> Self {
        let code = if matches!(error, PrepareError::Cancelled) { ErrorCode::Cancelled } else { ErrorCode::Invalid };
        Self::new(code, error.sentence(), error.hint())
    }
}

impl From<TokensFileError> for WireError {
    fn from(error: TokensFileError) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let is_full = |reason: &std::io::Error| matches!(reason.kind(), StorageFull | QuotaExceeded | FileTooLarge);
        let full = matches!(&error, TokensFileError::Io { reason, .. } if is_full(reason));
        let code = if full { ErrorCode::DiskFull } else { ErrorCode::Internal };
        Self::new(code, error.sentence(), NOTHING)
    }
}
