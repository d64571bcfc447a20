//! What a person reads of each error: what happened and why, and what to do next.

use tunesmith_data::io_reason;
use tunesmith_sentence::{NOTHING, Sentence, say};

use super::TrainError;

impl TrainError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Settings(problems) => Sentence::joined(problems.iter().map(|problem| problem.message.clone())),
            Self::Empty(reason) => say!("train-nothing-to-learn", "There is nothing to learn from: {reason}", reason),
            Self::TooBig { needed_bytes, available_bytes, parts } => say!(
                "train-too-big",
                "This needs about {needed} of memory ({parts}), and {available} are free",
                needed = size(*needed_bytes),
                parts,
                available = size(*available_bytes)
            ),
            Self::Occupied(folder) => say!("train-folder-occupied", "{folder} holds a run already", folder),
            Self::Changed(changes) => say!(
                "train-inputs-changed",
                "The run was started with something else: {changes}",
                changes = Sentence::joined(changes.iter().cloned())
            ),
            Self::NoGoodCheckpoint { folder, reason } => {
                say!("train-no-good-checkpoint", "No checkpoint in {folder} can be used: {reason}", folder, reason)
            }
            Self::Diverged { step, reason, .. } => say!("train-diverged", "Step {step}: {reason}", step, reason),
            Self::NoNumber { reason } => {
                say!("train-no-number", "{reason}, before anything was learned", reason)
            }
            Self::NothingLearned { steps, reason } => say!(
                "train-learned-nothing",
                steps;
                "Nothing was learned in 1 step: {reason}",
                "Nothing was learned in {steps} steps: {reason}",
                steps,
                reason
            ),
            Self::DiskFull { message } => message.clone(),
            Self::Io { path, source } => say!("file-wrong", "{path}: {reason}", path, reason = io_reason(source)),
            Self::Damaged { path, message } => say!("file-wrong", "{path}: {reason}", path, reason = message),
            Self::Model(error) => error.sentence(),
            Self::Adapter(error) => error.sentence(),
            Self::Tensor(error) => Sentence::verbatim(error.to_string()),
            Self::Threads(error) => say!(
                "train-threads-failed",
                "The threads to compute on could not be started: {error}",
                error = error.to_string()
            ),
            Self::Aborted => say!("train-left", "The run was left at once"),
        }
    }

    /// What to do next; empty when there is nothing sensible to say.
    pub fn hint(&self) -> Sentence {
        match self {
            Self::Empty(_) => {
                say!("train-nothing-to-learn-hint", "Check the data screen: it says why rows were dropped")
            }
            Self::TooBig { .. } => say!(
                "train-too-big-hint",
                "Lower the batch size or the max length, choose method lora, or take a smaller base model"
            ),
            Self::Occupied(_) => say!("train-folder-occupied-hint", "Resume it, or choose another folder"),
            Self::Changed(_) => say!(
                "train-inputs-changed-hint",
                "Resume with what it was started with (Settings has the device), or start a new run"
            ),
            Self::NoGoodCheckpoint { .. } => say!("train-no-good-checkpoint-hint", "Start a new run"),
            Self::Diverged { checkpoint: Some((step, folder)), .. } => say!(
                "train-diverged-continue-hint",
                "A resumed run keeps its rate. Start a new one with a lower learning rate: set Continue from (init_adapter) to step {step}, {folder}",
                step,
                folder
            ),
            Self::Diverged { checkpoint: None, .. } => say!(
                "train-diverged-hint",
                "A resumed run keeps its learning rate. Train again with a lower learning rate, or with a max gradient norm"
            ),
            Self::NoNumber { .. } => say!(
                "train-no-number-hint",
                "The base model, or the adapter that the run continues from, gives results that are not numbers (NaN): its files may be damaged"
            ),
            Self::NothingLearned { .. } => say!(
                "train-learned-nothing-hint",
                "Check that the base model is whole (weights of zeros learn nothing), that learning rate and max gradient norm are not next to 0, and look at the learned tokens in the preview"
            ),
            Self::Damaged { .. } => say!(
                "train-damaged-hint",
                "Bring the checkpoint back from a backup, or delete its folder: the run goes on from the one before"
            ),
            Self::DiskFull { .. } => say!("train-disk-full-hint", "Free some space and resume the run"),
            _ => NOTHING,
        }
    }
}

/// A size as people read it, e.g. `1.4 GB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes as f64 {
        small if small < 1e6 => format!("{:.0} kB", (small / 1e3).ceil()),
        middle if middle < 1e9 => format!("{:.0} MB", middle / 1e6),
        large => format!("{:.1} GB", large / 1e9),
    }
}
