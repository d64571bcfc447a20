//! What a run's records add up to: its state, its losses, its size. Kept in the database beside how far the records were
//! read, so that a list of runs reads only what is new.

use std::io;

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_protocol::{Plan, RunRecord, RunState};

use super::RunFolder;
use super::journal::Tail;
use super::losses::{Losses, is_no_better};

/// The sum of a run's records so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunSummary {
    bytes: u64,
    lines: u64,
    pub state: RunState,
    pub plan: Option<Plan>,
    pub step: u32,
    pub loss: Option<f64>,
    /// The training loss of the first step.
    #[serde(default)]
    pub first_loss: Option<f64>,
    pub elapsed_ms: u64,
    pub best_step: Option<u32>,
    pub result: Option<String>,
    /// The validation losses.
    evals: Losses,
    /// The run's files on disk, measured when it was last at rest or wrote a checkpoint.
    #[serde(default)]
    pub size_bytes: u64,
    /// Lines that could not be read.
    #[serde(default)]
    pub damaged_lines: u64,
    /// The records as they were when they were last found intact.
    #[serde(default)]
    pub intact: Option<String>,
}

impl Default for RunSummary {
    fn default() -> Self {
        Self {
            bytes: 0,
            lines: 0,
            state: RunState::Preparing,
            plan: None,
            step: 0,
            loss: None,
            first_loss: None,
            elapsed_ms: 0,
            best_step: None,
            result: None,
            evals: Losses::default(),
            size_bytes: 0,
            damaged_lines: 0,
            intact: None,
        }
    }
}

impl RunSummary {
    /// Takes in what was appended since. Says whether there was anything.
    ///
    /// # Errors
    /// The records cannot be read: then what was known of them holds.
    pub fn catch_up(&mut self, folder: &RunFolder) -> io::Result<bool> {
        let length = match own_file::open(&folder.metrics()).and_then(|file| file.metadata()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            other => other?.len(),
        };
        if length < self.bytes {
            *self = Self::default();
        }
        if length == self.bytes {
            return Ok(false);
        }
        let mut files_changed = self.size_bytes == 0;
        let mut tail = Tail::at(folder.metrics(), self.bytes, self.lines);
        tail.read_all(|_, record| {
            files_changed |=
                !matches!(record, RunRecord::Step(_) | RunRecord::Preparing { .. } | RunRecord::Working { .. });
            self.add(record);
        });
        (self.bytes, self.lines) = (tail.offset(), tail.lines());
        self.damaged_lines += tail.damaged_lines();
        if files_changed {
            self.size_bytes = folder.size();
        }
        Ok(true)
    }

    /// Measures the run's files.
    pub fn measure(&mut self, folder: &RunFolder) {
        self.size_bytes = folder.size();
    }

    /// The validation loss before the first step.
    pub fn loss_at_start(&self) -> Option<f64> {
        self.evals.at_start()
    }

    /// The step that is kept, or would be if the run ended now, and its validation loss.
    pub fn kept(&self) -> Option<(u32, f64)> {
        self.evals.kept(self.best_step)
    }

    /// Whether there is a result that is no better than what the run began with.
    pub fn is_no_better(&self) -> bool {
        let validation = self.loss_at_start().zip(self.kept().map(|(_, loss)| loss));
        is_no_better(validation, self.first_loss.zip(self.loss))
    }

    /// Whether any records were taken in.
    pub fn is_known(&self) -> bool {
        self.lines > 0
    }

    /// Whether the records say that a process is at work.
    pub fn is_going(&self) -> bool {
        matches!(self.state, RunState::Preparing | RunState::Running | RunState::Paused { .. })
    }

    fn add(&mut self, record: RunRecord) {
        self.evals.add(&record);
        match record {
            RunRecord::Plan { plan } => self.plan = Some(*plan),
            RunRecord::Status { status } => self.state = status,
            RunRecord::Preparing { .. }
            | RunRecord::Working { .. }
            | RunRecord::Checkpoint { .. }
            | RunRecord::Eval { .. } => {}
            RunRecord::Step(metrics) => {
                self.step = metrics.step;
                self.loss = Some(metrics.loss);
                self.first_loss = self.first_loss.or(Some(metrics.loss).filter(|_| metrics.step == 1));
                self.elapsed_ms = metrics.elapsed_ms;
            }
            RunRecord::Rewind { step } => {
                self.step = step;
                (self.result, self.best_step) = (None, None);
            }
            RunRecord::Done { step, best_step, adapter, model } => {
                self.step = step;
                self.best_step = Some(best_step);
                self.result = adapter.or(model);
                self.state = RunState::Done;
            }
            RunRecord::Stopped { step, .. } => {
                self.step = step;
                self.state = RunState::Stopped;
            }
            RunRecord::Error { message, hint, .. } => self.state = RunState::Failed { message, hint },
        }
    }
}
