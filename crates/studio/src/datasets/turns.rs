//! Work of which one is done at a time, and for which others wait who may give up.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

/// Between two looks at whether someone who waits has cancelled.
const PATIENCE: Duration = Duration::from_millis(50);

/// Held by whoever is at work.
#[derive(Default)]
pub(crate) struct Turns(Mutex<()>);

impl Turns {
    /// Waits until it is free. `go_on` is asked meanwhile and can give up: then there is none.
    pub fn take(&self, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Option<MutexGuard<'_, ()>> {
        loop {
            match self.0.try_lock() {
                Ok(turn) => return Some(turn),
                // The one before has failed, and left nothing behind that could be broken.
                Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
                Err(TryLockError::WouldBlock) if go_on().is_break() => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE),
            }
        }
    }
}
