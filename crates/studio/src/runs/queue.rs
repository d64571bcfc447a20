//! Runs on their way through the queue: started, stopped, resumed, and taken up again after the program has ended. They train
//! one at a time, each in a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tunesmith_protocol::{
    EventBody, ItemKind, JobKind, JobState, Preferences, Run, RunRecord, RunState, StartRun, Topic, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::control::RunControl;
use super::execution::Order;
use super::{Damage, RunNews, Runs, StopRun, sentences};
use crate::datasets::SPLIT_SEED;
use crate::home::journal::{self, note_status};
use crate::home::manifest::RunManifest;
use crate::home::{self, RunFolder};
use crate::jobs::{Claim, JobHandle, NewJob};
use crate::planning::run_file;
use crate::platform::sync_folder;
use crate::pool::fingerprint;
use crate::{errors, ids, names};

/// How often lists are told that a run moved on.
const BETWEEN_CHANGES: Duration = Duration::from_secs(1);
/// How long a run waits for answers of chats to stop.
const FOR_ANSWERS: Duration = Duration::from_secs(30);

impl Runs {
    /// Starts a run in the background; while another goes, it is queued.
    pub fn start(self: &Arc<Self>, args: StartRun) -> Result<Run, WireError> {
        let problems = args.training.problems();
        if !problems.is_empty() {
            let message = Sentence::joined(problems.into_iter().map(|problem| problem.message));
            return Err(WireError::invalid(message, say!("run-settings-hint", "Change the settings")));
        }
        let model = self.models.usable(&args.model)?;
        let dataset = self.datasets.at(&args.dataset, args.version)?;
        let name = args.name.clone().filter(|name| !name.trim().is_empty());
        let name = match name {
            Some(name) => names::checked(&name)?.to_owned(),
            None => self.db.free_name(ItemKind::Run, &names::of_file(&format!("{} · {}", dataset.name, model.name)))?,
        };
        let manifest = RunManifest {
            id: ids::new_id(&dataset.name),
            name,
            preset: args.preset.clone(),
            config: run_file::of(&model, &dataset, &args.training, SPLIT_SEED),
            model: model.id.clone(),
            model_name: model.name.clone(),
            model_path: model.path.clone().into(),
            model_hash: fingerprint(&self.home.model_files(model.path.as_ref()))?,
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
        self.enqueue(&manifest.id, &manifest.name, Start::default())?;
        self.get(&manifest.id)
    }

    /// Asks a run to stop at its next step, whichever process trains it; a queued one leaves the queue.
    pub fn stop(&self, id: &str) -> Result<(), WireError> {
        let run = self.index.get(id)?;
        if let Some(JobState::Queued { .. }) = self.jobs.state(id) {
            // Where it has started meanwhile, its job asks it to stop.
            if self.jobs.cancel(id) {
                note_status(&run.folder, RunState::Stopped)?;
                self.topics.library_changed();
            }
            return Ok(());
        }
        let not_running = || sentences::not_running(&run.item.name);
        if let Some(control) = self.controls.lock().get(id) {
            let ended = control.has_recorded() && !run.summary.is_going();
            if ended {
                return Err(not_running());
            }
            control.ask_to_stop(StopRun::Save);
            return Ok(());
        }
        match run.folder.is_locked() {
            true => home::control::ask_to_stop(&run.folder),
            false => Err(not_running()),
        }
    }

    /// Goes on from the newest checkpoint, when it is its turn; a paused run tries again, and one that was queued when the
    /// program last ended is let go on.
    pub fn resume(self: &Arc<Self>, id: &str) -> Result<Run, WireError> {
        let run = self.get(id)?;
        let name = &run.name;
        match run.status {
            RunState::Paused { .. } if self.retry(id) => return self.get(id),
            RunState::Queued { .. } if self.jobs.unpark_one(id) => return self.get(id),
            RunState::Queued { .. } => return Err(sentences::waits_already(name)),
            RunState::Preparing | RunState::Running | RunState::Paused { .. } => {
                return Err(sentences::goes_already(name));
            }
            RunState::Done => return Err(sentences::is_finished(name)),
            RunState::Stopped | RunState::Interrupted | RunState::Failed { .. } => {}
        }
        if let Some(before) = self.jobs.find(id) {
            // Its last record is written, but its job has not ended yet.
            let _ = before.wait();
        }
        journal::check(&self.home.run(id)?)?;
        let manifest = self.manifest(id)?;
        if manifest.model == "starter" {
            self.models.unpack_starter()?;
        }
        if fingerprint(&self.home.model_files(&manifest.model_path))? != manifest.model_hash {
            return Err(sentences::other_model(&manifest.model_path, name));
        }
        self.enqueue(id, &run.name, Start { resume: true, ..Start::default() })?;
        self.get(id)
    }

    fn retry(&self, id: &str) -> bool {
        self.controls.lock().get(id).inspect(|control| control.ask_to_retry()).is_some()
    }

    pub(super) fn enqueue(self: &Arc<Self>, id: &str, name: &str, start: Start) -> Result<(), WireError> {
        let job = NewJob::new(JobKind::Train, name).id(id).on(ItemKind::Run, id).claims(Claim::Device);
        let job = NewJob { held: start.held, parked: start.parked, ..job.keeps_home_open() };
        // What was asked of an earlier start is over.
        self.controls.lock().remove(id);
        let (runs, id) = (self.clone(), id.to_owned());
        self.jobs.spawn(job, move |job| runs.train(&id, job, start.resume))?;
        self.topics.library_changed();
        Ok(())
    }

    /// Trains, in the thread of the job.
    fn train(&self, id: &str, job: &JobHandle, resume: bool) -> Result<(), WireError> {
        let control = Arc::new(RunControl::default());
        self.controls.lock().insert(id.into(), control.clone());
        self.take_memory_of_chats();
        let ended = self.carry_out(id, job, &control, resume);
        match &ended {
            Ok(step) => tracing::info!("{id} ended at step {step}"),
            Err(error) => tracing::warn!("{id} ended: {error}"),
        }
        ended.map(drop)
    }

    /// A run needs the memory that chats hold.
    fn take_memory_of_chats(&self) {
        let kinds = [JobKind::Answer, JobKind::Load];
        kinds.iter().for_each(|kind| self.jobs.cancel_all(*kind));
        self.pool.empty();
        self.jobs.wait_for_quiet(&kinds, FOR_ANSWERS);
        self.pool.empty();
    }

    fn carry_out(&self, id: &str, job: &JobHandle, control: &RunControl, resume: bool) -> Result<u32, WireError> {
        let run = self.index.get(id)?;
        let manifest = &*run.manifest;
        let Preferences { device, threads, .. } = self.preferences.get()?;
        let (mut changed, mut steps) = (Instant::now(), 0);
        let finished = self.runner.run(Order {
            folder: &run.folder,
            manifest,
            chat_template: self.home.model_files(&manifest.model_path).chosen_template()?,
            device,
            threads: threads as usize,
            resume,
            trainer: self.trainer,
            memory: self.memory.clone(),
            // Whoever starts a run of the home has seen its preview.
            look_at: &|_, _| Ok(Vec::new()),
            prepare: &mut |progress| {
                let dataset = self.datasets.at(&manifest.dataset, manifest.dataset_version)?;
                let model = self.models.usable(&manifest.model)?;
                self.tokens(&model, &dataset, &manifest.config.training, progress)
            },
            report: &mut |news| {
                match news {
                    RunNews::Record(record) => {
                        control.note_record();
                        tell_job(job, record, &mut steps);
                        if matches!(record, RunRecord::Status { .. }) {
                            self.topics.library_changed();
                        } else if changed.elapsed() >= BETWEEN_CHANGES {
                            changed = Instant::now();
                            self.tell_change(id);
                        }
                    }
                    RunNews::Damage(damage) => self.tell_damage(id, damage),
                    RunNews::Warning(_) | RunNews::Tick => {}
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

    /// Each damage is one of its own, also where another was told in the same words.
    fn tell_damage(&self, id: &str, Damage { message, hint }: Damage<'_>) {
        self.home.notices().tell(&format!("damage {id} {}", ids::now_ms()), message.clone(), hint.clone());
        self.topics.library_changed();
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

/// How a run enters the queue.
#[derive(Clone, Copy, Default)]
pub(super) struct Start {
    pub resume: bool,
    pub held: bool,
    /// It was queued when the program last ended.
    pub parked: bool,
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
