//! How long a thread has worked. What other programs and other runs take of its core meanwhile does not count, so that a
//! measurement on a busy machine tells how fast an idle one is.

use std::time::{Duration, Instant};

use tunesmith_model::Device;

/// What times are taken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// The time that the thread itself has worked.
    Thread,
    /// The time that goes by: a thread that waits for a GPU does not work.
    Wall,
}

impl Clock {
    /// The clock for what this device computes.
    pub fn of(device: &Device) -> Self {
        if device.is_cpu() && cfg!(unix) { Self::Thread } else { Self::Wall }
    }

    /// Does the work in this thread and tells how many seconds it took.
    pub fn time<T>(self, work: impl FnOnce() -> T) -> (T, f64) {
        let (began, worked) = (Instant::now(), thread_time());
        let result = work();
        let taken = match (self, worked, thread_time()) {
            (Self::Thread, Some(before), Some(after)) => after.saturating_sub(before),
            _ => began.elapsed(),
        };
        (result, taken.as_secs_f64())
    }
}

#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// Windows counts it in sixteen milliseconds, which is too coarse.
#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}
