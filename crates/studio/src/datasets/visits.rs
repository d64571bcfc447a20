//! The doctor's visits of this process: whoever asks for one that is going waits for it, and one to a version that is no
//! longer in use makes room for the next. What a visit does is left to `checkup`.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tunesmith_protocol::{DatasetReport, WireError};

use super::turns::Turns;

/// The latest visit to each dataset.
#[derive(Default)]
pub(crate) struct Visits {
    latest: Mutex<HashMap<String, Arc<Visit>>>,
    /// Held by the doctor at work: each visit to a large dataset takes hundreds of megabytes.
    pub turns: Turns,
}

/// A visit to a version of a dataset.
pub(crate) struct Visit {
    number: u32,
    state: Mutex<State>,
    ended: Condvar,
}

enum State {
    Going,
    /// Another version is in use by now.
    Outdated,
    Ended(Result<DatasetReport, WireError>),
}

impl Visits {
    /// The visit that is going to this version, or a new one, which the caller is to carry out.
    pub fn join_or_begin(&self, dataset: &str, number: u32) -> (Arc<Visit>, Option<Ending>) {
        let mut latest = lock(&self.latest);
        if let Some(visit) = latest.get(dataset) {
            if visit.number == number && visit.is_going() {
                return (visit.clone(), None);
            }
            visit.outdate();
        }
        let visit = Arc::new(Visit { number, state: Mutex::new(State::Going), ended: Condvar::new() });
        latest.insert(dataset.into(), visit.clone());
        (visit.clone(), Some(Ending(visit)))
    }

    /// Ends the visit to a dataset that goes, and forgets it: should the dataset come back, it is visited anew.
    pub fn forget(&self, dataset: &str) {
        if let Some(visit) = lock(&self.latest).remove(dataset) {
            visit.outdate();
        }
    }

    /// Whether this version was visited since the program began, be it that the visit was cancelled.
    pub fn knows(&self, dataset: &str, number: u32) -> bool {
        lock(&self.latest).get(dataset).is_some_and(|visit| visit.number == number)
    }
}

impl Visit {
    /// What was found, as soon as the visit is over.
    pub fn wait(&self) -> Result<DatasetReport, WireError> {
        let mut state = lock(&self.state);
        loop {
            match &*state {
                State::Ended(found) => return found.clone(),
                _ => state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Whether somebody may still want to know what it finds.
    pub fn is_going(&self) -> bool {
        matches!(*lock(&self.state), State::Going)
    }

    fn outdate(&self) {
        let mut state = lock(&self.state);
        if matches!(*state, State::Going) {
            *state = State::Outdated;
        }
    }

    fn end(&self, found: Result<DatasetReport, WireError>) {
        *lock(&self.state) = State::Ended(found);
        self.ended.notify_all();
    }
}

/// What ends a visit, however it goes: nobody must wait for a doctor who has panicked.
pub(crate) struct Ending(Arc<Visit>);

impl Ending {
    /// Tells those who wait what was found.
    pub fn tell(self, found: Result<DatasetReport, WireError>) {
        self.0.end(found);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !matches!(*lock(&self.0.state), State::Ended(_)) {
            self.0.end(Err(WireError::internal("The check of the rows has failed")));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
