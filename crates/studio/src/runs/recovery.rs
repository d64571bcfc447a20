//! Runs when the program ends and when it starts again: what is at work is saved or left, and what was left is taken up.

use std::sync::Arc;
use std::time::Duration;

use tunesmith_protocol::{Job, JobKind, JobState, RunState, WireError};

use super::queue::Start;
use super::{Runs, StopRun};
use crate::home::journal::note_status;

/// How long a program that ends waits for space on a full disk.
const FOR_SPACE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

impl Runs {
    /// Takes up what the last end of the program left: queued runs are queued again, parked until `start_queue`, and those
    /// that were going are noted as interrupted.
    pub fn recover(self: &Arc<Self>, unfinished: &[Job]) -> Result<(), WireError> {
        self.index.adopt()?;
        let waiting = |job: &&Job| job.kind == JobKind::Train && matches!(job.state, JobState::Queued { .. });
        for job in unfinished.iter().filter(waiting) {
            let held = job.state == JobState::Queued { held: true };
            match self.index.get(&job.id) {
                Ok(run) => self.enqueue(&job.id, &run.item.name, Start { resume: true, held, parked: true })?,
                Err(error) => tracing::warn!("{} was queued and is gone: {error}", job.id),
            }
        }
        for (id, folder) in self.index.folders() {
            if self.jobs.find(&id).is_some() {
                continue;
            }
            let Ok(run) = self.index.get(&id) else { continue };
            if run.summary.is_going()
                && !run.damaged
                && !folder.is_locked()
                && let Err(error) = note_status(&folder, RunState::Interrupted)
            {
                tracing::warn!("{id} was interrupted, which could not be noted: {error}");
            }
        }
        Ok(())
    }

    /// Asks the run at work to stop, and waits for it. One that waits for space on a full disk is given a little time and
    /// then left: the program that ends must not hang.
    pub fn end_all(&self, how: StopRun) {
        let mut waiting = Duration::ZERO;
        let mut how = how;
        while self.is_any_at_work() {
            // One that has just started is asked in the next turn.
            let waits = self.controls.lock().values().fold(false, |waits, control| {
                control.ask_to_stop(how);
                waits || control.waits()
            });
            std::thread::sleep(POLL);
            waiting = if waits { waiting + POLL } else { Duration::ZERO };
            if waiting >= FOR_SPACE && how == StopRun::Save {
                tracing::warn!("a run waits for space on a full disk: it is left, and can go on from its checkpoint");
                how = StopRun::Leave;
            }
        }
    }
}
