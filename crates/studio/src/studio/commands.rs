//! Every command of the list, each handed to the module of its noun. What they do is left to those.

use std::time::Duration;

use tunesmith_model::device;
use tunesmith_protocol::*;
use tunesmith_sentence::say;

use super::{Studio, system};
use crate::bundled;
use crate::datasets::{inspect_files, template_file};
use crate::errors::model_error;
use crate::home::logs;

/// More than any computer of its users has cores; each thread costs memory.
const MOST_THREADS: u32 = 512;

impl Api for Studio {
    fn list_models(&self, (): ()) -> Result<Vec<Model>, WireError> {
        self.models.list()
    }

    fn add_model(&self, args: AddModel) -> Result<Model, WireError> {
        self.models.add(args.path.as_ref())
    }

    fn chat_templates(&self, model: String) -> Result<ChatTemplates, WireError> {
        self.models.chat_templates(&model)
    }

    fn try_chat_template(&self, args: TryChatTemplate) -> Result<TriedTemplate, WireError> {
        self.models.try_chat_template(&args)
    }

    fn set_chat_template(&self, args: SetChatTemplate) -> Result<Model, WireError> {
        self.runs.require_none_going_on(&args.model)?;
        self.models.set_chat_template(args)
    }

    fn list_datasets(&self, (): ()) -> Result<Vec<Dataset>, WireError> {
        self.datasets.list()
    }

    fn import_dataset(&self, args: ImportDataset) -> Result<Dataset, WireError> {
        self.datasets.import(args)
    }

    fn inspect_files(&self, args: InspectFiles) -> Result<Inspection, WireError> {
        inspect_files(&args)
    }

    fn keep_rows(&self, args: KeepRows) -> Result<String, WireError> {
        self.datasets.keep_rows(&args)
    }

    fn template_file(&self, args: TemplateRequest) -> Result<RunFile, WireError> {
        template_file(&args)
    }

    fn list_samples(&self, (): ()) -> Result<Vec<Sample>, WireError> {
        bundled::list()
    }

    fn import_sample(&self, id: String) -> Result<Dataset, WireError> {
        self.datasets.import_sample(&id)
    }

    fn dataset_rows(&self, args: DatasetRows) -> Result<RowsPage, WireError> {
        self.datasets.rows(&args)
    }

    fn dataset_row(&self, args: DatasetRow) -> Result<FullRow, WireError> {
        self.datasets.whole_row(&args)
    }

    fn dataset_problems(&self, args: DatasetProblems) -> Result<ProblemsPage, WireError> {
        self.datasets.problems(&args)
    }

    fn check_dataset(&self, id: String) -> Result<DatasetReport, WireError> {
        self.datasets.check(&id)
    }

    fn dataset_report(&self, id: String) -> Result<Option<DatasetReport>, WireError> {
        self.datasets.report(&id)
    }

    fn edit_dataset(&self, args: EditDataset) -> Result<Dataset, WireError> {
        self.datasets.edit(args)
    }

    fn use_version(&self, args: UseVersion) -> Result<Dataset, WireError> {
        self.datasets.use_version(&args)
    }

    fn compare_versions(&self, args: CompareVersions) -> Result<VersionChanges, WireError> {
        self.datasets.compare_versions(&args)
    }

    fn xray_row(&self, args: XrayRow) -> Result<Xray, WireError> {
        self.datasets.xray(&args)
    }

    fn count_tokens(&self, args: CountTokens) -> Result<TokenCounts, WireError> {
        self.datasets.count(args)
    }

    fn export_dataset(&self, args: ExportDataset) -> Result<ExportedDataset, WireError> {
        self.datasets.export(args)
    }

    fn train_form(&self, model: String) -> Result<TrainForm, WireError> {
        let model = self.models.get(&model)?;
        let mut fields = TrainSettings::fields();
        system::keep_devices_that_are_there(&mut fields);
        self.models.offer_its_modules(&model, &mut fields);
        Ok(TrainForm { fields, presets: presets(model.parameters) })
    }

    fn preview_run(&self, args: PreviewRun) -> Result<Preview, WireError> {
        self.runs.preview(&args)
    }

    fn estimate_run(&self, args: PreviewRun) -> Result<RunEstimate, WireError> {
        self.runs.estimate(&args)
    }

    fn run_yaml(&self, args: RunYaml) -> Result<RunFile, WireError> {
        self.runs.yaml(&args)
    }

    fn start_run(&self, args: StartRun) -> Result<Run, WireError> {
        self.runs.start(args)
    }

    fn list_runs(&self, (): ()) -> Result<Vec<Run>, WireError> {
        self.runs.list()
    }

    fn get_run(&self, id: String) -> Result<Run, WireError> {
        self.runs.get(&id)
    }

    fn stop_run(&self, id: String) -> Result<(), WireError> {
        self.runs.stop(&id)
    }

    fn resume_run(&self, id: String) -> Result<Run, WireError> {
        self.runs.resume(&id)
    }

    fn spare_checkpoints(&self, args: String) -> Result<SpareCheckpoints, WireError> {
        self.runs.spare_checkpoints(&args)
    }

    fn remove_spare_checkpoints(&self, args: String) -> Result<(), WireError> {
        self.runs.remove_spare_checkpoints(&args)
    }

    fn run_file(&self, args: RunFileRequest) -> Result<RunFile, WireError> {
        self.runs.file(&args)
    }

    fn rename(&self, args: Rename) -> Result<(), WireError> {
        self.items.rename(&args)
    }

    fn set_tags(&self, args: SetTags) -> Result<(), WireError> {
        self.items.set_tags(&args)
    }

    fn delete(&self, args: ItemRef) -> Result<(), WireError> {
        self.items.delete(&args)
    }

    fn restore(&self, args: ItemRef) -> Result<(), WireError> {
        self.items.restore(&args)
    }

    fn list_bin(&self, (): ()) -> Result<Vec<BinnedItem>, WireError> {
        self.items.list_bin()
    }

    fn delete_for_good(&self, args: ItemRef) -> Result<(), WireError> {
        self.items.delete_for_good(&args)
    }

    fn empty_bin(&self, (): ()) -> Result<(), WireError> {
        self.items.empty_bin()
    }

    fn list_chats(&self, (): ()) -> Result<Vec<ChatHead>, WireError> {
        self.chats.list()
    }

    fn open_chat(&self, args: OpenChat) -> Result<Chat, WireError> {
        self.chats.open(args)
    }

    fn get_chat(&self, id: String) -> Result<Chat, WireError> {
        self.chats.get(&id)
    }

    fn send_message(&self, args: SendMessage) -> Result<(), WireError> {
        self.chats.send(args)
    }

    fn stop_chat(&self, id: String) -> Result<(), WireError> {
        self.chats.stop(&id)
    }

    fn clear_chat(&self, id: String) -> Result<(), WireError> {
        self.chats.clear(&id)
    }

    fn undo_chat(&self, id: String) -> Result<Chat, WireError> {
        self.chats.undo(&id)
    }

    fn chat_memory(&self, id: String) -> Result<u64, WireError> {
        self.chats.memory(&id)
    }

    fn unload_chat(&self, id: String) -> Result<u64, WireError> {
        self.chats.unload(&id)
    }

    fn configure_chat(&self, args: ConfigureChat) -> Result<Chat, WireError> {
        self.chats.configure(args)
    }

    fn list_jobs(&self, (): ()) -> Result<Vec<Job>, WireError> {
        Ok(self.jobs.list())
    }

    fn cancel_job(&self, id: String) -> Result<(), WireError> {
        self.runs.cancel_job(&id)
    }

    fn move_job(&self, args: MoveJob) -> Result<(), WireError> {
        self.jobs.move_to(&args.job, args.to)
    }

    fn hold_job(&self, id: String) -> Result<(), WireError> {
        self.jobs.hold(&id, true)
    }

    fn release_job(&self, id: String) -> Result<(), WireError> {
        self.jobs.hold(&id, false)
    }

    fn compare_run(&self, args: CompareRun) -> Result<Option<Comparison>, WireError> {
        self.evaluations.compare(&args)
    }

    fn evaluate(&self, args: Evaluate) -> Result<Evaluation, WireError> {
        self.evaluations.evaluate(&args)
    }

    fn system_info(&self, (): ()) -> Result<SystemInfo, WireError> {
        Ok(system::info(&self.home, &self.preferences.get()?.device))
    }

    fn usage(&self, (): ()) -> Result<Usage, WireError> {
        system::usage(&self.home, &self.db)
    }

    fn preferences(&self, (): ()) -> Result<Preferences, WireError> {
        self.preferences.get()
    }

    fn set_preferences(&self, args: Preferences) -> Result<Preferences, WireError> {
        device::choose(&args.device).map_err(model_error)?;
        if args.threads > MOST_THREADS {
            return Err(too_many_threads());
        }
        if args.device != self.preferences.get()?.device {
            // The next chat loads its models onto the new one.
            self.chats.end_all(Duration::ZERO);
        }
        self.preferences.set(&args)?;
        self.topics.library_changed();
        Ok(args)
    }

    fn list_notices(&self, (): ()) -> Result<Vec<Notice>, WireError> {
        Ok(self.home.notices().list())
    }

    fn dismiss_notice(&self, id: String) -> Result<(), WireError> {
        self.home.notices().dismiss(&id)?;
        self.topics.library_changed();
        Ok(())
    }

    fn read_log(&self, (): ()) -> Result<LogText, WireError> {
        logs::read(&self.home.log())
    }

    fn show_window(&self, (): ()) -> Result<bool, WireError> {
        Ok(self.show_window.lock().as_ref().inspect(|show| show()).is_some())
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        match &topic {
            Topic::Run(id) => return self.runs.follow(id, after_seq),
            Topic::Chat(id) => drop(self.chats.get(id)?),
            Topic::Library | Topic::Job(_) => {}
        }
        Ok(self.topics.follow(&topic, after_seq))
    }
}

fn too_many_threads() -> WireError {
    WireError::invalid(
        say!("home-threads-range", "Threads must be 0 to {most}", most = MOST_THREADS),
        say!("home-threads-range-hint", "0 takes all cores"),
    )
}
