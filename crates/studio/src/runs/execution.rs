//! Carries out a run in its folder, whoever asked for it: writes down the tokens, plans, trains, and writes each record
//! before it is told, which `telling` does. A panic in training ends here, as a failed run with its reason.

mod telling;

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
use crate::home::control::StopRequests;
use crate::home::journal::Journal;
use crate::home::manifest::{RowCounts, RunManifest, RunTokens};
use crate::home::{RunFolder, checksums};
use crate::jobs::{MemoryGuard, Reservation, notes};
use crate::planning::{Preparing, SplitTokens, warnings_of_plan};

const BETWEEN_PREPARING: Duration = Duration::from_millis(200);

/// How a run is trained: `tunesmith_train::run`, or what a test puts in its place.
pub type Trainer = fn(TrainPlan, &mut dyn FnMut(Progress) -> ControlFlow<StopRequest>) -> Result<Outcome, TrainError>;

/// Looks at a plan before it is carried out, and may take a while.
pub(crate) type LookAt<'a> =
    &'a dyn Fn(&TrainPlan, &mut dyn FnMut() -> ControlFlow<()>) -> Result<Vec<Sentence>, WireError>;

/// A run to be carried out.
pub(crate) struct Order<'a> {
    pub folder: &'a RunFolder,
    pub manifest: &'a RunManifest,
    /// The chat template that was chosen for the model, where it brings none.
    pub chat_template: Option<String>,
    /// The device that `auto` stands for.
    pub device: String,
    /// Threads to compute on; 0 takes all cores.
    pub threads: usize,
    pub resume: bool,
    pub trainer: Trainer,
    pub memory: MemoryGuard,
    /// What is to be said of the plan of a new run that nobody has seen before; an answer of `Break` cancels.
    pub look_at: LookAt<'a>,
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
    checksums::begin(order.folder)?;
    let path = order.folder.metrics();
    let journal = Journal::open(order.folder).map_err(errors::io(&path))?;
    let mut run = Executing {
        requests: StopRequests::new(order.folder),
        order,
        journal,
        loaded: false,
        told: Instant::now(),
        told_share: 0.0,
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
        None => ended.map_err(|error| run.reason_of(error)),
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
    /// When something was last told, and how far the step at work was then.
    told: Instant,
    told_share: f64,
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
            chat_template: self.order.chat_template.clone(),
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
        for warning in warnings_of_plan(&summary).filter(|_| !self.order.resume) {
            note(&mut self.stop, (self.order.report)(RunNews::Warning(&warning)), &mut self.requests);
        }
        self.tell(RunRecord::Plan { plan: Box::new(summary) })?;
        if !self.order.resume {
            self.look_at(&plan)?;
        }
        // Nobody else may take what the run is about to fill.
        self.reserved = self.order.memory.reserve(&device, needed_bytes)?.ok();
        let trainer = self.order.trainer;
        Ok(trainer(plan, &mut |progress| self.hear(progress))?)
    }

    /// Says what a look at the plan tells.
    fn look_at(&mut self, plan: &TrainPlan) -> Result<(), WireError> {
        let Self { order, requests, stop, .. } = self;
        let told = (order.look_at)(plan, &mut || {
            note(stop, (order.report)(RunNews::Tick), requests);
            if stop.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        for sentence in &told {
            note(stop, (order.report)(RunNews::Warning(sentence)), requests);
        }
        Ok(())
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
        self.write_checksums(checksums::write);
        match self.tell(record) {
            Ok(_) => self.write_checksums(checksums::take_in_last_record),
            Err(error) => tracing::error!("the end of the run could not be recorded: {error}"),
        }
        finished
    }
}

impl Executing<'_> {
    fn write_checksums(&self, write: fn(&RunFolder) -> Result<(), WireError>) {
        if let Err(error) = write(self.order.folder) {
            tracing::warn!("damage to this run may not be noticed later: {error}");
        }
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
