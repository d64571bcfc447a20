//! Everything that takes time is a job: it waits in line for what it claims, tells how far it is, and can be cancelled.
//! Who may start is decided here and nowhere else. What a job does is left to those who submit it.

mod cancel;
mod claims;
mod handle;
mod line;
mod memory;
mod outcome;

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tunesmith_protocol::{
    ErrorCode, EventBody, ItemKind, ItemRef, Job, JobKind, JobProgress, JobState, Move, Topic, WireError,
};

pub(crate) use cancel::CancelToken;
pub(crate) use claims::Claim;
pub(crate) use handle::JobHandle;
pub(crate) use memory::MemoryGuard;
pub(crate) use outcome::Ticket;

use crate::home::db::Db;
use crate::ids;
use crate::topics::Topics;
use line::{Entry, Line, Work};
use outcome::Outcome;

/// How often work that cannot be stopped midway is asked whether to wait for it.
const POLL: Duration = Duration::from_millis(50);

/// The jobs of a home. Cloning it gives another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Jobs(Arc<Shared>);

struct Shared {
    /// A job that is still at work when the home closes does not keep the database open.
    db: Weak<Db>,
    topics: Arc<Topics>,
    line: Mutex<Line>,
    /// Someone may start, or was cancelled, or has ended.
    changed: Condvar,
    /// What jobs that outlive the window hold on to.
    owner: OnceLock<Weak<dyn Any + Send + Sync>>,
}

/// A job to be submitted.
pub(crate) struct NewJob {
    /// Chosen by the caller, so that it can be followed and cancelled from the first moment; none makes one.
    pub id: Option<String>,
    pub kind: JobKind,
    pub subject: Option<ItemRef>,
    pub title: String,
    /// What no other job may have at the same time.
    pub claims: Vec<Claim>,
    /// It stands in line, and the user holds it back.
    pub held: bool,
    /// The home stays open until it has ended.
    pub keeps_home_open: bool,
}

impl NewJob {
    pub fn new(kind: JobKind, title: impl Into<String>) -> Self {
        let title = title.into();
        Self { id: None, kind, subject: None, title, claims: Vec::new(), held: false, keeps_home_open: false }
    }

    pub fn id(self, id: Option<String>) -> Self {
        Self { id, ..self }
    }

    pub fn on(self, kind: ItemKind, id: &str) -> Self {
        Self { subject: Some(ItemRef { kind, id: id.into() }), ..self }
    }

    pub fn claims(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }

    pub fn keeps_home_open(self) -> Self {
        Self { keeps_home_open: true, ..self }
    }
}

impl Jobs {
    pub fn new(db: &Arc<Db>, topics: Arc<Topics>) -> Self {
        let db = Arc::downgrade(db);
        let (line, changed, owner) = (Mutex::default(), Condvar::new(), OnceLock::new());
        Self(Arc::new(Shared { db, topics, line, changed, owner }))
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
        let handle = self.enter(job, None)?;
        if let Err(error) = self.wait_for_turn(&handle, patience) {
            self.end(handle.id(), Err(error.clone()));
            return Err(error);
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(&handle)));
        let result = match &done {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.clone()),
            Err(_) => Err(WireError::internal("This ended unexpectedly")),
        };
        self.end(handle.id(), result);
        match done {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Does work as a job in a thread of its own, once nobody else has what it claims. The ticket tells how it ended.
    ///
    /// # Errors
    /// The home is closing.
    pub fn spawn(
        &self,
        job: NewJob,
        work: impl FnOnce(&JobHandle) -> Result<(), WireError> + Send + 'static,
    ) -> Result<Ticket, WireError> {
        let handle = self.enter(job, Some(Box::new(work)))?;
        let ticket = handle.ticket();
        self.start_whoever_may();
        Ok(ticket)
    }

    /// A ticket of the job of this id; none where it has ended or never was.
    pub fn find(&self, id: &str) -> Option<Ticket> {
        self.0.line.lock().find(id).map(|entry| Ticket(entry.outcome.clone()))
    }

    /// All jobs that have not ended, and those that the last end of the program cut short.
    pub fn list(&self) -> Vec<Job> {
        let line = self.0.line.lock();
        line.entries.iter().map(|entry| entry.job.clone()).chain(line.interrupted.iter().cloned()).collect()
    }

    /// The state of a job that has not ended.
    pub fn state(&self, id: &str) -> Option<JobState> {
        self.0.line.lock().find(id).map(|entry| entry.job.state.clone())
    }

    /// The jobs of a kind that have not ended, and what they work on.
    pub fn of_kind(&self, kind: JobKind) -> Vec<Job> {
        let line = self.0.line.lock();
        line.entries.iter().filter(|entry| entry.job.kind == kind).map(|entry| entry.job.clone()).collect()
    }

    /// Cancels a job: one that waits never starts, one at work is asked to stop. One that was cut short is taken off the
    /// list. What comes before its job is remembered for it.
    pub fn cancel(&self, id: &str) {
        let mut line = self.0.line.lock();
        let waiting = line.cancel(id);
        drop(line);
        self.0.changed.notify_all();
        if waiting {
            self.end(id, Err(cancelled()));
        }
    }

    /// Cancels a job that has not ended. Unlike `cancel`, it does nothing to one that is still to come.
    pub fn cancel_running(&self, id: &str) {
        if self.find(id).is_some() {
            self.cancel(id);
        }
    }

    /// Cancels all jobs of a kind.
    pub fn cancel_all(&self, kind: JobKind) {
        self.of_kind(kind).iter().for_each(|job| self.cancel(&job.id));
    }

    /// Moves a waiting job.
    ///
    /// # Errors
    /// It does not stand in line.
    pub fn move_to(&self, id: &str, to: Move) -> Result<(), WireError> {
        self.change_line(|line| line.move_to(id, to))
    }

    /// Holds a waiting job back, or lets it go.
    ///
    /// # Errors
    /// It does not stand in line.
    pub fn hold(&self, id: &str, held: bool) -> Result<(), WireError> {
        self.change_line(|line| line.hold(id, held))
    }

    /// Waits until no job of these kinds is at work any more.
    pub fn wait_for_quiet(&self, kinds: &[JobKind], patience: Duration) {
        let until = Instant::now() + patience;
        let mut line = self.0.line.lock();
        while line.entries.iter().any(|entry| entry.is_at_work() && kinds.contains(&entry.job.kind)) {
            if self.0.changed.wait_until(&mut line, until).timed_out() {
                return;
            }
        }
    }

    /// What was in line or at work when the program last ended: told once here, and kept as interrupted until the user has
    /// seen it, unless it is submitted again.
    pub fn take_unfinished(&self) -> Result<Vec<Job>, WireError> {
        let jobs = self.0.db.upgrade().map(|db| db.jobs()).transpose()?.unwrap_or_default();
        let mut line = self.0.line.lock();
        for job in jobs.iter().filter(|job| job.kind != JobKind::Train) {
            line.interrupted.push(Job { state: JobState::Interrupted, ..job.clone() });
        }
        Ok(jobs)
    }

    /// Lets nothing start any more, and asks everything to end but what keeps the home open. Waiting jobs stay in the
    /// database for the next time.
    pub fn close(&self) {
        let mut line = self.0.line.lock();
        line.closed = true;
        line.entries.iter().filter(|entry| !entry.keeps_home_open).for_each(|entry| entry.cancel.cancel());
        let waiting = line.take_waiting();
        line.next_time.extend(waiting.iter().map(|entry| entry.job.clone()));
        drop(line);
        self.0.changed.notify_all();
        // Their closures go without the lock: what these hold may look at the line.
        drop(waiting);
    }

    /// Puts a job into the line.
    fn enter(&self, new: NewJob, work: Option<Work>) -> Result<JobHandle, WireError> {
        let id = new.id.unwrap_or_else(|| ids::new_id("job"));
        let job = Job {
            id: id.clone(),
            kind: new.kind,
            subject: new.subject,
            title: new.title,
            state: JobState::Queued { held: new.held },
            progress: JobProgress::default(),
        };
        let (cancel, outcome) = (CancelToken::default(), Arc::new(Outcome::default()));
        let handle = JobHandle::new(self.clone(), id, cancel.clone(), outcome.clone());
        let entry = Entry { job, claims: new.claims, keeps_home_open: new.keeps_home_open, cancel, outcome, work };
        let mut line = self.0.line.lock();
        if line.closed {
            return Err(WireError::new(ErrorCode::Cancelled, "Tunesmith is closing", ""));
        }
        let told = entry.job.clone();
        line.push(entry);
        self.save(&mut line);
        drop(line);
        self.publish(told);
        Ok(handle)
    }

    /// Waits until a job that its caller carries out may start.
    fn wait_for_turn(&self, handle: &JobHandle, patience: Option<Duration>) -> Result<(), WireError> {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut line = self.0.line.lock();
        loop {
            if handle.cancel_token().is_cancelled() {
                return Err(cancelled());
            }
            if line.start(handle.id()) {
                break;
            }
            match until {
                Some(until) if self.0.changed.wait_until(&mut line, until).timed_out() => {
                    return Err(WireError::new(ErrorCode::Busy, "Something else is at work here", "Try again later"));
                }
                Some(_) => {}
                None => self.0.changed.wait(&mut line),
            }
        }
        Ok(())
    }

    /// Starts every job with a thread of its own whose claims are free.
    fn start_whoever_may(&self) {
        loop {
            let mut line = self.0.line.lock();
            if line.closed {
                return;
            }
            let Some((handle, work, keeps_home_open)) = line.start_next(self) else { return };
            let told = line.find(handle.id()).map(|entry| entry.job.clone());
            self.save(&mut line);
            drop(line);
            told.into_iter().for_each(|job| self.publish(job));
            let owner = self.0.owner.get().filter(|_| keeps_home_open).and_then(Weak::upgrade);
            let (jobs, id) = (self.clone(), handle.id().to_owned());
            let carry_out = move || {
                let done = catch_unwind(AssertUnwindSafe(|| work(&handle)));
                // Whoever hears that it has ended may close the home at once.
                drop(owner);
                jobs.end(handle.id(), done.unwrap_or_else(|_| Err(WireError::internal("This ended unexpectedly"))));
            };
            if let Err(error) = std::thread::Builder::new().name("job".into()).spawn(carry_out) {
                self.end(&id, Err(WireError::internal(format!("no thread to work in: {error}"))));
            }
        }
    }

    /// Takes a job off the line, tells how it ended, and lets the next one start.
    fn end(&self, id: &str, result: Result<(), WireError>) {
        let mut line = self.0.line.lock();
        let Some(entry) = line.remove(id) else { return };
        self.save(&mut line);
        drop(line);
        let state = match &result {
            Ok(()) => JobState::Done,
            Err(error) if error.code == ErrorCode::Cancelled => JobState::Cancelled,
            Err(WireError { message, hint, .. }) => JobState::Failed { message: message.clone(), hint: hint.clone() },
        };
        entry.outcome.set(result);
        self.publish(Job { state, ..entry.job });
        self.0.topics.end(&Topic::Job(id.into()));
        self.0.changed.notify_all();
        self.start_whoever_may();
    }

    fn change_line(&self, change: impl FnOnce(&mut Line) -> Result<(), WireError>) -> Result<(), WireError> {
        let mut line = self.0.line.lock();
        change(&mut line)?;
        self.save(&mut line);
        drop(line);
        self.0.topics.library_changed();
        self.0.changed.notify_all();
        self.start_whoever_may();
        Ok(())
    }

    /// Keeps the jobs that must survive the program. One that cannot be written is not worth stopping for.
    fn save(&self, line: &mut Line) {
        let jobs = line.entries.iter().map(|entry| &entry.job).chain(&line.next_time);
        let lasting: Vec<Job> = jobs.filter(|job| lasts(job.kind)).cloned().collect();
        let now: Vec<_> = lasting.iter().map(|job| (job.id.clone(), job.state.clone())).collect();
        if line.saved == now {
            return;
        }
        line.saved = now;
        if let Some(Err(error)) = self.0.db.upgrade().map(|db| db.set_jobs(&lasting)) {
            tracing::warn!("the list of jobs could not be kept: {error}");
        }
    }

    /// A job tells how far it is.
    fn set_progress(&self, id: &str, progress: JobProgress) {
        self.update(id, |job| job.progress = progress);
    }

    /// A job waits for the user, or goes on.
    fn set_state(&self, id: &str, state: JobState) {
        self.update(id, |job| job.state = state);
    }

    fn update(&self, id: &str, change: impl FnOnce(&mut Job)) {
        let mut line = self.0.line.lock();
        let Some(entry) = line.find_mut(id) else { return };
        change(&mut entry.job);
        let told = entry.job.clone();
        drop(line);
        self.publish(told);
    }

    fn publish(&self, job: Job) {
        self.0.topics.publish(&Topic::Job(job.id.clone()), EventBody::Job { job });
    }
}

/// Jobs of these kinds are told of after a crash; the others are over in a moment or leave nothing behind.
fn lasts(kind: JobKind) -> bool {
    matches!(kind, JobKind::Train | JobKind::Import | JobKind::Edit | JobKind::Export | JobKind::Evaluate)
}

/// The user cancelled it.
pub(crate) fn cancelled() -> WireError {
    WireError::new(ErrorCode::Cancelled, "It was cancelled", "")
}

/// Does work that cannot be stopped midway, and waits for it as long as `go_on` says so: none when it does not any more.
/// The work then ends by itself, and its result is dropped.
pub(crate) fn abandonable<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    mut go_on: impl FnMut() -> ControlFlow<()>,
) -> Option<T> {
    let (give, take) = mpsc::channel();
    // Whoever waited may be gone.
    let worker = std::thread::spawn(move || drop(give.send(work())));
    loop {
        match take.recv_timeout(POLL) {
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
