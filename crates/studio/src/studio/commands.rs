//! Every command of the list, each handed to the module of its noun. What they do is left to those.

use std::sync::PoisonError;

use tunesmith_model::device;
use tunesmith_protocol::*;

use super::{MOST_THREADS, Studio};
use crate::follow::follow_run;
use crate::{chat, datasets, files, items, logs, models, preview, runs, samples, system};

impl Api for Studio {
    fn list_models(&self, (): ()) -> Result<Vec<Model>, WireError> {
        models::list(self)
    }

    fn add_model(&self, args: AddModel) -> Result<Model, WireError> {
        models::add(self, args.path.as_ref())
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
