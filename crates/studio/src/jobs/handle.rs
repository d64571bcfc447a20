//! A job in the hands of the work that it does: where it tells how far it is, and learns that it was cancelled.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tunesmith_protocol::{JobProgress, JobState, Unit};
use tunesmith_sentence::{Sentence, say};

use super::outcome::{Outcome, Ticket};
use super::{CancelToken, Jobs};

/// At most ten times a second.
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);

/// A job at work.
pub(crate) struct JobHandle {
    jobs: Jobs,
    id: String,
    cancel: CancelToken,
    outcome: Arc<Outcome>,
    told: Mutex<Option<Instant>>,
}

impl JobHandle {
    pub(super) fn new(jobs: Jobs, id: String, cancel: CancelToken, outcome: Arc<Outcome>) -> Self {
        Self { jobs, id, cancel, outcome, told: Mutex::default() }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    pub fn go_on(&self) -> ControlFlow<()> {
        self.cancel.go_on()
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.outcome.clone())
    }

    /// Tells how many rows are done; `Break` when the job was cancelled.
    pub fn rows(&self, note: &Sentence, done: u64, total: u64) -> ControlFlow<()> {
        self.progress(note, (done, total, Unit::Rows), done)
    }

    /// Tells how many bytes were read and how many rows were found in them; `Break` when the job was cancelled.
    pub fn bytes(&self, note: &Sentence, done: u64, total: u64, rows: u64) -> ControlFlow<()> {
        self.progress(note, (done, total, Unit::Bytes), rows)
    }

    /// Tells which share is done, from 0 to 1; `Break` when the job was cancelled.
    pub fn share(&self, note: &Sentence, fraction: f64) -> ControlFlow<()> {
        self.progress(note, ((fraction * 1000.0) as u64, 1000, Unit::Parts), 0)
    }

    /// Tells how many optimiser steps are done.
    pub fn steps(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.progress(&say!("job-training", "Training"), (done, total, Unit::Steps), 0)
    }

    /// Tells that the job waits for the user, or goes on.
    pub fn set_state(&self, state: JobState) {
        self.jobs.set_state(&self.id, state);
    }

    fn progress(&self, note: &Sentence, (done, total, unit): (u64, u64, Unit), rows: u64) -> ControlFlow<()> {
        let mut told = self.told.lock();
        if told.is_none_or(|told| told.elapsed() >= BETWEEN_EVENTS) {
            *told = Some(Instant::now());
            self.jobs.set_progress(&self.id, JobProgress { note: note.clone(), done, total, unit, rows });
        }
        self.go_on()
    }
}
