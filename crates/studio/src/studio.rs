//! The studio: the owner of a home. It carries out every command (`commands`); each noun has a module of its own.

mod commands;

use std::collections::HashMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tunesmith_protocol::{Preferences, WireError};
use tunesmith_train::{Outcome, Progress, TrainError, TrainPlan};

use crate::chat::Room;
use crate::datasets::shelf::Shelf;
use crate::db::Db;
use crate::digest::Digest;
use crate::follow::Board;
use crate::home::Home;
use crate::models::{FactsCache, Renderers};
use crate::prepare::Latest;
use crate::run_config::StopRun;
use crate::runs::Desk;
use crate::socket::Listener;
use crate::tasks::Tasks;
use crate::{datasets, logs, runs};

/// How a run is trained: `tunesmith_train::run`, or what a test puts in its place.
pub type Trainer =
    fn(TrainPlan, &mut dyn FnMut(Progress) -> ControlFlow<tunesmith_train::StopRequest>) -> Result<Outcome, TrainError>;

/// More than any computer of its users has cores; each thread costs memory.
const MOST_THREADS: u32 = 512;

type ShowWindow = Box<dyn Fn() + Send + Sync>;

/// The owner of a home.
pub struct Studio {
    me: Weak<Self>,
    pub(crate) home: Home,
    pub(crate) db: Db,
    pub(crate) board: Arc<Board>,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) desk: Desk,
    pub(crate) room: Room,
    pub(crate) shelf: Shelf,
    pub(crate) prepared: Latest,
    pub(crate) facts: FactsCache,
    pub(crate) renderers: Renderers,
    pub(crate) digests: Mutex<HashMap<String, Digest>>,
    pub(crate) starter_verified: Mutex<bool>,
    pub(crate) trainer: Trainer,
    show_window: Mutex<Option<ShowWindow>>,
    _listener: Listener,
    // Last, so that the home is free only when everything else is gone.
    _lock: File,
}

impl Studio {
    pub(crate) fn new(home: Home, lock: File, listener: Listener, trainer: Trainer) -> Result<Arc<Self>, WireError> {
        logs::start(&home.log());
        let db = Db::open(&home.database())?;
        let studio = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            home,
            db,
            board: Arc::default(),
            tasks: Arc::default(),
            desk: Desk::default(),
            room: Room::default(),
            shelf: Shelf::default(),
            prepared: Latest::default(),
            facts: FactsCache::default(),
            renderers: Renderers::default(),
            digests: Mutex::default(),
            starter_verified: Mutex::default(),
            trainer,
            show_window: Mutex::default(),
            _listener: listener,
            _lock: lock,
        });
        datasets::rebuild(&studio)?;
        runs::rebuild(&studio)?;
        watch_idle_models(studio.me.clone());
        tracing::info!("Tunesmith {} opened {}", env!("CARGO_PKG_VERSION"), studio.home.root().display());
        Ok(studio)
    }

    /// What to do when another process asks the window to come forward.
    pub fn on_show_window(&self, callback: impl Fn() + Send + Sync + 'static) {
        *self.show_window.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(callback));
    }

    /// Stops a run after a checkpoint and answers being written, and waits for both. A run that waits for room on a full
    /// disk is left after a moment; it can be resumed from its last checkpoint.
    pub fn shutdown(&self) {
        self.room.empty();
        self.desk.clear(StopRun::Save);
        self.room.wait_for_quiet(Duration::from_secs(10));
        tracing::info!("Tunesmith closed {}", self.home.root().display());
    }

    /// Whether a run is going.
    pub fn running(&self) -> bool {
        self.desk.going_id().is_some()
    }

    /// Leaves a run at once, without a checkpoint; it can be resumed from its last one.
    pub fn abandon(&self) {
        self.room.empty();
        self.desk.clear(StopRun::Leave);
    }

    /// Tells everyone to fetch the lists again.
    pub(crate) fn library_changed(&self) {
        self.board.library_changed();
    }

    /// This studio, to be held by a thread.
    pub(crate) fn me(&self) -> Result<Arc<Self>, WireError> {
        self.me.upgrade().ok_or_else(|| WireError::internal("Tunesmith is closing"))
    }

    /// The same for a thread that must not keep the home open.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }

    /// The user's preferences.
    pub(crate) fn preferences(&self) -> Result<Preferences, WireError> {
        Ok(self.db.setting("preferences")?.unwrap_or_default())
    }
}

fn watch_idle_models(studio: Weak<Studio>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(30));
            match studio.upgrade() {
                Some(studio) => studio.room.empty_when_idle(),
                None => return,
            }
        }
    });
}
