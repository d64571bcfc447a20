//! Runs on their way through the line: started, stopped, resumed, and taken up again after the program has ended. They train
//! one at a time, each in a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tunesmith_protocol::{
    EventBody, ItemKind, Job, JobKind, JobState, Preferences, Run, RunRecord, RunState, StartRun, Topic, WireError,
};

use super::control::RunControl;
use super::execution::Order;
use super::{RunNews, Runs, StopRun};
use crate::datasets::SPLIT_SEED;
use crate::home::journal::Journal;
use crate::home::manifest::RunManifest;
use crate::home::{self, RunFolder};
use crate::jobs::{Claim, JobHandle, NewJob};
use crate::planning::run_file;
use crate::platform::sync_folder;
use crate::pool::fingerprint;
use crate::{errors, ids};

/// How often lists are told that a run moved on.
const BETWEEN_CHANGES: Duration = Duration::from_secs(1);
/// How long a program that ends waits for space on a full disk.
const FOR_SPACE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

impl Runs {
    /// Starts a run in the background; while another goes, it stands in line.
    pub fn start(self: &Arc<Self>, args: StartRun) -> Result<Run, WireError> {
        let problems = args.training.problems();
        if !problems.is_empty() {
            let sentences: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            return Err(WireError::invalid(sentences.join("; "), "Change the settings"));
        }
        let model = self.models.usable(&args.model)?;
        let dataset = self.datasets.at(&args.dataset, args.version)?;
        let name = args.name.clone().filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| format!("{} · {}", dataset.name, model.name));
        let manifest = RunManifest {
            id: ids::new_id(&dataset.name),
            name,
            config: run_file::of(&model, &dataset, &args.training, SPLIT_SEED),
            model: model.id.clone(),
            model_name: model.name.clone(),
            model_path: model.path.clone().into(),
            model_hash: fingerprint(model.path.as_ref())?,
            dataset: dataset.id.clone(),
            dataset_name: dataset.name.clone(),
            dataset_version: Some(dataset.number),
            data_version: dataset.version.clone(),
            system_prompt: dataset.system_prompt.clone(),
            started_ms: ids::now_ms(),
            tunesmith: env!("CARGO_PKG_VERSION").into(),
        };
        self.write_folder(&manifest)?;
        self.db.add(ItemKind::Run, &manifest.id, &manifest.name, "null", manifest.started_ms)?;
        self.enqueue(&manifest.id, &manifest.name, Start { resume: false, held: false })?;
        self.get(&manifest.id)
    }

    /// Asks a run to stop at its next step, whichever process trains it; one that stands in line leaves it.
    pub fn stop(&self, id: &str) -> Result<(), WireError> {
        let run = self.index.get(id)?;
        if let Some(JobState::Queued { .. }) = self.jobs.state(id) {
            self.jobs.cancel(id);
            note_status(&run.folder, RunState::Stopped)?;
            self.topics.library_changed();
            return Ok(());
        }
        let not_running = || WireError::invalid(format!("“{}” is not running", run.item.name), "");
        if let Some(control) = self.at_work.lock().get(id) {
            // One that has just told its end is about to leave.
            let ended = control.is_told() && !run.summary.is_going();
            return if ended { Err(not_running()) } else { Ok(control.ask_to_stop(StopRun::Save)) };
        }
        match run.folder.is_locked() {
            true => home::control::ask_to_stop(&run.folder),
            false => Err(not_running()),
        }
    }

    /// Goes on from the newest checkpoint, when it is its turn; a paused run tries again.
    pub fn resume(self: &Arc<Self>, id: &str) -> Result<Run, WireError> {
        let run = self.get(id)?;
        let wrong = |what: &str| WireError::invalid(format!("“{}” {what}", run.name), "");
        match run.status {
            RunState::Paused { .. } if self.retry(id) => return self.get(id),
            RunState::Queued { .. } => return Err(wrong("stands in line already")),
            RunState::Preparing | RunState::Running | RunState::Paused { .. } => {
                return Err(wrong("is running already"));
            }
            RunState::Done => return Err(wrong("is finished; start a new run to train again")),
            RunState::Stopped | RunState::Interrupted | RunState::Failed { .. } => {}
        }
        if let Some(before) = self.jobs.find(id) {
            // It has told its end and is about to leave; how it ended does not matter any more.
            let _ = before.wait();
        }
        let manifest = self.manifest(id)?;
        if manifest.model == "starter" {
            self.models.unpack_starter()?;
        }
        if fingerprint(&manifest.model_path)? != manifest.model_hash {
            return Err(WireError::invalid(
                format!(
                    "The base model in {} is not the one that “{}” was started with",
                    manifest.model_path.display(),
                    run.name
                ),
                "Bring the old files back, or start a new run",
            ));
        }
        self.enqueue(id, &run.name, Start { resume: true, held: false })?;
        self.get(id)
    }

    /// Takes up what the last end of the program left: runs in line stand there again, held unless the user wishes
    /// otherwise, and those that were going are noted as interrupted.
    pub fn recover(self: &Arc<Self>, unfinished: &[Job]) -> Result<(), WireError> {
        self.index.adopt()?;
        let held = !self.preferences.get()?.resume_queue;
        let waiting = |job: &&Job| job.kind == JobKind::Train && matches!(job.state, JobState::Queued { .. });
        for job in unfinished.iter().filter(waiting) {
            let held = held || job.state == (JobState::Queued { held: true });
            match self.index.get(&job.id) {
                Ok(run) => self.enqueue(&job.id, &run.item.name, Start { resume: true, held })?,
                Err(error) => tracing::warn!("{} stood in line and is gone: {error}", job.id),
            }
        }
        for (id, folder) in self.index.folders() {
            if self.jobs.find(&id).is_some() {
                continue;
            }
            let Ok(run) = self.index.get(&id) else { continue };
            if run.summary.is_going()
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
        let at_work: Vec<Arc<RunControl>> = self.at_work.lock().values().cloned().collect();
        at_work.iter().for_each(|control| control.ask_to_stop(how));
        let mut waiting = Duration::ZERO;
        while self.is_any_at_work() {
            std::thread::sleep(POLL);
            let waits = at_work.iter().any(|control| control.waits());
            waiting = if waits { waiting + POLL } else { Duration::ZERO };
            if waiting >= FOR_SPACE {
                tracing::warn!("a run waits for space on a full disk: it is left, and can go on from its checkpoint");
                at_work.iter().for_each(|control| control.ask_to_stop(StopRun::Leave));
                waiting = Duration::ZERO;
            }
        }
    }

    fn retry(&self, id: &str) -> bool {
        self.at_work.lock().get(id).inspect(|control| control.ask_to_retry()).is_some()
    }

    fn enqueue(self: &Arc<Self>, id: &str, name: &str, start: Start) -> Result<(), WireError> {
        let job = NewJob::new(JobKind::Train, name).id(Some(id.into())).on(ItemKind::Run, id).claims(Claim::Device);
        let job = NewJob { held: start.held, ..job.keeps_home_open() };
        let (runs, id) = (self.clone(), id.to_owned());
        self.jobs.spawn(job, move |job| runs.train(&id, job, start.resume))?;
        self.topics.library_changed();
        Ok(())
    }

    /// Trains, in the thread of the job.
    fn train(&self, id: &str, job: &JobHandle, resume: bool) -> Result<(), WireError> {
        // A run needs the memory that chats hold.
        self.jobs.cancel_all(JobKind::Answer);
        self.jobs.cancel_all(JobKind::Load);
        self.pool.empty();
        let control = Arc::new(RunControl::default());
        self.at_work.lock().insert(id.into(), control.clone());
        let ended = self.carry_out(id, job, &control, resume);
        match &ended {
            Ok(step) => tracing::info!("{id} ended at step {step}"),
            Err(error) => tracing::warn!("{id} ended: {error}"),
        }
        self.at_work.lock().remove(id);
        self.topics.library_changed();
        ended.map(drop)
    }

    fn carry_out(&self, id: &str, job: &JobHandle, control: &RunControl, resume: bool) -> Result<u32, WireError> {
        let run = self.index.get(id)?;
        let manifest = &*run.manifest;
        let Preferences { device, threads, .. } = self.preferences.get()?;
        let (mut changed, mut steps) = (Instant::now(), 0);
        let finished = self.runner.run(Order {
            folder: &run.folder,
            manifest,
            device,
            threads: threads as usize,
            resume,
            trainer: self.trainer,
            prepare: &mut |progress| {
                let dataset = self.datasets.at(&manifest.dataset, manifest.dataset_version)?;
                let model = self.models.usable(&manifest.model)?;
                self.tokens(&model, &dataset, &manifest.config.training, progress)
            },
            report: &mut |news| {
                if let RunNews::Record(record) = news {
                    control.has_told();
                    tell_job(job, record, &mut steps);
                    if matches!(record, RunRecord::Status { .. }) {
                        self.topics.library_changed();
                    } else if changed.elapsed() >= BETWEEN_CHANGES {
                        changed = Instant::now();
                        self.tell_change(id);
                    }
                }
                if job.cancel_token().is_cancelled() {
                    control.ask_to_stop(StopRun::Save);
                }
                control.answer()
            },
            retry: &mut |_| control.waits_to_retry(),
        })?;
        Ok(finished.step)
    }

    /// Tells the lists how far a run is, so that nobody has to ask.
    fn tell_change(&self, id: &str) {
        match self.get(id) {
            Ok(run) => self.topics.publish(&Topic::Library, EventBody::RunChanged { run: Box::new(run) }),
            Err(error) => tracing::warn!("{id} moved on, which could not be told: {error}"),
        }
    }

    fn write_folder(&self, manifest: &RunManifest) -> Result<(), WireError> {
        let folder = self.home.run(&manifest.id)?;
        let fresh = RunFolder::at(folder.path().with_extension("tmp"));
        std::fs::create_dir_all(fresh.path()).map_err(errors::io(fresh.path()))?;
        manifest.write(&fresh)?;
        std::fs::rename(fresh.path(), folder.path()).map_err(errors::io(folder.path()))?;
        sync_folder(&self.home.runs()).map_err(errors::io(folder.path()))
    }
}

/// How a run enters the line.
#[derive(Clone, Copy)]
struct Start {
    resume: bool,
    held: bool,
}

/// The job of a run tells what its records tell. Whether to stop is asked where the answer goes to the trainer.
fn tell_job(job: &JobHandle, record: &RunRecord, steps: &mut u64) {
    match record {
        RunRecord::Plan { plan } => *steps = plan.steps.into(),
        RunRecord::Step(metrics) => {
            let _ = job.steps(metrics.step.into(), *steps);
        }
        RunRecord::Preparing { what, fraction } => {
            let _ = job.share(what, *fraction);
        }
        RunRecord::Status { status: RunState::Paused { reason, .. } } => {
            job.set_state(JobState::Paused { reason: reason.clone() });
        }
        RunRecord::Status { status: RunState::Running } => job.set_state(JobState::Running),
        _ => {}
    }
}

/// Adds a word on where a run stands, in the name of the process that trains no more.
fn note_status(folder: &RunFolder, status: RunState) -> Result<(), WireError> {
    let _lock = folder.lock()?;
    let mut journal = Journal::open(folder).map_err(errors::io(folder.metrics()))?;
    let written = journal.append(&RunRecord::Status { status }).map_err(errors::io(folder.metrics()));
    journal.give_space_back();
    written.map(drop)
}
