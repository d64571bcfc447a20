//! Long commands that the caller gave an id: their progress on the task's topic, and their cancelling.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_protocol::{EventBody, TaskProgress, Topic};

use crate::follow::Board;

const BETWEEN_NEWS: Duration = Duration::from_millis(100);

/// The tasks that someone wants cancelled.
#[derive(Default)]
pub(crate) struct Tasks {
    cancelled: Mutex<HashSet<String>>,
}

impl Tasks {
    pub fn cancel(&self, id: &str) {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).insert(id.into());
    }

    fn is_cancelled(&self, id: &str) -> bool {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn forget(&self, id: &str) {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// A task at work; its topic ends when it is dropped. Without an id it tells no one.
pub(crate) struct Task<'a> {
    id: Option<String>,
    tasks: &'a Tasks,
    board: &'a Board,
    told: Option<Instant>,
}

impl<'a> Task<'a> {
    pub fn start(id: Option<String>, tasks: &'a Tasks, board: &'a Board) -> Self {
        Self { id, tasks, board, told: None }
    }

    /// Tells how far it is; `Break` when it was cancelled.
    pub fn progress(&mut self, what: &str, done: u64, total: u64) -> ControlFlow<()> {
        let Some(id) = &self.id else { return ControlFlow::Continue(()) };
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN_NEWS) {
            self.told = Some(Instant::now());
            let fraction = (total > 0).then(|| (done as f64 / total as f64).min(1.0));
            self.tell(id, what, fraction, false);
        }
        match self.tasks.is_cancelled(id) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn tell(&self, id: &str, what: &str, fraction: Option<f64>, done: bool) {
        let progress = TaskProgress { what: what.into(), fraction, done };
        self.board.publish(&Topic::Task(id.into()), EventBody::Task { progress });
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            self.tell(id, "", Some(1.0), true);
            self.board.end(&Topic::Task(id.clone()));
            self.tasks.forget(id);
        }
    }
}
