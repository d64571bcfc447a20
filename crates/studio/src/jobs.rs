//! Everything that takes time is a job: it waits in the queue for what it claims, tells how far it is, and can be cancelled.
//! Who may start is decided here and nowhere else. What a job does is left to those who submit it.

mod abandonable;
mod cancel;
mod claims;
mod handle;
mod memory;
mod new_job;
pub(crate) mod notes;
mod outcome;
mod queue;
mod scheduler;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tunesmith_protocol::{ErrorCode, Job, JobKind, JobState, Move, Topic, WireError};
use tunesmith_sentence::{NOTHING, say};

pub(crate) use abandonable::abandonable;
pub(crate) use cancel::CancelToken;
pub(crate) use claims::Claim;
pub(crate) use handle::JobHandle;
pub(crate) use memory::{MemoryGuard, Reservation};
pub(crate) use new_job::NewJob;
pub(crate) use outcome::Ticket;

use crate::home::db::Db;
use crate::topics::Topics;
use queue::Queue;

/// The jobs of a home. Cloning it gives another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Jobs(Arc<Shared>);

struct Shared {
    /// A job that is still at work when the home closes does not keep the database open.
    db: Weak<Db>,
    topics: Arc<Topics>,
    queue: Mutex<Queue>,
    /// Someone may start, or was cancelled, or has ended.
    changed: Condvar,
    /// What jobs that outlive the window hold on to.
    owner: OnceLock<Weak<dyn Any + Send + Sync>>,
}

impl Jobs {
    pub fn new(db: &Arc<Db>, topics: Arc<Topics>) -> Self {
        let db = Arc::downgrade(db);
        let (queue, changed, owner) = (Mutex::default(), Condvar::new(), OnceLock::new());
        Self(Arc::new(Shared { db, topics, queue, changed, owner }))
    }

    /// Names what jobs that keep the home open hold on to; to be called once.
    pub fn set_owner(&self, owner: Weak<dyn Any + Send + Sync>) {
        // The first who says so decides.
        let _ = self.0.owner.set(owner);
    }

    /// Does work as a job in this thread, once nobody else has what it claims.
    ///
    /// # Errors
    /// What the work says; cancelled, when that came before it could start.
    pub fn run<T>(&self, job: NewJob, work: impl FnOnce(&JobHandle) -> Result<T, WireError>) -> Result<T, WireError> {
        self.run_within(None, job, work)
    }

    /// The same, waiting at most so long for others to end.
    ///
    /// # Errors
    /// As `run`, and busy when it took too long.
    pub fn run_within<T>(
        &self,
        patience: Option<Duration>,
        job: NewJob,
        work: impl FnOnce(&JobHandle) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        let handle = self.enter(job, None, None)?;
        if let Err(error) = self.wait_for_turn(&handle, patience) {
            self.end(handle.id(), Err(error.clone()));
            return Err(error);
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(&handle)));
        let done = done.map(|result| result.map_err(|error| self.why_cancelled(error)));
        let result = match &done {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.clone()),
            Err(_) => Err(ended_unexpectedly()),
        };
        self.end(handle.id(), result);
        match done {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Who hears that the home closes asks again, of whoever has it next.
    fn why_cancelled(&self, error: WireError) -> WireError {
        match error.code == ErrorCode::Cancelled && self.0.queue.lock().closed {
            true => closing(),
            false => error,
        }
    }

    /// Does work as a job in a thread of its own, once nobody else has what it claims. The ticket tells how it ended.
    ///
    /// # Errors
    /// A job of its id is queued, or the home is closing.
    pub fn spawn(
        &self,
        job: NewJob,
        work: impl FnOnce(&JobHandle) -> Result<(), WireError> + Send + 'static,
    ) -> Result<Ticket, WireError> {
        let handle = self.enter(job, Some(Box::new(work)), None)?;
        let ticket = handle.ticket();
        self.start_whoever_may();
        Ok(ticket)
    }

    /// The same, with something to do when it has ended and has left the queue, before the next job starts.
    ///
    /// # Errors
    /// As `spawn`.
    pub fn spawn_then(
        &self,
        job: NewJob,
        work: impl FnOnce(&JobHandle) -> Result<(), WireError> + Send + 'static,
        on_end: impl FnOnce(Result<(), WireError>) + Send + 'static,
    ) -> Result<(), WireError> {
        self.enter(job, Some(Box::new(work)), Some(Box::new(on_end)))?;
        self.start_whoever_may();
        Ok(())
    }

    /// Lets the jobs go on that were queued when the program last ended.
    pub fn unpark(&self) {
        self.0.queue.lock().entries.iter_mut().for_each(|entry| entry.parked = false);
        self.0.topics.library_changed();
        self.start_whoever_may();
    }

    /// Lets one of them go on; false where it is not one of them.
    pub fn unpark_one(&self, id: &str) -> bool {
        let mut queue = self.0.queue.lock();
        let was_parked = queue.find_mut(id).is_some_and(|entry| std::mem::replace(&mut entry.parked, false));
        drop(queue);
        if was_parked {
            self.0.topics.library_changed();
            self.start_whoever_may();
        }
        was_parked
    }

    /// Starts no run but this one any more: the program leaves when it has ended, and would break off any other. Those that
    /// wait stay queued for whoever has the home next.
    pub fn set_last_run(&self, id: &str) {
        self.0.queue.lock().last_run = Some(id.into());
    }

    /// A command was answered at once, so the job that its caller may follow under this id never begins.
    pub fn never_begins(&self, id: Option<&str>) {
        if let Some(id) = id {
            self.0.topics.end(&Topic::Job(id.into()));
        }
    }

    /// A ticket of the job of this id; none where it has ended or never was.
    pub fn find(&self, id: &str) -> Option<Ticket> {
        self.0.queue.lock().find(id).map(|entry| Ticket(entry.outcome.clone()))
    }

    /// Whether a job that has not ended was cancelled.
    pub fn is_cancelled(&self, id: &str) -> bool {
        self.0.queue.lock().find(id).is_some_and(|entry| entry.cancel.is_cancelled())
    }

    /// All jobs that have not ended, and those that the last end of the program cut short.
    pub fn list(&self) -> Vec<Job> {
        let queue = self.0.queue.lock();
        queue.entries.iter().map(|entry| entry.shown()).chain(queue.interrupted.iter().cloned()).collect()
    }

    /// The state of a job that has not ended.
    pub fn state(&self, id: &str) -> Option<JobState> {
        self.0.queue.lock().find(id).map(|entry| entry.shown().state)
    }

    /// The jobs of a kind that have not ended, and what they work on.
    pub fn of_kind(&self, kind: JobKind) -> Vec<Job> {
        let queue = self.0.queue.lock();
        queue.entries.iter().filter(|entry| entry.job.kind == kind).map(|entry| entry.shown()).collect()
    }

    /// Cancels a job: one that waits never starts, one at work is asked to stop. One that was cut short is taken off the
    /// list. A cancel of an id that no job has yet applies to the next call with that id. True where a job was taken out of
    /// the queue before it could start.
    pub fn cancel(&self, id: &str) -> bool {
        let mut queue = self.0.queue.lock();
        let waiting = queue.cancel(id);
        self.save(&mut queue);
        drop(queue);
        self.0.changed.notify_all();
        if waiting {
            self.end(id, Err(cancelled()));
        }
        waiting
    }

    /// Cancels a job that has not ended. Unlike `cancel`, it does nothing to one that is still to come.
    pub fn cancel_running(&self, id: &str) {
        if self.find(id).is_some() {
            self.cancel(id);
        }
    }

    /// Cancels all jobs of a kind.
    pub fn cancel_all(&self, kind: JobKind) {
        self.of_kind(kind).iter().for_each(|job| self.cancel_running(&job.id));
    }

    /// Moves a waiting job.
    ///
    /// # Errors
    /// It is not queued.
    pub fn move_to(&self, id: &str, to: Move) -> Result<(), WireError> {
        self.change_queue(|queue| queue.move_to(id, to))
    }

    /// Holds a waiting job back, or lets it go.
    ///
    /// # Errors
    /// It is not queued.
    pub fn hold(&self, id: &str, held: bool) -> Result<(), WireError> {
        self.change_queue(|queue| queue.hold(id, held))
    }

    /// Waits until no job of these kinds is at work any more.
    pub fn wait_for_quiet(&self, kinds: &[JobKind], patience: Duration) {
        let until = Instant::now() + patience;
        let mut queue = self.0.queue.lock();
        while queue.entries.iter().any(|entry| entry.is_at_work() && kinds.contains(&entry.job.kind)) {
            if self.0.changed.wait_until(&mut queue, until).timed_out() {
                return;
            }
        }
    }

    /// What was queued or at work when the program last ended: told once here, and kept as interrupted until the user has
    /// seen it, unless it is submitted again.
    pub fn take_unfinished(&self) -> Result<Vec<Job>, WireError> {
        let jobs = self.0.db.upgrade().map(|db| db.jobs()).transpose()?.unwrap_or_default();
        let mut queue = self.0.queue.lock();
        queue.saved = jobs.iter().map(|job| (job.id.clone(), job.state.clone())).collect();
        for job in jobs.iter().filter(|job| job.kind != JobKind::Train) {
            queue.interrupted.push(Job { state: JobState::Interrupted, ..job.clone() });
        }
        Ok(jobs)
    }

    /// Lets nothing start any more, and asks everything to end but what keeps the home open. Waiting jobs stay in the
    /// database for the next time.
    pub fn close(&self) {
        let mut queue = self.0.queue.lock();
        queue.closed = true;
        queue.entries.iter().filter(|entry| !entry.keeps_home_open).for_each(|entry| entry.cancel.cancel());
        let waiting = queue.take_waiting();
        queue.next_time.extend(waiting.iter().map(|entry| entry.job.clone()));
        drop(queue);
        self.0.changed.notify_all();
        // Without the lock: what their closures hold may look at the queue.
        waiting.into_iter().for_each(|entry| entry.outcome.set(Err(closing())));
    }
}

/// Its work has panicked.
fn ended_unexpectedly() -> WireError {
    WireError::internal(say!("job-ended-unexpectedly", "This ended unexpectedly"))
}

fn closing() -> WireError {
    WireError::new(ErrorCode::Cancelled, say!("job-closing", "Tunesmith is closing"), NOTHING)
}

/// Whether a job came to nothing because the home was closing, so that it can be asked of whoever has the home next.
pub(crate) fn is_closing(error: &WireError) -> bool {
    error.message.key == closing().message.key
}

/// The user cancelled it.
pub(crate) fn cancelled() -> WireError {
    WireError::new(ErrorCode::Cancelled, say!("job-cancelled", "It was cancelled"), NOTHING)
}
