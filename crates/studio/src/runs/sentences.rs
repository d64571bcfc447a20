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
        say!(
            "run-model-changed-hint",
            "Bring back the old files and the chat template that was chosen, or start a new run"
        ),
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

/// A checkpoint is damaged, and how it is told.
pub(super) fn checkpoint_damaged(name: &str, step: u32, reason: Sentence, kept: &Path) -> (Sentence, Sentence) {
    (
        say!(
            "run-checkpoint-damaged",
            "The checkpoint of step {step} of “{name}” is damaged and not used: {reason}",
            step,
            name,
            reason
        ),
        say!("run-checkpoint-damaged-hint", "It is kept as {kept}; delete it when you do not need it", kept),
    )
}

/// The tokens of a run were damaged, and how it is told that they are whole again.
pub(super) fn tokens_made_anew(name: &str, why: Sentence) -> (Sentence, Sentence) {
    (
        say!("run-tokens-made-anew", "The tokens of “{name}” were damaged and are made anew: {why}", name, why),
        say!("run-tokens-made-anew-hint", "The run goes on with the same rows as before"),
    )
}

/// Tokens are damaged, and cannot be made anew.
pub(super) fn tokens_lost(damage: WireError, why: WireError) -> WireError {
    WireError {
        message: say!(
            "run-tokens-lost",
            "{damage}. They cannot be made anew: {why}",
            damage = damage.message,
            why = why.message
        ),
        hint: say!("run-tokens-lost-hint", "Bring the folder tokens of the run back from a backup, or start a new run"),
        ..why
    }
}

/// `run.json` was damaged, and how it is told that it was written anew.
pub(super) fn manifest_made_anew(why: Sentence, aside: &Path) -> Sentence {
    say!(
        "run-manifest-made-anew",
        "run.json was damaged and is written anew from the run file; the damaged one is called {aside} now: {why}",
        aside,
        why
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
