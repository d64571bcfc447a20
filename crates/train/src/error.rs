//! Everything that can go wrong in training, told so that a person knows what to do next.

mod sentences;

use std::io;
use std::path::{Path, PathBuf};

use candle_lora::LoraError;
use tunesmith_model::ModelError;
use tunesmith_protocol::{ErrorCode, SettingProblem, WireError};
use tunesmith_sentence::{Sentence, say};

pub(crate) use sentences::size;

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum TrainError {
    /// Settings out of range or not possible together.
    Settings(Vec<SettingProblem>),
    /// Nothing to learn from.
    Empty(Sentence),
    /// The memory guard says no.
    TooBig {
        /// Rough need.
        needed_bytes: u64,
        /// What may be used.
        available_bytes: u64,
        /// What needs it, with sizes.
        parts: Sentence,
    },
    /// The output folder holds a run already.
    Occupied(PathBuf),
    /// A resumed run was given something else than it started with.
    Changed(Vec<Sentence>),
    /// There are checkpoints, but none of them is whole.
    NoGoodCheckpoint {
        /// The run's folder.
        folder: PathBuf,
        /// What is wrong with the newest.
        reason: Sentence,
    },
    /// The loss or the gradient is no longer a number.
    Diverged {
        /// The step.
        step: u32,
        /// That the loss, the gradient or the validation loss is no longer a number.
        reason: Sentence,
        /// The step and the folder of a checkpoint from before that a new run can continue from.
        checkpoint: Option<(u32, PathBuf)>,
    },
    /// The loss or the gradient was no number before anything was learned.
    NoNumber {
        /// Which of them.
        reason: Sentence,
    },
    /// All steps are done, and the model is as it was.
    NothingLearned {
        /// The last step.
        steps: u32,
        /// How that shows.
        reason: Sentence,
    },
    /// The disk is full.
    DiskFull {
        /// What happened, in a sentence.
        message: Sentence,
    },
    /// A file cannot be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A checkpoint's contents make no sense.
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, in words that follow the file's name.
        message: Sentence,
    },
    /// The model cannot be loaded, computed or saved.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The adapter cannot be loaded or saved.
    #[error(transparent)]
    Adapter(#[from] LoraError),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The threads to compute on could not be started.
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The caller said to leave at once.
    Aborted,
}

impl TrainError {
    /// What the screen may react to.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(_) | Self::Empty(_) | Self::Occupied(_) | Self::Changed(_) => ErrorCode::Invalid,
            Self::Diverged { .. } | Self::NoNumber { .. } | Self::NothingLearned { .. } => ErrorCode::Invalid,
            Self::TooBig { .. } => ErrorCode::TooBig,
            Self::DiskFull { .. } => ErrorCode::DiskFull,
            Self::Aborted => ErrorCode::Cancelled,
            Self::Model(_) | Self::Adapter(_) | Self::NoGoodCheckpoint { .. } => ErrorCode::Invalid,
            Self::Io { .. } | Self::Damaged { .. } | Self::Tensor(_) | Self::Threads(_) => ErrorCode::Internal,
        }
    }

    /// Whether a full disk (or quota, or the largest file it takes) is behind it.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. }) || any_cause(self, &|error| error.downcast_ref::<io::Error>().is_some_and(disk_is_full))
            // Libraries that print the cause instead of handing it on: ENOSPC, EFBIG, EDQUOT as the standard library prints them.
            || ["(os error 28)", "(os error 27)", "(os error 122)"].iter().any(|code| self.to_string().contains(code))
    }

    /// Whether this process, or the whole system, has too many files open: others close theirs again.
    pub(crate) fn is_out_of_files(&self) -> bool {
        any_cause(self, &|error| error.downcast_ref::<io::Error>().is_some_and(files_are_short))
            // As above: EMFILE and ENFILE.
            || cfg!(unix) && ["(os error 24)", "(os error 23)"].iter().any(|code| self.to_string().contains(code))
    }

    /// Whether it is to be tried again after a while.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_disk_full() || self.is_out_of_files()
    }

    /// What the run waits for, as a person reads it.
    pub(crate) fn waiting_message(&self, folder: &Path) -> Sentence {
        match self {
            Self::DiskFull { message } => message.clone(),
            other if other.is_out_of_files() => say!(
                "train-out-of-files",
                "Too many files are open: {folder} cannot be written ({reason}). Close other programs, then go on",
                folder,
                reason = other.sentence()
            ),
            other => say!(
                "train-disk-full",
                "The disk is full: {folder} cannot be written ({reason})",
                folder,
                reason = other.sentence()
            ),
        }
    }
}

impl From<TrainError> for WireError {
    fn from(error: TrainError) -> Self {
        WireError::new(error.code(), error.sentence(), error.hint())
    }
}

fn disk_is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// EMFILE or ENFILE, for which the standard library has no kind.
fn files_are_short(error: &io::Error) -> bool {
    match error.raw_os_error() {
        Some(23 | 24) => cfg!(unix),
        // ERROR_TOO_MANY_OPEN_FILES.
        Some(4) => cfg!(windows),
        _ => false,
    }
}

fn any_cause(
    error: &(dyn std::error::Error + 'static),
    matches: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool,
) -> bool {
    matches(error) || error.source().is_some_and(|source| any_cause(source, matches))
}
