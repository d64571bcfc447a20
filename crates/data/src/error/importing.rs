//! The errors of an import. Bad rows are not errors: they are `RowProblem`s.

use std::path::PathBuf;

use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

use super::io_reason::{io_reason, own_reason};

/// A file that cannot be imported.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum ImportError {
    /// No file was named.
    NoFile,
    /// The file does not exist.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The path is a folder without a dataset file below it.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be opened or read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says, or what is wrong with its bytes.
        reason: std::io::Error,
    },
    /// The file unpacks to so much more than its size that it must be a decompression bomb.
    Bomb {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no row.
    Empty {
        /// The file.
        path: PathBuf,
        /// What it holds instead of rows.
        found: Sentence,
    },
    /// The file is of a kind that holds no readable rows.
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        kind: Sentence,
    },
    /// Another program has cut the file.
    Shrunk {
        /// The file.
        path: PathBuf,
    },
    /// More rows are bad than anyone will look at.
    TooManyProblems {
        /// The file.
        path: PathBuf,
        /// The most problems an import may have.
        limit: u64,
        /// The first problem and its line.
        first: Sentence,
    },
    /// The user cancelled.
    Cancelled,
}

impl ImportError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NoFile => say!("import-no-file", "No dataset file was given"),
            Self::Missing { path } => say!("import-file-missing", "{path} does not exist", path),
            Self::Folder { path } => {
                say!("import-folder-empty", "{path} is a folder that holds no dataset file", path)
            }
            Self::Unreadable { path, reason } => {
                say!("import-unreadable", "{path} cannot be read: {reason}", path, reason = io_reason(reason))
            }
            Self::Bomb { path } => say!(
                "import-bomb",
                "{path} cannot be read: it is small and unpacks to more than 256 MB, over 200 times its own size",
                path
            ),
            Self::Empty { path, found } => say!("import-empty", "{path} is empty: {found}", path, found),
            Self::Unsupported { path, kind } => {
                say!("import-unsupported", "{path} is {kind}, which cannot be read as a dataset", path, kind)
            }
            Self::Shrunk { path } => say!("import-shrunk", "{path} became shorter while it was read", path),
            Self::TooManyProblems { path, limit, first } => say!(
                "import-too-many-problems",
                "{path} cannot be imported: more than {limit} of its rows cannot be used. {first}",
                path,
                limit,
                first
            ),
            Self::Cancelled => say!("import-cancelled", "The import was cancelled"),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Sentence {
        match self {
            Self::NoFile => say!(
                "import-no-file-hint",
                "Drop or pick a .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt or .md file, also packed as .gz or .zst, or a folder of them"
            ),
            Self::Missing { .. } => say!("import-file-missing-hint", "Check the path, or pick the file again"),
            Self::Folder { .. } => say!(
                "import-folder-empty-hint",
                "Pick a folder with .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt or .md files in it, also packed as .gz or .zst"
            ),
            Self::Bomb { .. } => say!(
                "import-bomb-hint",
                "Unpack it with a tool you trust and look at what it holds; import the unpacked file if it is right"
            ),
            Self::Unreadable { reason, .. } => unreadable_hint(reason),
            Self::Empty { .. } => say!("import-empty-hint", "Pick a file with at least one row"),
            Self::Shrunk { .. } => {
                say!("import-shrunk-hint", "Let the program that writes it finish, then import it again")
            }
            Self::Unsupported { kind, .. } if kind.key == "file-lfs-pointer" => {
                say!("import-lfs-pointer-hint", "Run `git lfs pull` in its folder, then import it again")
            }
            Self::Unsupported { kind, .. } if kind.key == "file-web-page" => say!(
                "import-web-page-hint",
                "The page was saved in the place of the file: download the file itself, after signing in where it asks for that"
            ),
            Self::Unsupported { .. } => say!(
                "import-unsupported-hint",
                "Rows are read from .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt and .md files: save yours as one of these"
            ),
            Self::TooManyProblems { .. } => say!(
                "import-too-many-problems-hint",
                "Check that it is the right file, and that its columns have the names expected"
            ),
            Self::Cancelled => NOTHING,
        }
    }
}

fn unreadable_hint(reason: &std::io::Error) -> Sentence {
    match reason.kind() {
        std::io::ErrorKind::OutOfMemory => {
            say!("import-workbook-too-large-hint", "Save its sheet as CSV UTF-8, and import that")
        }
        std::io::ErrorKind::InvalidData
            if own_reason(reason).is_some_and(|why| why.key == "import-workbook-encrypted") =>
        {
            say!("import-workbook-encrypted-hint", "Open it, save it without a password, and import that")
        }
        std::io::ErrorKind::InvalidData => say!(
            "import-damaged-hint",
            "Save or download the file again; if that does not help, save it as .jsonl and import that"
        ),
        std::io::ErrorKind::Unsupported => {
            say!("import-window-hint", "Unpack it with `zstd -d --long=31` and import what comes out")
        }
        _ => {
            say!("import-unreadable-hint", "Check that the file may be read and its disk is connected, then try again")
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
        Self::new(code, error.sentence(), error.hint())
    }
}
