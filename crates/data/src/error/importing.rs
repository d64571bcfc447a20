//! The errors of an import. Bad rows are not errors: they are `RowProblem`s.

use std::path::PathBuf;

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
    /// The file unpacks to so much more than its size that it must be a decompression bomb.
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
    /// Another program has cut the file.
    #[error("{} became shorter while it was read", path.display())]
    Shrunk {
        /// The file.
        path: PathBuf,
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
            Self::Shrunk { .. } => "Let the program that writes it finish, then import it again",
            Self::Unsupported { .. } => "Save it as .jsonl, .json, .csv, .tsv, .parquet, .txt or .md, and import that",
            Self::TooManyProblems { .. } => {
                "Check that it is the right file, and that its columns have the names expected"
            }
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
