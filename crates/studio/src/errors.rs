//! Errors of the system, the database and damaged files, as a person reads them: what happened, why, and what to do next.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use tunesmith_model::ModelError;
use tunesmith_protocol::{ErrorCode, WireError};

const FREE_SPACE: &str = "Free some space and try again";

/// An error of the system about a path.
pub(crate) fn io(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> WireError {
    let path = path.as_ref().to_path_buf();
    move |error| io_at(&path, &error)
}

/// An error of the system about a path.
pub(crate) fn io_at(path: &Path, error: &io::Error) -> WireError {
    let at = path.display();
    match error.kind() {
        _ if disk_is_full(error) => {
            WireError::new(ErrorCode::DiskFull, format!("The disk is full: {at} could not be written"), FREE_SPACE)
        }
        io::ErrorKind::NotFound => {
            WireError::new(ErrorCode::NotFound, format!("{at} does not exist"), "Check the path")
        }
        io::ErrorKind::PermissionDenied => WireError::invalid(
            format!("{at} may not be read or written by this user"),
            "Change its permissions or choose another place",
        ),
        _ => WireError::internal(format!("{at}: {error}")),
    }
}

/// Whether the disk, the quota or the largest file it takes is full.
pub(crate) fn disk_is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// A file of the home that is not what it was when it was written.
pub(crate) fn damaged(path: impl Into<PathBuf>) -> impl FnOnce(serde_json::Error) -> WireError {
    let path = path.into();
    move |error| WireError::internal(format!("{} is damaged: {error}", path.display()))
}

/// An error of the database.
pub(crate) fn database(error: rusqlite::Error) -> WireError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => {
            WireError::new(ErrorCode::DiskFull, "The disk is full: the database could not be written", FREE_SPACE)
        }
        _ => WireError::internal(format!("the database failed: {error}")),
    }
}

/// An error as a sentence: with a capital letter, unless it starts with a path or a name.
pub(crate) fn sentence(error: &dyn Display) -> String {
    let text = error.to_string();
    let plain_word = text.split_whitespace().next().is_some_and(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if plain_word => first.to_uppercase().chain(letters).collect(),
        _ => text,
    }
}

/// What a person reads when a model cannot be used.
pub(crate) fn model_error(error: ModelError) -> WireError {
    let hint = match &error {
        ModelError::NotAModel { .. } => "Choose a folder with config.json, tokenizer.json and *.safetensors",
        ModelError::UnsupportedFamily { .. } => "Choose a model of a supported family",
        ModelError::Weights { .. } | ModelError::Tensor { .. } => "Download or copy the model again",
        ModelError::Device(_) => "Choose the processor in Settings, or mend what is missing",
        _ => "",
    };
    let code = match &error {
        ModelError::Io { source, .. } if disk_is_full(source) => ErrorCode::DiskFull,
        ModelError::Cancelled => ErrorCode::Cancelled,
        ModelError::Candle(_) | ModelError::UnknownParameter(_) => ErrorCode::Internal,
        _ => ErrorCode::Invalid,
    };
    WireError::new(code, sentence(&error), hint)
}
