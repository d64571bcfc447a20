//! The errors of importing, rendering, splitting and preparing, each with a hint at what to do next.

mod importing;
mod rendering;

use std::path::PathBuf;

use tunesmith_protocol::{ErrorCode, WireError};

pub use importing::ImportError;
pub use rendering::RenderError;

/// Rows that cannot be split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The share is not in 0 ≤ share < 1.
    #[error("{0} is not a share of the rows to hold out: it must be at least 0 and below 1")]
    Share(f64),
    /// The held-out rows lie in a file of their own, which the caller imports.
    #[error("The validation rows come from the file {0}; no rows are held out from the training file")]
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
pub enum PrepareError {
    /// There are no rows.
    #[error("The dataset is empty: there is no row to learn from")]
    Empty,
    /// No row has a token to learn.
    #[error("None of the {rows} rows has a token to learn: {why}")]
    NoLearnableToken {
        /// Rows looked at.
        rows: u64,
        /// The likeliest reason.
        why: &'static str,
    },
    /// A row is too long and the settings refuse such rows.
    #[error("{count} of {rows} rows are longer than {limit} tokens; the longest, row {row}, has {tokens}")]
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
    #[error("Row {row}: {source}")]
    Row {
        /// The row, from 1.
        row: u64,
        /// Why.
        source: RenderError,
    },
    /// The renderer fails for every row.
    #[error("{0}")]
    Render(RenderError),
    /// The user cancelled.
    #[error("The preparation was cancelled")]
    Cancelled,
}

/// A file of tokens or lengths that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TokensFileError {
    /// The file cannot be written or read.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is damaged or something else.
    #[error("{} does not hold the tokens of a run: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
}

impl PrepareError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "Import a dataset with at least one row",
            Self::NoLearnableToken { .. } => {
                "Raise the max length, check the messages' weights, or set “Learn from” to all"
            }
            Self::TooLong { .. } => "Raise the max length, or set “Too long” to truncate or drop",
            Self::Row { source, .. } | Self::Render(source) => source.hint(),
            Self::Cancelled => "",
        }
    }
}

impl From<SplitError> for WireError {
    fn from(error: SplitError) -> Self {
        Self::invalid(error.to_string(), "")
    }
}

impl From<PrepareError> for WireError {
    fn from(error: PrepareError) -> Self {
        let code = if matches!(error, PrepareError::Cancelled) { ErrorCode::Cancelled } else { ErrorCode::Invalid };
        Self::new(code, error.to_string(), error.hint())
    }
}

impl From<TokensFileError> for WireError {
    fn from(error: TokensFileError) -> Self {
        let full =
            matches!(&error, TokensFileError::Io { reason, .. } if reason.kind() == std::io::ErrorKind::StorageFull);
        let code = if full { ErrorCode::DiskFull } else { ErrorCode::Internal };
        Self::new(code, error.to_string(), "")
    }
}
