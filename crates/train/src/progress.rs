//! What a run reports, and how it ends. The answer to each report is the only way to stop a run.

use std::path::PathBuf;

use tunesmith_protocol::{RunWork, StepMetrics};
use tunesmith_sentence::Sentence;

/// News of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The model is being loaded; from 0 to 1.
    Loading(f64),
    /// A resumed run goes on after this step: what was told about later steps no longer holds.
    Rewind {
        /// The step.
        step: u32,
    },
    /// A checkpoint is damaged and not used: one from after the step that a resumed run goes on from, or the best one.
    Damaged {
        /// The step that it was written after.
        step: u32,
        /// What is wrong with it.
        reason: Sentence,
        /// Where it is kept.
        kept: PathBuf,
    },
    /// An optimiser step is done.
    Step(StepMetrics),
    /// The validation rows were measured.
    Eval {
        /// After this step; 0 is before the first.
        step: u32,
        /// Mean negative log-likelihood in nats over the learned tokens.
        loss: f64,
    },
    /// A checkpoint is safe on the disk.
    Checkpoint {
        /// After this step.
        step: u32,
        /// Its folder.
        path: PathBuf,
    },
    /// The disk is full, or too many files are open. The weights stay in memory and the writing is tried again, also when the answer is to stop:
    /// the run then ends once it is written. Only to abort gives it up.
    DiskFull {
        /// What happened and what is needed, in a sentence.
        message: Sentence,
    },
    /// A step or a measurement is at work: a chance to stop between two batches.
    Working {
        /// Which of both.
        work: RunWork,
        /// The step, or the one that is measured after; 0 is before the first.
        step: u32,
        /// Rows done.
        done: u64,
        /// Rows in all.
        total: u64,
    },
}

/// How a run is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRequest {
    /// Write a checkpoint and keep the result so far.
    Save,
    /// Leave at once; the last checkpoint stays.
    Abort,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All steps are done, or early stopping ended it.
    Done {
        /// The last step.
        step: u32,
        /// The step that is kept.
        best_step: u32,
        /// The trained adapter or model.
        result: PathBuf,
    },
    /// Stopped by the caller.
    Stopped {
        /// The last step.
        step: u32,
        /// The newest checkpoint.
        checkpoint: PathBuf,
        /// The adapter or model so far.
        result: PathBuf,
    },
}
