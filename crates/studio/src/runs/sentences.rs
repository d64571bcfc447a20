//! What is said of runs: why something that is asked of one is refused, why one waits, and why one has ended.

use std::any::Any;
use std::path::Path;

use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

pub(super) fn not_running(name: &str) -> WireError {
    WireError::invalid(say!("run-not-running", "“{name}” is not running", name), NOTHING)
}

pub(super) fn waits_already(name: &str) -> WireError {
    WireError::invalid(say!("run-waits-already", "“{name}” is queued already", name), NOTHING)
}

pub(super) fn goes_already(name: &str) -> WireError {
    WireError::invalid(say!("run-goes-already", "“{name}” is running already", name), NOTHING)
}

pub(super) fn is_finished(name: &str) -> WireError {
    WireError::invalid(say!("run-finished", "“{name}” is finished; start a new run to train again", name), NOTHING)
}

pub(super) fn other_model(folder: &Path, name: &str) -> WireError {
    WireError::invalid(
        say!(
            "run-model-changed",
            "The base model in {folder} is not the one that “{name}” was started with",
            folder,
            name
        ),
        say!("run-model-changed-hint", "Bring the old files back, or start a new run"),
    )
}

pub(super) fn records_are_full() -> Sentence {
    say!("run-records-disk-full", "The disk is full, so what happens in this run cannot be recorded")
}

pub(super) fn folder_gone(folder: &Path) -> WireError {
    WireError::new(
        ErrorCode::NotFound,
        say!("run-deleted-at-work", "The folder of the run was deleted while it trained: {folder}", folder),
        say!("run-deleted-at-work-hint", "Start the run again; to end one, stop it first and delete it then"),
    )
}

pub(super) fn left() -> WireError {
    cancelled(say!("run-left", "The run was left"))
}

pub(super) fn stopped_early() -> WireError {
    cancelled(say!("run-stopped-early", "The run was stopped before its first step"))
}

pub(super) fn panicked(panic: &(dyn Any + Send)) -> WireError {
    let said =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    let reason = said.map_or_else(|| say!("run-panicked-silently", "no reason given"), Sentence::verbatim);
    WireError::new(
        ErrorCode::Internal,
        say!("run-panicked", "The training stopped unexpectedly: {reason}", reason),
        say!(
            "run-panicked-hint",
            "Resume the run from its newest checkpoint; if it happens again, report it with the log"
        ),
    )
}

fn cancelled(message: Sentence) -> WireError {
    WireError::new(ErrorCode::Cancelled, message, say!("run-resume-hint", "Resume it to go on"))
}
