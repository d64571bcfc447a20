//! The studio: the owner of a home. It makes the nouns, hands each what it needs, and carries out every command by handing it
//! on (`commands`).

mod commands;
mod open;
mod successor;
mod system;

use std::any::Any;
use std::fs::File;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tunesmith_protocol::WireError;

#[doc(hidden)]
pub use open::open_with;
pub use open::{Opened, open};
pub use successor::Successor;

use crate::chats::{ChatParts, Chats};
use crate::datasets::Datasets;
use crate::evaluations::Evaluations;
use crate::home::db::Db;
use crate::home::run_index::RunIndex;
use crate::home::socket::Listener;
use crate::home::{Home, PreferencesStore, logs};
use crate::items::Items;
use crate::jobs::{Jobs, MemoryGuard};
use crate::models::Models;
use crate::platform::write_privately;
use crate::pool::{Pool, Renderers};
use crate::runs::{LocalRunner, RunParts, Runs, StopRun, Trainer};
use crate::topics::Topics;

/// How often models that nobody uses are looked for.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(30);
/// How long the commands of other processes may take to end when the program ends; then their jobs are cancelled.
const TO_ANSWER: Duration = Duration::from_secs(5);
/// How long answers may take to stop when the program ends.
const TO_STOP: Duration = Duration::from_secs(10);

type ShowWindow = Box<dyn Fn() + Send + Sync>;

/// The owner of a home.
pub struct Studio {
    home: Home,
    db: Arc<Db>,
    topics: Arc<Topics>,
    jobs: Jobs,
    pool: Arc<Pool>,
    preferences: PreferencesStore,
    models: Arc<Models>,
    datasets: Arc<Datasets>,
    runs: Arc<Runs>,
    chats: Arc<Chats>,
    evaluations: Evaluations,
    items: Items,
    show_window: Mutex<Option<ShowWindow>>,
    listener: Listener,
    // Last, so that the home is free only when everything else is gone.
    _lock: File,
}

impl Studio {
    fn new(home: Home, lock: File, listener: Listener, trainer: Trainer) -> Result<Arc<Self>, WireError> {
        write_privately();
        logs::start(&home);
        let db = Arc::new(Db::open(&home)?);
        let topics: Arc<Topics> = Arc::default();
        let jobs = Jobs::new(&db, topics.clone());
        let memory = MemoryGuard::default();
        let pool = Arc::new(Pool::new(home.clone(), memory.clone()));
        let preferences = PreferencesStore::new(db.clone());
        let index = Arc::new(RunIndex::new(home.clone(), db.clone()));
        let renderers = Arc::new(Renderers::new(home.clone()));
        let models = Arc::new(Models::new(home.clone(), db.clone(), topics.clone(), index.clone(), renderers));
        let datasets = Arc::new(Datasets::new(home.clone(), db.clone(), topics.clone(), jobs.clone(), models.clone()));
        let runs = Arc::new(Runs::new(RunParts {
            home: home.clone(),
            db: db.clone(),
            topics: topics.clone(),
            jobs: jobs.clone(),
            memory,
            index,
            models: models.clone(),
            datasets: datasets.clone(),
            pool: pool.clone(),
            preferences: preferences.clone(),
            runner: Box::new(LocalRunner),
            trainer,
        }));
        let chats = Arc::new(Chats::new(ChatParts {
            db: db.clone(),
            topics: topics.clone(),
            jobs: jobs.clone(),
            models: models.clone(),
            runs: runs.clone(),
            pool: pool.clone(),
            preferences: preferences.clone(),
        }));
        let evaluations = Evaluations {
            jobs: jobs.clone(),
            models: models.clone(),
            runs: runs.clone(),
            datasets: datasets.clone(),
            pool: pool.clone(),
            preferences: preferences.clone(),
        };
        let items = Items {
            home: home.clone(),
            db: db.clone(),
            topics: topics.clone(),
            models: models.clone(),
            datasets: datasets.clone(),
            runs: runs.clone(),
            chats: chats.clone(),
        };
        let (show_window, _lock) = (Mutex::default(), lock);
        let studio = Arc::new(Self {
            home,
            db,
            topics,
            jobs,
            pool,
            preferences,
            models,
            datasets,
            runs,
            chats,
            evaluations,
            items,
            show_window,
            listener,
            _lock,
        });
        let owner: Weak<Self> = Arc::downgrade(&studio);
        studio.jobs.set_owner(owner as Weak<dyn Any + Send + Sync>);
        studio.datasets.rebuild()?;
        studio.runs.recover(&studio.jobs.take_unfinished()?)?;
        drop_unused_models(Arc::downgrade(&studio));
        tracing::info!("Tunesmith {} opened {}", env!("CARGO_PKG_VERSION"), studio.home.root().display());
        Ok(studio)
    }

    /// What to do when another process asks the window to come forward.
    pub fn on_show_window(&self, callback: impl Fn() + Send + Sync + 'static) {
        *self.show_window.lock() = Some(Box::new(callback));
    }

    /// Lets other processes turn to the next owner, once what they have asked is answered. Then stops a run after a
    /// checkpoint and answers being written, and waits for both. Queued runs stay queued for the next time. A run
    /// that waits for space on a full disk is left after a moment; it can be resumed from its last checkpoint.
    pub fn shutdown(&self) {
        self.listener.guests().close(TO_ANSWER);
        self.jobs.close();
        self.runs.end_all(StopRun::Save);
        self.chats.end_all(TO_STOP);
        tracing::info!("Tunesmith closed {}", self.home.root().display());
    }

    /// Lets the runs go on that were queued when the program last ended, if the user wishes that. To be called by programs
    /// that stay: one that leaves soon would stop what it starts.
    ///
    /// # Errors
    /// The preferences cannot be read.
    pub fn start_queue(&self) -> Result<(), WireError> {
        self.runs.start_queue()
    }

    /// Starts no run but this one any more. To be called by programs that leave when it has ended: they would break off what
    /// they start then. Other runs stay queued for whoever has the home next.
    pub fn set_last_run(&self, id: &str) {
        self.runs.set_last(id);
    }

    /// Whether a run is going.
    pub fn running(&self) -> bool {
        self.runs.is_any_at_work()
    }

    /// Leaves a run at once, without a checkpoint; it can be resumed from its last one.
    pub fn abandon(&self) {
        self.jobs.close();
        self.chats.end_all(Duration::ZERO);
        self.runs.end_all(StopRun::Leave);
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        // Cancels jobs still at work: their results have no reader now.
        self.jobs.close();
    }
}

fn drop_unused_models(studio: Weak<Studio>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(BETWEEN_SWEEPS);
            match studio.upgrade() {
                Some(studio) => studio.pool.drop_unused(),
                None => return,
            }
        }
    });
}
