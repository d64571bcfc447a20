//! What can stop an import, a split, a rendering or a preparation, each with what to do next. Bad rows are not
//! errors: they are `RowProblem`s.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tunesmith_protocol::{ErrorCode, WireError};

/// A file that cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No file was named.
    #[error("No dataset file was given")]
    NoFile,
    /// The file does not exist.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The path is a folder without a dataset file below it.
    #[error("{} is a folder that holds no dataset file", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be opened or read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file unpacks to far more than it can hold of anybody's rows.
    #[error("{} cannot be read: it is small and unpacks to more than 256 MB, over 200 times its own size", path.display())]
    Bomb {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no row.
    #[error("{} is empty: {found}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What it holds instead of rows.
        found: &'static str,
    },
    /// The file is of a kind that holds no readable rows.
    #[error("{} is {kind}, which cannot be read as a dataset", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        kind: &'static str,
    },
    /// More rows are bad than anyone will look at.
    #[error("{} cannot be imported: more than {limit} of its rows cannot be used. {first}", path.display())]
    TooManyProblems {
        /// The file.
        path: PathBuf,
        /// The most problems an import may have.
        limit: u64,
        /// The first problem and its line.
        first: String,
    },
    /// The user cancelled.
    #[error("The import was cancelled")]
    Cancelled,
}

impl ImportError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoFile => {
                "Drop or pick a .jsonl, .json, .csv, .tsv, .parquet, .txt or .md file, also packed as .gz or .zst, or a folder of them"
            }
            Self::Missing { .. } => "Check the path, or pick the file again",
            Self::Folder { .. } => {
                "Pick a folder with .jsonl, .json, .csv, .tsv, .parquet, .txt or .md files in it, also packed as .gz or .zst"
            }
            Self::Bomb { .. } => {
                "Unpack it with a tool you trust and look at what it holds; import the unpacked file if it is right"
            }
            Self::Unreadable { reason, .. } if reason.kind() == std::io::ErrorKind::InvalidData => {
                "Save or download the file again; if that does not help, save it as .jsonl and import that"
            }
            Self::Unreadable { .. } => "Check that the file may be read and its disk is connected, then try again",
            Self::Empty { .. } => "Pick a file with at least one row",
            Self::Unsupported { .. } => "Save it as .jsonl, .json, .csv, .tsv, .parquet, .txt or .md, and import that",
            Self::TooManyProblems { .. } => {
                "Check that it is the right file, and that its columns have the names expected"
            }
            Self::Cancelled => "",
        }
    }
}

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

/// A model folder or a conversation that cannot be rendered.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum RenderError {
    /// The folder or its tokenizer is not there.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file of the folder cannot be read.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The chat template has a mistake.
    #[error("The chat template in {} cannot be used: {reason}", path.display())]
    Template {
        /// The file it came from.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The chat template refuses this conversation, in its own words.
    #[error("The model's chat template refuses this conversation: {0}")]
    Refused(String),
    /// The chat template fails on this conversation.
    #[error("The model's chat template fails on this conversation: {0}")]
    Render(String),
    /// The row is an answer that is not to be given.
    #[error("This row is an answer that somebody has judged bad: there is nothing to learn from it")]
    NothingTaught,
    /// Where the template writes an answer cannot be told from its rendering.
    #[error(
        "The model's chat template does not show message {0} in one place of its own, so it cannot be learned alone"
    )]
    Unclear(usize),
    /// The tokenizer fails on this text.
    #[error("The model's tokenizer fails on this text: {0}")]
    Tokenizer(String),
    /// The worker process that renders ended over its work, or was ended.
    #[error("The model's chat template or tokenizer {0}")]
    Worker(String),
    /// The worker process cannot be started.
    #[error("{}, which renders conversations, cannot be started: {reason}", path.display())]
    NoWorker {
        /// The program.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The program that is to render is not of this version.
    #[error(
        "{} is {}, and this is Tunesmith {ours}: only the same version can render for it",
        path.display(),
        version.as_ref().map_or_else(|| "another program or an older Tunesmith".into(), |version| format!("Tunesmith {version}"))
    )]
    OtherVersion {
        /// The program.
        path: PathBuf,
        /// Its version; none where it does not say.
        version: Option<String>,
        /// The version that asks.
        ours: String,
    },
}

/// Rows that ended what renders them, so that none of them has tokens.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct RowsError {
    /// The row it ended over, from 0; none where no row is to blame.
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
    /// Nothing can be rendered, whatever the row.
    #[error("{0}")]
    Render(RenderError),
    /// The user cancelled.
    #[error("The preparation was cancelled")]
    Cancelled,
}

/// A file of frozen tokens that cannot be written or read.
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

impl RenderError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::File { .. } => {
                "Choose a Hugging Face model folder with a readable tokenizer.json"
            }
            Self::Template { .. } => "Repair the template, or remove it to use a plain one",
            Self::Refused(_) => {
                "Change the rows it names (often a system message, or two messages of one role in a row), or take another base model"
            }
            Self::Render(_) => "Take a base model with another chat template",
            Self::NothingTaught => "Train on the rows whose label is true; these are left out",
            Self::Unclear(_) => {
                "Take a base model with another chat template, or set “Learn from” to all and leave out weights"
            }
            Self::Worker(_) => {
                "Shorten or leave out this text, or take another base model: this one asks more of a text than models do"
            }
            Self::OtherVersion { .. } => {
                "Install Tunesmith again, so that `tunesmith` and `tunesmith-desktop` come from one package, and restart it"
            }
            Self::NoWorker { .. } => "Install Tunesmith again: `tunesmith` and `tunesmith-desktop` lie side by side",
            Self::Tokenizer(_) => "Take another base model, or remove the text it fails on",
        }
    }
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

impl From<ImportError> for WireError {
    fn from(error: ImportError) -> Self {
        let code = match error {
            ImportError::Cancelled => ErrorCode::Cancelled,
            ImportError::Missing { .. } => ErrorCode::NotFound,
            _ => ErrorCode::Invalid,
        };
        Self::new(code, error.to_string(), error.hint())
    }
}

impl From<SplitError> for WireError {
    fn from(error: SplitError) -> Self {
        Self::invalid(error.to_string(), "")
    }
}

impl From<RenderError> for WireError {
    fn from(error: RenderError) -> Self {
        Self::invalid(error.to_string(), error.hint())
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
