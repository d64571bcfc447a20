//! The jobs that have not ended, in order: those at work, and the queued ones. Pure bookkeeping; locks, threads
//! and events are left to `jobs`.

use std::collections::VecDeque;
use std::sync::Arc;

use tunesmith_protocol::{Job, JobKind, JobState, Move, WireError};
use tunesmith_sentence::say;

use super::outcome::Outcome;
use super::{CancelToken, Claim, JobHandle};

/// What a job with a thread of its own does.
pub(super) type Work = Box<dyn FnOnce(&JobHandle) -> Result<(), WireError> + Send>;

/// What is done with how a job has ended, before the next one starts.
pub(super) type OnEnd = Box<dyn FnOnce(Result<(), WireError>) + Send>;

/// A job that has just been started, for the thread that does its work.
pub(super) struct Started {
    pub job: Job,
    pub cancel: CancelToken,
    pub outcome: Arc<Outcome>,
    pub work: Work,
    pub keeps_home_open: bool,
}

/// Requests to cancel that came before their job are remembered, as two requests may overtake each other; this many.
const EARLY: usize = 64;

/// A job and what it needs.
pub(super) struct Entry {
    pub job: Job,
    pub claims: Vec<Claim>,
    pub keeps_home_open: bool,
    pub cancel: CancelToken,
    pub outcome: Arc<Outcome>,
    /// What to do in a thread of its own; none once it has begun, and where the caller does it.
    pub work: Option<Work>,
    pub on_end: Option<OnEnd>,
    /// It was queued when the program last ended, and waits until the queue is let go on.
    pub parked: bool,
    /// A cancel of its id that came earlier was meant for it.
    pub id_of_call: bool,
}

impl Entry {
    /// The job as it is shown: one that is parked is held.
    pub fn shown(&self) -> Job {
        let mut job = self.job.clone();
        if let JobState::Queued { held } = &mut job.state {
            *held |= self.parked;
        }
        job
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.job.state, JobState::Queued { .. })
    }

    pub fn is_at_work(&self) -> bool {
        !self.is_waiting()
    }

    fn is_held(&self) -> bool {
        self.parked || matches!(self.job.state, JobState::Queued { held: true })
    }

    fn claims_the_same(&self, other: &Self) -> bool {
        self.claims.iter().any(|claim| other.claims.contains(claim))
    }
}

#[derive(Default)]
pub(super) struct Queue {
    pub entries: Vec<Entry>,
    /// Jobs that the last end of the program cut short.
    pub interrupted: Vec<Job>,
    /// The only run that may start: the program leaves when it has ended, and would break off any other.
    pub last_run: Option<String>,
    /// Nothing starts any more.
    pub closed: bool,
    /// What was queued when it was closed.
    pub next_time: Vec<Job>,
    cancelled_early: VecDeque<String>,
    /// What the database knows of the queue.
    pub saved: Vec<(String, JobState)>,
}

impl Queue {
    pub fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.job.id == id)
    }

    pub fn find_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.job.id == id)
    }

    pub fn push(&mut self, entry: Entry) {
        let early = self.cancelled_early.iter().position(|id| *id == entry.job.id);
        if let Some(early) = early.filter(|_| entry.id_of_call) {
            self.cancelled_early.remove(early);
            entry.cancel.cancel();
        }
        self.entries.push(entry);
    }

    pub fn remove(&mut self, id: &str) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.job.id == id)?;
        Some(self.entries.remove(place))
    }

    /// Cancels a job; true where it waits for a thread that will not come now.
    pub fn cancel(&mut self, id: &str) -> bool {
        let interrupted = self.interrupted.len();
        self.interrupted.retain(|job| job.id != id);
        if self.interrupted.len() < interrupted {
            return false;
        }
        let Some(entry) = self.find(id) else {
            self.cancelled_early.push_back(id.into());
            if self.cancelled_early.len() > EARLY {
                self.cancelled_early.pop_front();
            }
            return false;
        };
        entry.cancel.cancel();
        entry.is_waiting() && entry.work.is_some()
    }

    /// Starts the waiting job of this id, if it may.
    pub fn start(&mut self, id: &str) -> bool {
        let place = self.entries.iter().position(|entry| entry.job.id == id);
        let Some(place) = place.filter(|place| self.may_start(*place)) else { return false };
        self.entries[place].job.state = JobState::Running;
        true
    }

    /// The place of the first waiting job that has work for a thread of its own and may start.
    fn next(&self) -> Option<usize> {
        let mut places = 0..self.entries.len();
        places.find(|place| self.entries[*place].work.is_some() && self.may_start(*place))
    }

    /// Whether a job with a thread of its own may start.
    pub fn has_next(&self) -> bool {
        !self.closed && self.next().is_some()
    }

    /// Starts the first waiting job that has work for a thread of its own and may start.
    pub fn start_next(&mut self) -> Option<Started> {
        let place = self.next().filter(|_| !self.closed)?;
        let entry = &mut self.entries[place];
        let work = entry.work.take()?;
        entry.job.state = JobState::Running;
        let (job, cancel, outcome) = (entry.job.clone(), entry.cancel.clone(), entry.outcome.clone());
        Some(Started { job, cancel, outcome, work, keeps_home_open: entry.keeps_home_open })
    }

    /// A job may start when nobody at work, and nobody before it in the queue, claims the same.
    fn may_start(&self, place: usize) -> bool {
        let entry = &self.entries[place];
        let in_the_way = |(other_place, other): (usize, &Entry)| {
            let comes_first = other.is_at_work() || (other_place < place && !self.stays_behind(other));
            other_place != place && comes_first && entry.claims_the_same(other)
        };
        entry.is_waiting() && !self.stays_behind(entry) && !self.entries.iter().enumerate().any(in_the_way)
    }

    /// Whether a waiting job lets the others pass: it is held, or is for whoever has the home next.
    fn stays_behind(&self, entry: &Entry) -> bool {
        let not_the_last = |last: &String| entry.job.kind == JobKind::Train && entry.job.id != *last;
        entry.is_held() || self.last_run.as_ref().is_some_and(not_the_last)
    }

    pub fn move_to(&mut self, id: &str, to: Move) -> Result<(), WireError> {
        let place = self.waiting(id)?;
        let kind = self.entries[place].job.kind;
        let beside = |entry: &Entry| entry.is_waiting() && entry.job.kind == kind;
        let target = match to {
            Move::Up => self.entries[..place].iter().rposition(beside),
            Move::First => self.entries[..place].iter().position(beside),
            Move::Down => self.entries[place + 1..].iter().position(beside).map(|behind| place + 1 + behind),
        };
        if let Some(target) = target {
            let entry = self.entries.remove(place);
            self.entries.insert(target, entry);
        }
        Ok(())
    }

    pub fn hold(&mut self, id: &str, held: bool) -> Result<(), WireError> {
        let place = self.waiting(id)?;
        let entry = &mut self.entries[place];
        entry.job.state = JobState::Queued { held };
        entry.parked &= held;
        Ok(())
    }

    /// Takes out everything that waits for a thread of its own.
    pub fn take_waiting(&mut self) -> Vec<Entry> {
        let (waiting, rest) =
            std::mem::take(&mut self.entries).into_iter().partition(|entry| entry.is_waiting() && entry.work.is_some());
        self.entries = rest;
        waiting
    }

    fn waiting(&self, id: &str) -> Result<usize, WireError> {
        let place = self.entries.iter().position(|entry| entry.job.id == id && entry.is_waiting());
        place.ok_or_else(|| {
            WireError::invalid(
                say!("job-not-waiting", "This is not queued"),
                say!("job-not-waiting-hint", "It has started or ended meanwhile; look at the list again"),
            )
        })
    }
}
