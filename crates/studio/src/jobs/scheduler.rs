//! Who starts when, and what is told of it: jobs enter the queue, wait for what they claim, work, and leave.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tunesmith_protocol::{ErrorCode, EventBody, ItemKind, Job, JobKind, JobProgress, JobState, Topic, WireError};
use tunesmith_sentence::say;

use super::outcome::Outcome;
use super::queue::{Entry, OnEnd, Queue, Started, Work};
use super::{CancelToken, JobHandle, Jobs, NewJob, cancelled, closing, ended_unexpectedly};
use crate::ids;

impl Jobs {
    /// Puts a job into the queue.
    pub(super) fn enter(&self, new: NewJob, work: Option<Work>, on_end: Option<OnEnd>) -> Result<JobHandle, WireError> {
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
        let entry = Entry {
            job,
            claims: new.claims,
            keeps_home_open: new.keeps_home_open,
            cancel,
            outcome,
            work,
            on_end,
            parked: new.parked,
            id_of_call: new.id_of_call,
        };
        let mut queue = self.0.queue.lock();
        if queue.closed {
            return Err(closing());
        }
        if queue.find(&entry.job.id).is_some() {
            return Err(at_work(&entry.job.title));
        }
        let told = entry.shown();
        queue.push(entry);
        self.save(&mut queue);
        drop(queue);
        self.publish(told);
        Ok(handle)
    }

    /// Waits until a job that its caller carries out may start.
    pub(super) fn wait_for_turn(&self, handle: &JobHandle, patience: Option<Duration>) -> Result<(), WireError> {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut queue = self.0.queue.lock();
        loop {
            if handle.cancel_token().is_cancelled() {
                return Err(cancelled());
            }
            if queue.closed {
                return Err(closing());
            }
            if queue.start(handle.id()) {
                break;
            }
            match until {
                Some(until) if self.0.changed.wait_until(&mut queue, until).timed_out() => {
                    return Err(busy());
                }
                Some(_) => {}
                None => self.0.changed.wait(&mut queue),
            }
        }
        let started = queue.find(handle.id()).map(Entry::shown);
        self.save(&mut queue);
        drop(queue);
        started.into_iter().for_each(|job| self.publish(job));
        Ok(())
    }

    /// Starts every job with a thread of its own whose claims are free.
    pub(super) fn start_whoever_may(&self) {
        // The owner is held only when something can start: otherwise the home is free as soon as its owner is dropped.
        while self.0.queue.lock().has_next() {
            // Without its owner the home is closing, and nothing may start that would keep it open.
            let owner = self.0.owner.get().map(Weak::upgrade);
            if matches!(owner, Some(None)) {
                return;
            }
            let mut queue = self.0.queue.lock();
            let Some(started) = queue.start_next() else { return };
            self.save(&mut queue);
            drop(queue);
            self.publish(started.job.clone());
            let Started { job, cancel, outcome, work, keeps_home_open } = started;
            let owner = owner.flatten().filter(|_| keeps_home_open);
            let (jobs, id) = (self.clone(), job.id.clone());
            let handle = JobHandle::new(self.clone(), job.id, cancel, outcome);
            let carry_out = move || {
                let done = catch_unwind(AssertUnwindSafe(|| work(&handle)));
                // Whoever hears that it has ended may close the home at once.
                drop(owner);
                jobs.end(handle.id(), done.unwrap_or_else(|_| Err(ended_unexpectedly())));
            };
            if let Err(error) = std::thread::Builder::new().name("job".into()).spawn(carry_out) {
                self.end(&id, Err(WireError::internal(say!("job-no-thread", "no thread to work in: {error}", error))));
            }
        }
    }

    /// Takes a job off the queue, tells how it ended, and lets the next one start.
    pub(super) fn end(&self, id: &str, result: Result<(), WireError>) {
        let mut queue = self.0.queue.lock();
        let Some(mut entry) = queue.remove(id) else { return };
        self.save(&mut queue);
        drop(queue);
        let state = match &result {
            Ok(()) => JobState::Done,
            Err(error) if error.code == ErrorCode::Cancelled => JobState::Cancelled,
            Err(WireError { message, hint, .. }) => JobState::Failed { message: message.clone(), hint: hint.clone() },
        };
        if let JobState::Failed { message, .. } = &state {
            tracing::warn!("{:?} of “{}” failed: {message}", entry.job.kind, entry.job.title);
        }
        if let Some(on_end) = entry.on_end.take() {
            on_end(result.clone());
        }
        let lasted = lasts(&entry.job);
        entry.outcome.set(result);
        self.publish(Job { state, ..entry.job });
        self.0.topics.end(&Topic::Job(id.into()));
        if lasted {
            self.0.topics.library_changed();
        }
        self.0.changed.notify_all();
        self.start_whoever_may();
    }

    pub(super) fn change_queue(
        &self,
        change: impl FnOnce(&mut Queue) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut queue = self.0.queue.lock();
        change(&mut queue)?;
        self.save(&mut queue);
        drop(queue);
        self.0.topics.library_changed();
        self.0.changed.notify_all();
        self.start_whoever_may();
        Ok(())
    }

    /// Keeps the jobs that must survive the program. One that cannot be written is not worth stopping for.
    pub(super) fn save(&self, queue: &mut Queue) {
        let jobs = queue.entries.iter().map(|entry| &entry.job).chain(&queue.next_time).chain(&queue.interrupted);
        let lasting: Vec<Job> = jobs.filter(|job| lasts(job)).cloned().collect();
        let now: Vec<_> = lasting.iter().map(|job| (job.id.clone(), job.state.clone())).collect();
        if queue.saved == now {
            return;
        }
        match self.0.db.upgrade().map(|db| db.set_jobs(&lasting)) {
            Some(Err(error)) => tracing::warn!("the list of jobs could not be kept: {error}"),
            _ => queue.saved = now,
        }
    }

    /// A job tells how far it is.
    pub(super) fn set_progress(&self, id: &str, progress: JobProgress) {
        self.update(id, |job| job.progress = progress);
    }

    /// A job waits for the user, or goes on.
    pub(super) fn set_state(&self, id: &str, state: JobState) {
        self.update(id, |job| job.state = state);
    }

    fn update(&self, id: &str, change: impl FnOnce(&mut Job)) {
        let mut queue = self.0.queue.lock();
        let Some(entry) = queue.find_mut(id) else { return };
        change(&mut entry.job);
        let told = entry.shown();
        drop(queue);
        self.publish(told);
    }

    fn publish(&self, job: Job) {
        self.0.topics.publish(&Topic::Job(job.id.clone()), EventBody::Job { job });
    }
}

fn at_work(title: &str) -> WireError {
    let message = say!("job-at-work", "“{title}” is already running", title);
    WireError::new(ErrorCode::Busy, message, say!("job-at-work-hint", "Wait until it is done, or stop it"))
}

fn busy() -> WireError {
    let message = say!("job-busy", "Something else is running here");
    WireError::new(ErrorCode::Busy, message, say!("job-busy-hint", "Try again later"))
}

/// These jobs are told of after a crash; the others are over in a moment or leave nothing behind.
fn lasts(job: &Job) -> bool {
    let of_a_chat = job.subject.as_ref().is_some_and(|item| item.kind == ItemKind::Chat);
    !of_a_chat
        && matches!(job.kind, JobKind::Train | JobKind::Import | JobKind::Edit | JobKind::Export | JobKind::Evaluate)
}
