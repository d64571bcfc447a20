//! What others ask of a run that is at work in this process.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::StopRun;

/// A run at work, and what is asked of it.
#[derive(Default)]
pub(super) struct RunControl {
    stop: AtomicU8,
    retry: AtomicBool,
    /// It waits for space on a full disk.
    waits: AtomicBool,
    recorded: AtomicBool,
}

impl RunControl {
    /// What the run is asked to do.
    pub fn answer(&self) -> ControlFlow<StopRun> {
        match self.stop.load(Ordering::Relaxed) {
            0 => ControlFlow::Continue(()),
            1 => ControlFlow::Break(StopRun::Save),
            _ => ControlFlow::Break(StopRun::Leave),
        }
    }

    /// Asks the run to stop; nothing takes back that it was asked to leave.
    pub fn ask_to_stop(&self, how: StopRun) {
        let how = if how == StopRun::Save { 1 } else { 2 };
        self.stop.fetch_max(how, Ordering::Relaxed);
    }

    /// Asks a paused run to try again.
    pub fn ask_to_retry(&self) {
        self.retry.store(true, Ordering::Relaxed);
    }

    /// The run writes a record: from here on its records tell where it stands. A run that writes a record is not waiting for
    /// space.
    pub fn note_record(&self) {
        self.recorded.store(true, Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
    }

    /// Whether the run has recorded anything since it was started.
    pub fn has_recorded(&self) -> bool {
        self.recorded.load(Ordering::Relaxed)
    }

    /// The run waits for space; whether someone wants it to try again, asked once.
    pub fn waits_to_retry(&self) -> bool {
        let again = self.retry.swap(false, Ordering::Relaxed);
        self.waits.store(!again, Ordering::Relaxed);
        again
    }

    /// Whether it waits for space.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }
}
