//! Errors of the system, the database and damaged files, as a person reads them: what happened, why, and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use tunesmith_data::{io_reason, own_file};
use tunesmith_model::ModelError;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

/// An error of the system about a path.
pub(crate) fn io(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> WireError {
    let path = path.as_ref().to_path_buf();
    move |error| io_at(&path, &error)
}

/// An error of the system about a path.
pub(crate) fn io_at(path: &Path, error: &io::Error) -> WireError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            let message = say!(
                "home-file-too-large",
                "{path} may not grow: this shell, or the disk, limits how large a file is",
                path
            );
            WireError::new(ErrorCode::DiskFull, message, raise_limit_hint())
        }
        _ if disk_is_full(error) => {
            let message = say!("home-disk-full", "The disk is full: {path} could not be written", path);
            WireError::new(ErrorCode::DiskFull, message, free_space_hint())
        }
        io::ErrorKind::NotFound => missing(path),
        io::ErrorKind::PermissionDenied => WireError::invalid(
            say!("home-path-forbidden", "{path} may not be read or written by this user", path),
            say!("home-path-forbidden-hint", "Change its permissions or choose another place"),
        ),
        kind => {
            let message = say!("home-path-failed", "{path}: {error}", path, error = io_reason(error));
            match (own_file::refused(error), hint_for(kind)) {
                (Some(_), _) => WireError::invalid(message, not_ours_hint(path)),
                (None, Some(hint)) => WireError::invalid(message, hint),
                (None, None) => WireError::internal(message),
            }
        }
    }
}

/// What to do about a path with which the system can do nothing.
fn hint_for(kind: io::ErrorKind) -> Option<Sentence> {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory, ReadOnlyFilesystem};
    match kind {
        AlreadyExists => Some(say!("home-path-taken-hint", "Move it away, or choose another name")),
        NotADirectory => Some(say!("home-path-no-folder-hint", "Name a folder")),
        IsADirectory => Some(say!("home-path-a-folder-hint", "Name a file")),
        InvalidFilename => Some(say!("home-path-name-hint", "Choose a shorter name, of letters and digits")),
        ReadOnlyFilesystem => Some(say!("home-path-read-only-hint", "Choose a place on another disk")),
        _ => None,
    }
}

/// There is nothing at a path.
pub(crate) fn missing(path: &Path) -> WireError {
    let message = say!("home-path-missing", "{path} does not exist", path);
    WireError::new(ErrorCode::NotFound, message, say!("home-path-missing-hint", "Check the path"))
}

/// What to do about something that lies in the place of a file of ours.
pub(crate) fn not_ours_hint(path: &Path) -> Sentence {
    say!("home-not-ours-hint", "Move {path} away, or bring the file itself back from a backup", path)
}

/// Whether the disk, the quota or the largest file it takes is full. Libraries wrap such an error into their own.
pub(crate) fn disk_is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let is_full = |error: &io::Error| matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge);
    let first = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    let mut causes = std::iter::successors(first, |cause| cause.source());
    is_full(error) || causes.any(|cause| cause.downcast_ref().is_some_and(is_full))
}

/// A file of the home that is not what it was when it was written.
pub(crate) fn damaged(path: impl Into<PathBuf>) -> impl FnOnce(serde_json::Error) -> WireError {
    let path = path.into();
    move |error| {
        let error = error.to_string();
        let hint = say!("home-file-damaged-hint", "Bring {path} back from a backup, if there is one", path = &path);
        let message = say!("home-file-damaged", "{path} is damaged: {error}", path, error);
        WireError { hint, ..WireError::internal(message) }
    }
}

/// An error of the database.
pub(crate) fn database(error: rusqlite::Error) -> WireError {
    match error.sqlite_error_code() {
        code if code == Some(rusqlite::ErrorCode::DiskFull) || its_index_cannot_grow(&error) => {
            let message = say!("home-database-full", "The disk is full: the database could not be written");
            WireError::new(ErrorCode::DiskFull, message, free_space_hint())
        }
        // SQLite does not say why a write failed.
        Some(rusqlite::ErrorCode::SystemIoFailure) if files_are_limited() => {
            let message =
                say!("home-database-limited", "The database may not grow: this shell limits how large a file is");
            WireError::new(ErrorCode::DiskFull, message, raise_limit_hint())
        }
        _ => {
            let error = error.to_string();
            WireError::internal(say!("home-database-failed", "the database failed: {error}", error))
        }
    }
}

/// Of the index beside its log, SQLite only says that the file could not be made as large as it must be.
fn its_index_cannot_grow(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// What could not be turned into JSON.
pub(crate) fn unwritable(error: serde_json::Error) -> WireError {
    WireError::internal(Sentence::verbatim(error.to_string()))
}

/// What a person reads when a model cannot be used.
pub(crate) fn model_error(error: ModelError) -> WireError {
    let hint = match &error {
        ModelError::NotAModel { .. } => {
            say!("model-folder-hint", "Choose a folder with config.json, tokenizer.json and *.safetensors")
        }
        ModelError::UnsupportedFamily { .. } => say!("model-family-hint", "Choose a model of a supported family"),
        ModelError::Weights { .. } | ModelError::Tensor { .. } => {
            say!("model-damaged-hint", "Download or copy the model again")
        }
        ModelError::Quantized { .. } => {
            say!("model-quantized-hint", "Choose the original model, from which this one was quantized")
        }
        ModelError::Device(_) => {
            say!("model-device-hint", "Choose the processor in Settings, or mend what is missing")
        }
        _ => NOTHING,
    };
    let code = match &error {
        ModelError::Io { source, .. } if disk_is_full(source) => ErrorCode::DiskFull,
        ModelError::Cancelled => ErrorCode::Cancelled,
        ModelError::Candle(_) | ModelError::UnknownParameter(_) => ErrorCode::Internal,
        _ => ErrorCode::Invalid,
    };
    WireError::new(code, error.sentence(), hint)
}

/// What to do about a base model that cannot be used.
pub(crate) fn another_model_hint() -> Sentence {
    say!("model-choose-another-hint", "Choose another base model")
}

fn raise_limit_hint() -> Sentence {
    say!("home-file-too-large-hint", "Raise the limit: ulimit -f unlimited")
}

/// Whether this process may only write files up to some length (`ulimit -f`).
#[cfg(unix)]
fn files_are_limited() -> bool {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Fsize).current.is_some()
}

#[cfg(not(unix))]
fn files_are_limited() -> bool {
    false
}

fn free_space_hint() -> Sentence {
    say!("home-disk-full-hint", "Free some space and try again")
}
