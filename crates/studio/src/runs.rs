//! Runs as the user sees them: started, stopped, resumed and listed. Those that wait are in the queue of `jobs`; how one is
//! carried out is left to `execution`, and where to its runner.

mod charts;
mod checkpoints;
mod control;
mod execution;
mod files;
mod metrics_table;
mod plans;
mod queue;
mod recovery;
mod runner;
mod sentences;
mod standalone;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_protocol::{
    Dataset, ErrorCode, GoodCheckpoint, JobKind, JobState, Model, Run, RunConfig, RunRecord, RunState, StartRun,
    Subscription, TrainSettings, WireError,
};
use tunesmith_sentence::{Argument, Sentence, say};

pub use execution::Trainer;
pub(crate) use runner::{LocalRunner, Runner};
pub use standalone::run_config;

use crate::datasets::{Datasets, SPLIT_SEED};
use crate::home::db::Db;
use crate::home::manifest::RunManifest;
use crate::home::run_index::{IndexedRun, RunIndex};
use crate::home::{Home, PreferencesStore, journal};
use crate::jobs::{Jobs, MemoryGuard};
use crate::models::Models;
use crate::planning::{Preparing, RowSource, SpeedCache, SplitTokens, TokenCache, run_file, within_context};
use crate::pool::Pool;
use crate::topics::Topics;
use control::RunControl;

/// How a run can be told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRun {
    /// Write a checkpoint and keep the result.
    Save,
    /// Leave now.
    Leave,
}

/// What is told while a run goes on.
pub enum RunNews<'a> {
    /// A record, already written to `metrics.jsonl`. `status` and `preparing` records may come before the plan.
    Record(&'a RunRecord),
    /// What is to be known before the first step: rows that are left out, or that a chat will ask otherwise.
    Warning(&'a Sentence),
    /// Damage that was found in the run's folder, and what was done about it.
    Damage(Damage<'a>),
    /// Nothing new; a chance to stop.
    Tick,
}

/// Damage to a run, told while it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Damage<'a> {
    /// What is damaged.
    pub message: &'a Sentence,
    /// What was done about it.
    pub hint: &'a Sentence,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Whether it was stopped before its last step.
    pub stopped: bool,
    /// The last step.
    pub step: u32,
    /// The adapter or model.
    pub result: PathBuf,
}

/// The runs of a home.
pub(crate) struct Runs {
    home: Home,
    db: Arc<Db>,
    topics: Arc<Topics>,
    jobs: Jobs,
    memory: MemoryGuard,
    index: Arc<RunIndex>,
    models: Arc<Models>,
    datasets: Arc<Datasets>,
    pool: Arc<Pool>,
    preferences: PreferencesStore,
    runner: Box<dyn Runner>,
    trainer: Trainer,
    tokens: TokenCache,
    speeds: SpeedCache,
    /// What is asked of the runs that were started in this process.
    controls: Mutex<HashMap<String, Arc<RunControl>>>,
}

/// What runs need of the rest.
pub(crate) struct RunParts {
    pub home: Home,
    pub db: Arc<Db>,
    pub topics: Arc<Topics>,
    pub jobs: Jobs,
    pub memory: MemoryGuard,
    pub index: Arc<RunIndex>,
    pub models: Arc<Models>,
    pub datasets: Arc<Datasets>,
    pub pool: Arc<Pool>,
    pub preferences: PreferencesStore,
    pub runner: Box<dyn Runner>,
    pub trainer: Trainer,
}

impl Runs {
    pub fn new(parts: RunParts) -> Self {
        let RunParts { home, db, topics, jobs, memory, index, models, datasets, pool, preferences, runner, trainer } =
            parts;
        let (tokens, speeds, controls) = (TokenCache::default(), SpeedCache::default(), Mutex::default());
        Self {
            home,
            db,
            topics,
            jobs,
            memory,
            index,
            models,
            datasets,
            pool,
            preferences,
            runner,
            trainer,
            tokens,
            speeds,
            controls,
        }
    }

    /// All runs, the newest first.
    pub fn list(&self) -> Result<Vec<Run>, WireError> {
        Ok(self.index.list()?.into_iter().map(|run| self.describe(run)).collect())
    }

    /// One run.
    pub fn get(&self, id: &str) -> Result<Run, WireError> {
        Ok(self.describe(self.index.get(id)?))
    }

    /// What a run was started with.
    pub fn manifest(&self, id: &str) -> Result<Arc<RunManifest>, WireError> {
        Ok(self.index.get(id)?.manifest)
    }

    /// Follows the records of a run.
    pub fn follow(&self, id: &str, after_seq: u64) -> Result<Subscription, WireError> {
        let folder = self.index.get(id)?.folder;
        journal::check_readable(&folder)?;
        Ok(self.topics.follow_run(folder, after_seq))
    }

    /// Whether a run is at work in this process.
    pub fn is_any_at_work(&self) -> bool {
        let at_work = |state: &JobState| matches!(state, JobState::Running | JobState::Paused { .. });
        self.jobs.of_kind(JobKind::Train).iter().any(|job| at_work(&job.state))
    }

    /// Whether a run is at work somewhere, or is queued.
    pub fn is_active(&self, id: &str) -> Result<bool, WireError> {
        let active = |status: &RunState| {
            matches!(
                status,
                RunState::Queued { .. } | RunState::Preparing | RunState::Running | RunState::Paused { .. }
            )
        };
        if self.jobs.find(id).is_some() || self.home.run(id)?.is_locked() {
            return Ok(true);
        }
        // Of one that cannot be read, its job and its lock are all there is to ask.
        Ok(self.get(id).is_ok_and(|run| active(&run.status)))
    }

    /// Lets the runs go on that were queued when the program last ended, if the user wishes that. To be called by programs
    /// that stay: one that leaves soon would stop what it starts.
    pub fn start_queue(&self) -> Result<(), WireError> {
        if self.preferences.get()?.resume_queue {
            self.jobs.unpark();
        }
        Ok(())
    }

    /// Starts no run but this one any more, as this program leaves when it has ended.
    pub fn set_last(&self, id: &str) {
        self.jobs.set_last_run(id);
    }

    /// Cancels a job. A run that leaves the queue also says so in its folder.
    pub fn cancel_job(&self, id: &str) -> Result<(), WireError> {
        match self.jobs.state(id) {
            Some(JobState::Queued { .. }) if self.index.get(id).is_ok() => self.stop(id),
            _ => {
                self.jobs.cancel(id);
                Ok(())
            }
        }
    }

    /// Drops what is remembered of a run that goes.
    pub fn forget(&self, id: &str) {
        self.index.forget(id);
        self.controls.lock().remove(id);
    }

    /// The run file that stands for the choices.
    pub fn config(&self, args: &StartRun) -> Result<RunConfig, WireError> {
        let model = self.models.get(&args.model)?;
        let dataset = self.datasets.at(&args.dataset, args.version)?;
        Ok(run_file::of(&model, &dataset, &args.training, SPLIT_SEED))
    }

    /// Refuses where a run of the model waits or trains: it learns the template that it was planned with.
    pub fn require_none_going_on(&self, model: &str) -> Result<(), WireError> {
        let is_going_on = |run: &Run| {
            let status = &run.status;
            let goes = matches!(status, RunState::Preparing | RunState::Running | RunState::Paused { .. });
            run.model == model && (goes || matches!(status, RunState::Queued { .. }))
        };
        match self.list()?.into_iter().find(is_going_on) {
            Some(run) => Err(WireError::new(
                ErrorCode::Busy,
                say!(
                    "chat-template-in-use",
                    "“{name}” waits or trains with the chat template of this model",
                    name = &run.name
                ),
                say!("chat-template-in-use-hint", "Choose another template once it has ended, or stop it"),
            )),
            None => Ok(()),
        }
    }

    /// The tokens of a dataset for a model, from memory where possible.
    fn tokens(
        &self,
        model: &Model,
        dataset: &Dataset,
        settings: &TrainSettings,
        progress: Preparing<'_>,
    ) -> Result<SplitTokens, WireError> {
        let renderer = self.models.renderer(model)?;
        let examples = |split| self.datasets.examples(dataset, split);
        let place = |split, row| self.datasets.place(dataset, split, row);
        let rows = RowSource { version: &dataset.version, examples: &examples, place: &place };
        let (settings, files) =
            (within_context(settings, model.context_length), self.home.model_files(model.path.as_ref()));
        self.tokens.get(&rows, &files, &*renderer, &settings, progress)
    }

    fn describe(&self, run: IndexedRun) -> Run {
        let status = self.status(&run);
        let result = run.result();
        let IndexedRun { item, folder, manifest, summary, damaged: _ } = run;
        let kept = summary.kept();
        Run {
            id: item.id,
            name: item.name,
            status,
            preset: manifest.preset.clone(),
            config: manifest.config.clone(),
            model: manifest.model.clone(),
            model_name: manifest.model_name.clone(),
            dataset: manifest.dataset.clone(),
            dataset_name: manifest.dataset_name.clone(),
            dataset_version: manifest.dataset_version,
            system_prompt: manifest.system_prompt.clone(),
            step: summary.step,
            loss: summary.loss,
            first_eval_loss: summary.loss_at_start(),
            best_eval_loss: kept.map(|(_, loss)| loss),
            best_step: summary.best_step.or(kept.map(|(step, _)| step)),
            result_path: result.as_ref().map(|result| result.to_string_lossy().into_owned()),
            path: folder.path().to_string_lossy().into_owned(),
            size_bytes: summary.size_bytes,
            tags: item.tags,
            started_ms: manifest.started_ms,
            elapsed_ms: summary.elapsed_ms,
            continue_from: continue_from(&summary.state),
            first_loss: summary.first_loss,
            no_better: result.is_some() && summary.is_no_better(),
            plan: summary.plan,
        }
    }

    /// Where a run stands: the queue knows of those that wait and have just started, the records of all others.
    fn status(&self, run: &IndexedRun) -> RunState {
        let id = run.item.id.as_str();
        let told = || self.controls.lock().get(id).is_some_and(|control| control.has_recorded());
        match self.jobs.state(id) {
            Some(JobState::Queued { held }) => RunState::Queued { held },
            Some(_) if !told() => RunState::Preparing,
            None if run.summary.is_going() && !run.folder.is_locked() => RunState::Interrupted,
            _ => run.summary.state.clone(),
        }
    }
}

/// The checkpoint that the hint of a diverged run names, where it is still there.
fn continue_from(state: &RunState) -> Option<GoodCheckpoint> {
    let RunState::Failed { hint, .. } = state else { return None };
    if hint.key != "train-diverged-continue-hint" {
        return None;
    }
    let (Argument::Integer(step), Argument::Text(path)) = (hint.args.get("step")?, hint.args.get("folder")?) else {
        return None;
    };
    let step = u32::try_from(*step).ok()?;
    Path::new(path).is_dir().then(|| GoodCheckpoint { step, path: path.clone() })
}
