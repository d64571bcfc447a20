//! Work that cannot be stopped midway, and need not be waited for.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How often the caller is asked whether to wait on.
const POLL: Duration = Duration::from_millis(50);

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
