//! Everything that can go wrong in training, told so that a person knows what to do next.

use std::io;
use std::path::PathBuf;

use candle_lora::LoraError;
use tunesmith_model::ModelError;
use tunesmith_protocol::{ErrorCode, SettingProblem, WireError};

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Settings out of range or not possible together.
    #[error("{}", sentences(.0))]
    Settings(Vec<SettingProblem>),
    /// Nothing to learn from.
    #[error("There is nothing to learn from: {0}")]
    Empty(String),
    /// The memory guard says no.
    #[error("This needs about {} of memory ({parts}), and {} are free", bytes(*needed_bytes), bytes(*available_bytes))]
    TooBig {
        /// Rough need.
        needed_bytes: u64,
        /// What may be used.
        available_bytes: u64,
        /// What needs it, with sizes.
        parts: String,
    },
    /// The output folder holds a run already.
    #[error("{} holds a run already", .0.display())]
    Occupied(PathBuf),
    /// A resumed run was given something else than it started with.
    #[error("The run was started with something else: {}", .0.join("; "))]
    Changed(Vec<String>),
    /// There are checkpoints, but none of them is whole.
    #[error("No checkpoint in {} can be used: {reason}", folder.display())]
    NoGoodCheckpoint {
        /// The run's folder.
        folder: PathBuf,
        /// What is wrong with the newest.
        reason: String,
    },
    /// The loss or the gradient is no longer a number.
    #[error("Step {step}: the {what} is no longer a number")]
    Diverged {
        /// The step.
        step: u32,
        /// loss, gradient or validation loss.
        what: &'static str,
    },
    /// The disk is full.
    #[error("{message}")]
    DiskFull {
        /// What happened, in a sentence.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A checkpoint's contents make no sense.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The model cannot be loaded, computed or saved.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The adapter cannot be loaded or saved.
    #[error(transparent)]
    Adapter(#[from] LoraError),
    /// A tensor operation failed.
    #[error("{0}")]
    Tensor(#[from] candle_core::Error),
    /// The threads to compute on could not be started.
    #[error("The threads to compute on could not be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The caller said to leave at once.
    #[error("The run was left at once")]
    Aborted,
}

impl TrainError {
    /// What the screen may react to.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(_) | Self::Empty(_) | Self::Occupied(_) | Self::Changed(_) | Self::Diverged { .. } => {
                ErrorCode::Invalid
            }
            Self::TooBig { .. } => ErrorCode::TooBig,
            Self::DiskFull { .. } => ErrorCode::DiskFull,
            Self::Aborted => ErrorCode::Cancelled,
            Self::Model(_) | Self::Adapter(_) | Self::NoGoodCheckpoint { .. } => ErrorCode::Invalid,
            Self::Io { .. } | Self::Damaged { .. } | Self::Tensor(_) | Self::Threads(_) => ErrorCode::Internal,
        }
    }

    /// What to do next; empty when there is nothing sensible to say.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty(_) => "Check the data screen: it says why rows were dropped",
            Self::TooBig { .. } => "Lower the batch size or the max length, choose method lora, or take a smaller base model",
            Self::Occupied(_) => "Resume it, or choose another folder",
            Self::Changed(_) => "Resume with what it was started with (Settings has the device), or start a new run",
            Self::NoGoodCheckpoint { .. } => "Start a new run",
            Self::Diverged { .. } => "Lower the learning rate, or set a max gradient norm, and resume from the last checkpoint or train again",
            Self::DiskFull { .. } => "Free some space and resume the run",
            _ => "",
        }
        .into()
    }

    /// Whether a full disk (or quota, or the largest file it takes) is behind it.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. }) || any_cause(self, &|error| error.downcast_ref::<io::Error>().is_some_and(disk_is_full))
            // Libraries that print the cause instead of handing it on: ENOSPC, EFBIG, EDQUOT as the standard library prints them.
            || ["(os error 28)", "(os error 27)", "(os error 122)"].iter().any(|code| self.to_string().contains(code))
    }
}

impl TrainError {
    /// A full disk as a person reads it.
    pub(crate) fn full_message(&self, folder: &std::path::Path) -> String {
        match self {
            Self::DiskFull { message } => message.clone(),
            other => format!("The disk is full: {} cannot be written ({other})", folder.display()),
        }
    }
}

impl From<TrainError> for WireError {
    fn from(error: TrainError) -> Self {
        WireError::new(error.code(), error.to_string(), error.hint())
    }
}

fn disk_is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

fn any_cause(
    error: &(dyn std::error::Error + 'static),
    matches: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool,
) -> bool {
    matches(error) || error.source().is_some_and(|source| any_cause(source, matches))
}

fn sentences(problems: &[SettingProblem]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// A size as people read it, e.g. `1.4 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        small if small < 1e6 => format!("{:.0} kB", (small / 1e3).ceil()),
        middle if middle < 1e9 => format!("{:.0} MB", middle / 1e6),
        large => format!("{:.1} GB", large / 1e9),
    }
}
