//! How a job ended, for those who wait for it.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use tunesmith_protocol::WireError;

/// Set once, when the job has ended.
#[derive(Default)]
pub(super) struct Outcome {
    result: Mutex<Option<Result<(), WireError>>>,
    ended: Condvar,
}

impl Outcome {
    pub fn set(&self, result: Result<(), WireError>) {
        *self.result.lock() = Some(result);
        self.ended.notify_all();
    }
}

/// Lets its holder wait for a job.
#[derive(Clone)]
pub(crate) struct Ticket(pub(super) Arc<Outcome>);

impl Ticket {
    /// Waits until the job has ended.
    ///
    /// # Errors
    /// Why the job failed, or that it was cancelled.
    pub fn wait(&self) -> Result<(), WireError> {
        let mut result = self.0.result.lock();
        loop {
            match &*result {
                Some(result) => return result.clone(),
                None => self.0.ended.wait(&mut result),
            }
        }
    }
}
