//! The studio: the owner of a home. It carries out every command; each noun has a module of its own.

use std::collections::HashMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tunesmith_model::device;
use tunesmith_protocol::*;
use tunesmith_train::{Outcome, Progress, TrainError, TrainPlan};

use crate::chat::Room;
use crate::datasets::shelf::Shelf;
use crate::db::Db;
use crate::digest::Digest;
use crate::follow::{Board, follow_run};
use crate::home::Home;
use crate::models::{FactsCache, Renderers};
use crate::prepare::Latest;
use crate::run_config::StopRun;
use crate::runs::Desk;
use crate::socket::Listener;
use crate::tasks::Tasks;
use crate::{chat, datasets, files, items, logs, models, preview, runs, samples, system};

/// How a run is trained: `tunesmith_train::run`, or what a test puts in its place.
pub type Trainer =
    fn(TrainPlan, &mut dyn FnMut(Progress) -> ControlFlow<tunesmith_train::StopReason>) -> Result<Outcome, TrainError>;

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

impl Api for Studio {
    fn list_models(&self, (): ()) -> Result<Vec<Model>, WireError> {
        models::list(self)
    }

    fn add_model(&self, args: AddModel) -> Result<Model, WireError> {
        models::add(self, &args.path)
    }

    fn list_datasets(&self, (): ()) -> Result<Vec<Dataset>, WireError> {
        datasets::list(self)
    }

    fn import_dataset(&self, args: ImportDataset) -> Result<Dataset, WireError> {
        datasets::import::import_files(self, args)
    }

    fn inspect_files(&self, args: InspectFiles) -> Result<Inspection, WireError> {
        datasets::import::look(&args)
    }

    fn list_samples(&self, (): ()) -> Result<Vec<Sample>, WireError> {
        Ok(samples::list())
    }

    fn import_sample(&self, id: String) -> Result<Dataset, WireError> {
        datasets::import::import_sample(self, &id)
    }

    fn dataset_rows(&self, args: DatasetRows) -> Result<RowsPage, WireError> {
        datasets::rows::page(self, &args)
    }

    fn dataset_row(&self, args: DatasetRow) -> Result<FullRow, WireError> {
        datasets::rows::whole(self, &args)
    }

    fn dataset_problems(&self, args: DatasetProblems) -> Result<ProblemsPage, WireError> {
        datasets::problems::page(self, &args)
    }

    fn check_dataset(&self, id: String) -> Result<DatasetReport, WireError> {
        datasets::checkup::check(self, &id)
    }

    fn dataset_report(&self, id: String) -> Result<Option<DatasetReport>, WireError> {
        datasets::checkup::report(self, &id)
    }

    fn edit_dataset(&self, args: EditDataset) -> Result<Dataset, WireError> {
        datasets::edits::edit(self, args)
    }

    fn use_version(&self, args: UseVersion) -> Result<Dataset, WireError> {
        datasets::edits::use_version(self, &args)
    }

    fn xray_row(&self, args: XrayRow) -> Result<Xray, WireError> {
        datasets::tokens::xray(self, &args)
    }

    fn count_tokens(&self, args: CountTokens) -> Result<TokenCounts, WireError> {
        datasets::tokens::count(self, args)
    }

    fn export_dataset(&self, args: ExportDataset) -> Result<ExportedDataset, WireError> {
        datasets::export::export(self, args)
    }

    fn train_form(&self, model: String) -> Result<TrainForm, WireError> {
        let model = models::get(self, &model)?;
        let mut fields = TrainSettings::fields();
        system::keep_devices_that_are_there(&mut fields);
        models::offer_its_modules(self, &model, &mut fields);
        Ok(TrainForm { fields, presets: presets(model.parameters) })
    }

    fn preview_run(&self, args: StartRun) -> Result<Preview, WireError> {
        preview::preview(self, &args)
    }

    fn run_yaml(&self, args: RunYaml) -> Result<RunFile, WireError> {
        files::yaml(self, &args)
    }

    fn start_run(&self, args: StartRun) -> Result<Run, WireError> {
        runs::start(self, args)
    }

    fn list_runs(&self, (): ()) -> Result<Vec<Run>, WireError> {
        runs::list(self)
    }

    fn get_run(&self, id: String) -> Result<Run, WireError> {
        runs::get(self, &id)
    }

    fn stop_run(&self, id: String) -> Result<(), WireError> {
        runs::stop(self, &id)
    }

    fn resume_run(&self, id: String) -> Result<Run, WireError> {
        runs::resume(self, &id)
    }

    fn run_file(&self, args: RunFileRequest) -> Result<RunFile, WireError> {
        files::make(self, &args)
    }

    fn rename(&self, args: Rename) -> Result<(), WireError> {
        items::rename(self, &args)
    }

    fn set_tags(&self, args: SetTags) -> Result<(), WireError> {
        items::set_tags(self, &args)
    }

    fn delete(&self, args: ItemRef) -> Result<(), WireError> {
        items::delete(self, &args)
    }

    fn restore(&self, args: ItemRef) -> Result<(), WireError> {
        items::restore(self, &args)
    }

    fn empty_bin(&self, (): ()) -> Result<(), WireError> {
        items::empty_bin(self)
    }

    fn list_chats(&self, (): ()) -> Result<Vec<Chat>, WireError> {
        chat::list(self)
    }

    fn open_chat(&self, args: OpenChat) -> Result<Chat, WireError> {
        chat::open(self, args)
    }

    fn get_chat(&self, id: String) -> Result<Chat, WireError> {
        self.db.chat(&id)
    }

    fn send_message(&self, args: SendMessage) -> Result<(), WireError> {
        chat::send(self, args)
    }

    fn stop_chat(&self, id: String) -> Result<(), WireError> {
        chat::stop(self, &id)
    }

    fn clear_chat(&self, id: String) -> Result<(), WireError> {
        chat::clear(self, &id)
    }

    fn configure_chat(&self, args: ConfigureChat) -> Result<Chat, WireError> {
        chat::configure(self, args)
    }

    fn cancel_task(&self, id: String) -> Result<(), WireError> {
        self.tasks.cancel(&id);
        Ok(())
    }

    fn system_info(&self, (): ()) -> Result<SystemInfo, WireError> {
        Ok(system::info(&self.home, &Studio::preferences(self)?.device))
    }

    fn usage(&self, (): ()) -> Result<Usage, WireError> {
        system::usage(self)
    }

    fn preferences(&self, (): ()) -> Result<Preferences, WireError> {
        Studio::preferences(self)
    }

    fn set_preferences(&self, args: Preferences) -> Result<Preferences, WireError> {
        device::choose(&args.device).map_err(models::model_error)?;
        if args.threads > MOST_THREADS {
            return Err(WireError::invalid(format!("Threads must be 0 to {MOST_THREADS}"), "0 takes all cores"));
        }
        if args.device != Studio::preferences(self)?.device {
            // The next chat loads its models onto the new one.
            self.room.empty();
        }
        self.db.set_setting("preferences", &args)?;
        self.library_changed();
        Ok(args)
    }

    fn read_log(&self, (): ()) -> Result<LogText, WireError> {
        logs::read(&self.home.log())
    }

    fn show_window(&self, (): ()) -> Result<bool, WireError> {
        let callback = self.show_window.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(callback.as_ref().inspect(|show| show()).is_some())
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        match &topic {
            Topic::Run(id) => {
                runs::get(self, id)?;
                return Ok(follow_run(self.home.run(id)?, after_seq));
            }
            Topic::Chat(id) => drop(self.db.chat(id)?),
            Topic::Library | Topic::Task(_) => {}
        }
        Ok(self.board.follow(&topic, after_seq))
    }
}
