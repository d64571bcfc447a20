//! What a run at work writes down and tells, and how it waits where nothing can be written.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tunesmith_protocol::{ErrorCode, RunRecord, RunState, WireError};
use tunesmith_sentence::Sentence;
use tunesmith_train::{Progress, StopRequest};

use super::{BETWEEN_PREPARING, Damage, Executing, RunNews, StopRun, note, text};
use crate::errors;
use crate::home::journal::Space;
use crate::jobs::notes;
use crate::runs::sentences;

/// How far a step is is told this often, and not before it is so much further: a step of an hour writes twenty records.
const BETWEEN_WORKING: Duration = Duration::from_secs(1);
const LEAST_SHARE: f64 = 0.05;
const WHILE_PAUSED: Duration = Duration::from_millis(100);
/// How long deleting a folder may take from the first file that is missed to the last.
const FOR_DELETION: Duration = Duration::from_secs(1);
/// A paused run that shall stop looks for space this often by itself: who pressed Stop may not come back to it.
const BETWEEN_LOOKS_FOR_SPACE: Duration = Duration::from_secs(5);

impl Executing<'_> {
    /// Writes and tells what the trainer says; the answer is what the user asks for.
    pub(super) fn hear(&mut self, progress: Progress) -> ControlFlow<StopRequest> {
        if matches!(progress, Progress::Loading(_)) && self.told.elapsed() < BETWEEN_PREPARING {
            return self.tick();
        }
        if !matches!(progress, Progress::Loading(_)) && !std::mem::replace(&mut self.loaded, true) {
            self.write(RunRecord::Status { status: RunState::Running })?;
        }
        let record = match progress {
            Progress::Loading(fraction) => {
                self.told = Instant::now();
                RunRecord::Preparing { what: notes::loading_model(), fraction }
            }
            Progress::Rewind { step } => RunRecord::Rewind { step },
            Progress::Step(metrics) => {
                self.reserved = None;
                RunRecord::Step(metrics)
            }
            // JSON has no infinity.
            Progress::Eval { step, loss } => RunRecord::Eval { step, loss, perplexity: loss.exp().min(f64::MAX) },
            Progress::Checkpoint { step, path } => RunRecord::Checkpoint { step, path: text(&path) },
            Progress::Damaged { step, reason, kept } => {
                self.tell_damage(sentences::checkpoint_damaged(&self.order.manifest.name, step, reason, &kept));
                return self.answer();
            }
            Progress::DiskFull { message } => return self.pause(message),
            Progress::Working { work, step, done, total } => {
                let share = done as f64 / total.max(1) as f64;
                if self.told.elapsed() < BETWEEN_WORKING || share - self.told_share < LEAST_SHARE {
                    return self.tick();
                }
                (self.told, self.told_share) = (Instant::now(), share);
                return self.write(RunRecord::Working { work, step, done, total });
            }
        };
        (self.told, self.told_share) = (Instant::now(), 0.0);
        self.write(record)
    }

    pub(super) fn tell_damage(&mut self, (message, hint): (Sentence, Sentence)) {
        tracing::warn!("{message}");
        let damage = RunNews::Damage(Damage { message: &message, hint: &hint });
        note(&mut self.stop, (self.order.report)(damage), &mut self.requests);
    }

    fn tick(&mut self) -> ControlFlow<StopRequest> {
        if let Err(error) = self.must_have_folder() {
            self.broken = Some(error);
            return ControlFlow::Break(StopRequest::Abort);
        }
        note(&mut self.stop, (self.order.report)(RunNews::Tick), &mut self.requests);
        self.answer()
    }

    /// Writes and tells a record, waiting for space where there is none; the answer is what the user asks for, or to leave
    /// when nothing can be written any more.
    fn write(&mut self, record: RunRecord) -> ControlFlow<StopRequest> {
        loop {
            match self.tell(record.clone()) {
                Ok(Space::Reserve) if self.stop.is_none() => return self.pause(sentences::records_are_full()),
                Ok(_) => return self.answer(),
                Err(error) if error.code == ErrorCode::DiskFull => {
                    if let ControlFlow::Break(StopRequest::Abort) = self.pause(sentences::records_are_full()) {
                        let abort = ControlFlow::Break(StopRequest::Abort);
                        return if self.broken.is_some() { abort } else { self.answer() };
                    }
                }
                Err(error) => {
                    self.broken = Some(error);
                    return ControlFlow::Break(StopRequest::Abort);
                }
            }
        }
    }

    /// Waits for space until someone wants to try again; the weights stay in memory. A stop request retries the write at once
    /// and then every few seconds, so that the weights are saved; only Leave gives up.
    fn pause(&mut self, reason: Sentence) -> ControlFlow<StopRequest> {
        let (paused, stopping) = (Instant::now(), self.stop == Some(StopRun::Save));
        // Recorded once, not at every retry.
        if !(stopping && std::mem::replace(&mut self.recorded_stopping, true)) {
            self.note_status(RunState::Paused { reason, stopping });
        }
        while self.stop != Some(StopRun::Leave) && stopping == self.stop.is_some() {
            if let Err(error) = self.must_have_folder() {
                self.broken = Some(error);
                return ControlFlow::Break(StopRequest::Abort);
            }
            if (self.order.retry)(paused.elapsed()) || stopping && paused.elapsed() >= BETWEEN_LOOKS_FOR_SPACE {
                break;
            }
            std::thread::sleep(WHILE_PAUSED);
            note(&mut self.stop, (self.order.report)(RunNews::Tick), &mut self.requests);
        }
        if self.stop.is_none() {
            self.note_status(RunState::Running);
            self.journal.set_space_aside();
        }
        self.answer()
    }

    /// Tells where the run stands. On a disk this full even this record may be one too many; then it is only told.
    fn note_status(&mut self, status: RunState) {
        let record = RunRecord::Status { status };
        if let Err(error) = self.journal.append(&record) {
            tracing::error!("{record:?} could not be recorded: {error}");
        }
        note(&mut self.stop, (self.order.report)(RunNews::Record(&record)), &mut self.requests);
    }

    /// A folder that someone deleted takes no results: to train on would be for nothing. The files that are open would take
    /// records for ever.
    fn must_have_folder(&self) -> Result<(), WireError> {
        match self.order.folder.manifest().exists() {
            true => Ok(()),
            false => Err(sentences::folder_gone(self.order.folder.path())),
        }
    }

    /// Why the training failed. Of a folder that is being deleted the files go one by one, and the run file may be the last.
    pub(super) fn reason_of(&self, error: WireError) -> WireError {
        let may_be_that = matches!(error.code, ErrorCode::Internal | ErrorCode::NotFound);
        let failed = Instant::now();
        while may_be_that && self.must_have_folder().is_ok() && failed.elapsed() < FOR_DELETION {
            std::thread::sleep(WHILE_PAUSED);
        }
        self.must_have_folder().err().unwrap_or(error)
    }

    /// Writes a record, then tells it.
    pub(super) fn tell(&mut self, record: RunRecord) -> Result<Space, WireError> {
        self.must_have_folder()?;
        let space = self.journal.append(&record).map_err(errors::io(self.order.folder.metrics()))?;
        note(&mut self.stop, (self.order.report)(RunNews::Record(&record)), &mut self.requests);
        Ok(space)
    }

    fn answer(&self) -> ControlFlow<StopRequest> {
        match self.stop {
            None => ControlFlow::Continue(()),
            Some(StopRun::Save) => ControlFlow::Break(StopRequest::Save),
            Some(StopRun::Leave) => ControlFlow::Break(StopRequest::Abort),
        }
    }
}
