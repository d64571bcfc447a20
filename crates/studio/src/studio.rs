//! The studio: carries out every command.
use tunesmith_protocol::*;

/// The owner of a home.
pub struct Studio {}

impl Studio {
    /// What to do when another process asks the window to come forward.
    pub fn on_show_window(&self, callback: impl Fn() + Send + Sync + 'static) {
        let _ = callback;
    }

    /// Stops runs after a checkpoint and answers being written, and waits for them.
    pub fn shutdown(&self) {}

    /// Whether a run is going.
    pub fn running(&self) -> bool {
        false
    }
}

impl Api for Studio {
    fn list_models(&self, _args: ()) -> Result<Vec<Model>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn add_model(&self, _args: AddModel) -> Result<Model, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn list_datasets(&self, _args: ()) -> Result<Vec<Dataset>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn import_dataset(&self, _args: ImportDataset) -> Result<Dataset, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn list_samples(&self, _args: ()) -> Result<Vec<Sample>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn import_sample(&self, _args: String) -> Result<Dataset, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn dataset_rows(&self, _args: DatasetRows) -> Result<RowsPage, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn dataset_problems(&self, _args: DatasetProblems) -> Result<Vec<RowProblem>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn train_form(&self, _args: String) -> Result<TrainForm, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn preview_run(&self, _args: StartRun) -> Result<Preview, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn run_yaml(&self, _args: StartRun) -> Result<String, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn start_run(&self, _args: StartRun) -> Result<Run, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn list_runs(&self, _args: ()) -> Result<Vec<Run>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn get_run(&self, _args: String) -> Result<Run, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn stop_run(&self, _args: String) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn resume_run(&self, _args: String) -> Result<Run, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn run_file(&self, _args: RunFileRequest) -> Result<RunFile, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn rename(&self, _args: Rename) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn set_tags(&self, _args: SetTags) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn delete(&self, _args: ItemRef) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn restore(&self, _args: ItemRef) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn empty_bin(&self, _args: ()) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn list_chats(&self, _args: ()) -> Result<Vec<Chat>, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn open_chat(&self, _args: OpenChat) -> Result<Chat, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn get_chat(&self, _args: String) -> Result<Chat, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn send_message(&self, _args: SendMessage) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn stop_chat(&self, _args: String) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn clear_chat(&self, _args: String) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn configure_chat(&self, _args: ConfigureChat) -> Result<Chat, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn cancel_task(&self, _args: String) -> Result<(), WireError> {
        Err(WireError::internal("not yet"))
    }

    fn system_info(&self, _args: ()) -> Result<SystemInfo, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn usage(&self, _args: ()) -> Result<Usage, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn preferences(&self, _args: ()) -> Result<Preferences, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn set_preferences(&self, _args: Preferences) -> Result<Preferences, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn read_log(&self, _args: ()) -> Result<LogText, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn show_window(&self, _args: ()) -> Result<bool, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn subscribe(&self, _topic: Topic, _after_seq: u64) -> Result<Subscription, WireError> {
        Err(WireError::internal("not yet"))
    }
}
