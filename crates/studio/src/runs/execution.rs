//! Carries out a run in its folder, whoever asked for it: writes down the tokens, plans, trains, and writes each record
//! before it is told. A panic in training ends here, as a failed run with its reason.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use tunesmith_model::device;
use tunesmith_protocol::{ErrorCode, RunRecord, RunState, WireError};
use tunesmith_sentence::Sentence;
use tunesmith_train::{Job, Outcome, Progress, StopRequest, TrainError, TrainPlan};

use super::{Damage, Finished, RunNews, StopRun, sentences};
use crate::errors;
use crate::home::RunFolder;
use crate::home::control::StopRequests;
use crate::home::journal::{Journal, Space};
use crate::home::manifest::{RowCounts, RunManifest, RunTokens};
use crate::jobs::{MemoryGuard, Reservation, notes};
use crate::planning::{Preparing, SplitTokens};

const BETWEEN_PREPARING: Duration = Duration::from_millis(200);
const WHILE_PAUSED: Duration = Duration::from_millis(100);
/// A paused run that shall stop looks for space this often by itself: who pressed Stop may not come back to it.
const BETWEEN_LOOKS_FOR_SPACE: Duration = Duration::from_secs(5);

/// How a run is trained: `tunesmith_train::run`, or what a test puts in its place.
pub type Trainer = fn(TrainPlan, &mut dyn FnMut(Progress) -> ControlFlow<StopRequest>) -> Result<Outcome, TrainError>;

/// A run to be carried out.
pub(crate) struct Order<'a> {
    pub folder: &'a RunFolder,
    pub manifest: &'a RunManifest,
    /// The device that `auto` stands for.
    pub device: String,
    /// Threads to compute on; 0 takes all cores.
    pub threads: usize,
    pub resume: bool,
    pub trainer: Trainer,
    pub memory: MemoryGuard,
    /// Makes the tokens, where they are not written down yet.
    pub prepare: &'a mut dyn FnMut(Preparing<'_>) -> Result<SplitTokens, WireError>,
    /// Hears each record once it is written, and may end the run.
    pub report: &'a mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
    /// Asked while the run waits for space, with the time since: whether to try again.
    pub retry: &'a mut dyn FnMut(Duration) -> bool,
}

/// Carries it out. The run's folder tells how it ended, also when this returns an error.
pub(crate) fn carry_out(order: Order<'_>) -> Result<Finished, WireError> {
    let _lock = order.folder.lock()?;
    let path = order.folder.metrics();
    let journal = Journal::open(order.folder).map_err(errors::io(&path))?;
    let mut run = Executing {
        requests: StopRequests::new(order.folder),
        order,
        journal,
        loaded: false,
        told: Instant::now(),
        stop: None,
        recorded_stopping: false,
        broken: None,
        reserved: None,
    };
    let ended =
        catch_unwind(AssertUnwindSafe(|| run.train())).unwrap_or_else(|panic| Err(sentences::panicked(panic.as_ref())));
    // When the records could not be written, that is why the training was told to stop.
    let ended = match run.broken.take() {
        Some(error) => Err(error),
        // What the training met first may only follow from that.
        None => ended.map_err(|error| run.must_have_folder().err().unwrap_or(error)),
    };
    run.write_end(ended)
}

/// A run at work.
struct Executing<'a> {
    order: Order<'a>,
    requests: StopRequests<'a>,
    journal: Journal,
    /// The model is in memory.
    loaded: bool,
    /// When the preparation was last told.
    told: Instant,
    /// How the run was asked to end, once it was.
    stop: Option<StopRun>,
    /// It was recorded that the run waits for space to stop.
    recorded_stopping: bool,
    /// Why records cannot be written any more.
    broken: Option<WireError>,
    /// Memory set aside until the first step has filled it.
    reserved: Option<Reservation>,
}

impl Executing<'_> {
    fn train(&mut self) -> Result<Outcome, WireError> {
        self.tell(RunRecord::Status { status: RunState::Preparing })?;
        let tokens = self.tokens()?;
        let RunManifest { config, model_path, .. } = self.order.manifest;
        let plan = TrainPlan::new(Job {
            base: model_path.clone(),
            // What PEFT loads the base from when only the adapter is named.
            base_name: model_path.to_string_lossy().into_owned(),
            settings: config.training.clone(),
            output: self.order.folder.path().to_path_buf(),
            training: tokens.training,
            validation: tokens.validation,
            rows_too_long: tokens.counts.too_long,
            rows_left_out: tokens.counts.left_out,
            device: self.order.device.clone(),
            threads: self.order.threads,
            resume: self.order.resume,
            available_bytes: self.order.memory.available(device::CPU)?,
        })?;
        let summary = plan.summary();
        let (device, needed_bytes) = (summary.device.clone(), summary.fit.needed_bytes);
        self.tell(RunRecord::Plan { plan: Box::new(summary) })?;
        // Nobody else may take what the run is about to fill.
        self.reserved = self.order.memory.reserve(&device, needed_bytes)?.ok();
        let trainer = self.order.trainer;
        Ok(trainer(plan, &mut |progress| self.hear(progress))?)
    }

    /// The tokens that were written down, or are now.
    fn tokens(&mut self) -> Result<RunTokens, WireError> {
        let damage = match RunTokens::read(self.order.folder) {
            Ok(Some(tokens)) => return Ok(tokens),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let made = self.make_tokens().map_err(|why| match &damage {
            Some(damage) if why.code != ErrorCode::Cancelled => sentences::tokens_lost(damage.clone(), why),
            _ => why,
        })?;
        if let Some(damage) = damage {
            self.tell_damage(sentences::tokens_made_anew(&self.order.manifest.name, damage.message));
        }
        Ok(made)
    }

    /// Makes the tokens and writes them down.
    fn make_tokens(&mut self) -> Result<RunTokens, WireError> {
        let Self { order, requests, journal, told, stop, broken, .. } = self;
        let made = (order.prepare)(&mut |done, total| {
            if told.elapsed() >= BETWEEN_PREPARING {
                *told = Instant::now();
                let fraction = done as f64 / total.max(1) as f64;
                let record = RunRecord::Preparing { what: notes::reading_rows(), fraction };
                if let Err(error) = journal.append(&record) {
                    *broken = Some(errors::io_at(&order.folder.metrics(), &error));
                    return ControlFlow::Break(());
                }
                note(stop, (order.report)(RunNews::Record(&record)), requests);
            }
            note(stop, (order.report)(RunNews::Tick), requests);
            if !order.folder.manifest().exists() {
                *broken = Some(sentences::folder_gone(order.folder.path()));
                return ControlFlow::Break(());
            }
            if stop.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        for warning in &made.remarks {
            note(stop, (order.report)(RunNews::Warning(warning)), requests);
        }
        let tokens = RunTokens {
            training: made.training.rows,
            validation: made.validation.rows,
            counts: RowCounts { too_long: made.training.too_long, left_out: made.training.left_out },
        };
        tokens.write(self.order.folder)?;
        Ok(tokens)
    }

    /// Writes and tells what the trainer says; the answer is what the user asks for.
    fn hear(&mut self, progress: Progress) -> ControlFlow<StopRequest> {
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
            Progress::Tick => return self.tick(),
        };
        self.write(record)
    }

    fn tell_damage(&mut self, (message, hint): (Sentence, Sentence)) {
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

    /// Writes a record, then tells it.
    fn tell(&mut self, record: RunRecord) -> Result<Space, WireError> {
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

    fn write_end(&mut self, ended: Result<Outcome, WireError>) -> Result<Finished, WireError> {
        let lora = self.order.manifest.config.training.method.is_adapter();
        let (record, finished) = match ended {
            Ok(Outcome::Done { step, best_step, result }) => {
                let path = Some(text(&result));
                let (adapter, model) = if lora { (path, None) } else { (None, path) };
                (RunRecord::Done { step, best_step, adapter, model }, Ok(Finished { stopped: false, step, result }))
            }
            Ok(Outcome::Stopped { step, checkpoint, result }) => (
                RunRecord::Stopped { step, checkpoint: text(&checkpoint) },
                Ok(Finished { stopped: true, step, result }),
            ),
            Err(_) if self.stop == Some(StopRun::Leave) && self.broken.is_none() => {
                (RunRecord::Status { status: RunState::Interrupted }, Err(sentences::left()))
            }
            Err(error) if error.code == ErrorCode::Cancelled => {
                (RunRecord::Status { status: RunState::Stopped }, Err(sentences::stopped_early()))
            }
            Err(error) => {
                tracing::error!("{} failed: {error}", self.order.folder.path().display());
                let WireError { code, message, hint } = error.clone();
                (RunRecord::Error { code, message, hint }, Err(error))
            }
        };
        // The last record has the room that was set aside for it.
        self.journal.give_space_back();
        if let Err(error) = self.tell(record) {
            tracing::error!("the end of the run could not be recorded: {error}");
        }
        finished
    }
}

fn note(stop: &mut Option<StopRun>, answer: ControlFlow<StopRun>, requests: &mut StopRequests<'_>) {
    let asked = match answer {
        ControlFlow::Break(how) => Some(how),
        ControlFlow::Continue(()) => requests.stop().then_some(StopRun::Save),
    };
    // To leave now outweighs to save first; nothing takes a request back.
    if *stop != Some(StopRun::Leave) {
        *stop = asked.or(*stop);
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
