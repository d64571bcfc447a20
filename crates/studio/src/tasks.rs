//! Long commands that the caller gave an id: their progress on the task's topic, and their cancelling.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_protocol::{EventBody, TaskProgress, Topic};

use crate::follow::Board;

const BETWEEN_NEWS: Duration = Duration::from_millis(100);

/// How often it is asked whether to wait on for work that cannot be stopped.
const LOOK_UP: Duration = Duration::from_millis(50);

/// Does work that cannot be stopped midway, and waits for it as long as `go_on` says so: none when it does not any more.
/// The work then ends by itself, and its result is dropped.
pub(crate) fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    mut go_on: impl FnMut() -> ControlFlow<()>,
) -> Option<T> {
    let (give, take) = mpsc::channel();
    // Whoever waited may be gone.
    let worker = std::thread::spawn(move || drop(give.send(work())));
    loop {
        match take.recv_timeout(LOOK_UP) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Timeout) if go_on().is_break() => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => return None,
            },
        }
    }
}

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

    /// Takes back that someone wanted a task cancelled.
    pub fn forget(&self, id: &str) {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// A task at work; its topic ends when it is dropped. Without an id it tells no one.
pub(crate) struct Task {
    id: Option<String>,
    tasks: Arc<Tasks>,
    board: Arc<Board>,
    told: Option<Instant>,
}

impl Task {
    pub fn start(id: Option<String>, tasks: &Arc<Tasks>, board: &Arc<Board>) -> Self {
        Self { id, tasks: tasks.clone(), board: board.clone(), told: None }
    }

    /// Tells how far it is; `Break` when it was cancelled.
    pub fn progress(&mut self, what: &str, done: u64, total: u64) -> ControlFlow<()> {
        self.tell(what, (done, total), 0, 0)
    }

    /// The same of bytes that are read and rows that are found in them.
    pub fn counted(&mut self, what: &str, bytes: u64, total: u64, rows: u64) -> ControlFlow<()> {
        self.tell(what, (bytes, total), bytes, rows)
    }

    fn tell(&mut self, what: &str, (done, total): (u64, u64), bytes: u64, rows: u64) -> ControlFlow<()> {
        let Some(id) = &self.id else { return ControlFlow::Continue(()) };
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN_NEWS) {
            self.told = Some(Instant::now());
            let fraction = (total > 0).then(|| (done as f64 / total as f64).min(1.0));
            self.publish(id, TaskProgress { what: what.into(), fraction, bytes, rows, done: false });
        }
        match self.tasks.is_cancelled(id) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn publish(&self, id: &str, progress: TaskProgress) {
        self.board.publish(&Topic::Task(id.into()), EventBody::Task { progress });
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            self.publish(id, TaskProgress { what: String::new(), fraction: Some(1.0), bytes: 0, rows: 0, done: true });
            self.board.end(&Topic::Task(id.clone()));
            self.tasks.forget(id);
        }
    }
}
