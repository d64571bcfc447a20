//! The whole surface of Tunesmith, readable in one screen. The list expands to the trait that the studio
//! implements, a dispatcher from JSON, a remote caller to JSON, and the TypeScript map: a forgotten command does
//! not compile.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::{host_paths, *};

/// Expands the list of commands.
macro_rules! commands {
    ($($(#[$doc:meta])+ $name:ident($args:ty) -> $reply:ty;)*) => {
        /// What the studio can do. Calls block; anything long reports on a topic.
        pub trait Api: Send + Sync {
            $($(#[$doc])+ fn $name(&self, args: $args) -> Result<$reply, WireError>;)*

            /// Follows a topic from the record after `after_seq`.
            fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError>;
        }

        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$(stringify!($name)),*];

        /// Calls the command `name` with JSON arguments, in which the caller names only paths that `policy` allows.
        ///
        /// # Errors
        /// What the command says, and arguments that it does not take or that name a path which is not allowed.
        pub fn dispatch(api: &dyn Api, name: &str, args: Value, policy: &dyn PathPolicy) -> Result<Value, WireError> {
            match name {
                $(stringify!($name) => reply(api.$name(checked(name, args, policy)?)?),)*
                _ => Err(WireError::not_found(say!("command-unknown", "There is no command {name}", name))),
            }
        }

        /// The studio in another process, reached through a `Wire`.
        impl<W: Wire> Api for Remote<W> {
            $(fn $name(&self, args: $args) -> Result<$reply, WireError> {
                let args = serde_json::to_value(args).map_err(|error| WireError::internal(Sentence::verbatim(error.to_string())))?;
                arguments(stringify!($name), self.0.call(stringify!($name), args)?)
            })*

            fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
                self.0.subscribe(topic, after_seq)
            }
        }

        /// The commands as a TypeScript interface, after the declarations of all types they use.
        pub fn typescript() -> String {
            use ts_rs::TS;
            let mut types = crate::bindings::Types::default();
            let mut commands = String::from("export interface Commands {\n");
            $(
                types.add::<$args>();
                types.add::<$reply>();
                let (args, reply) = (<$args>::name(types.config()), <$reply>::name(types.config()));
                commands += &format!("  {}: {{ args: {args}; reply: {reply} }};\n", stringify!($name));
            )*
            types.add::<Topic>();
            types.add::<Event>();
            types.add::<WireError>();
            format!("{}\n{commands}}}\n", types.declarations())
        }
    };
}

commands! {
    /// All base models: the starter, added folders, trained models, and what the Hugging Face cache holds.
    list_models(()) -> Vec<Model>;
    /// Adds a Hugging Face folder; it stays where it is.
    add_model(AddModel) -> Model;
    /// The chat template of a base model, by id, and those that can be chosen.
    chat_templates(String) -> ChatTemplates;
    /// A short sample conversation in a template for a base model, or what is wrong with the template. Nothing is stored.
    try_chat_template(TryChatTemplate) -> TriedTemplate;
    /// Chooses the chat template of a base model that brings none.
    set_chat_template(SetChatTemplate) -> Model;
    /// All datasets.
    list_datasets(()) -> Vec<Dataset>;
    /// Imports dataset files into the home.
    import_dataset(ImportDataset) -> Dataset;
    /// The beginning of files, as they would be imported.
    inspect_files(InspectFiles) -> Inspection;
    /// Keeps rows that somebody pasted or typed as a file to import; the reply is its path.
    keep_rows(KeepRows) -> String;
    /// Makes a file that shows a shape of rows, to be filled in.
    template_file(TemplateRequest) -> RunFile;
    /// The bundled sample datasets.
    list_samples(()) -> Vec<Sample>;
    /// Imports a bundled sample, by id.
    import_sample(String) -> Dataset;
    /// Rows of a dataset as chat bubbles.
    dataset_rows(DatasetRows) -> RowsPage;
    /// One row with all it has.
    dataset_row(DatasetRow) -> FullRow;
    /// Dropped rows of a dataset, and kept ones with something worth knowing.
    dataset_problems(DatasetProblems) -> ProblemsPage;
    /// Has the doctor look at a dataset, by id, or waits for the check that is going. Progress comes from the job
    /// `check-DATASET-VERSION`, which can be cancelled.
    check_dataset(String) -> DatasetReport;
    /// What the doctor found in the version in use; null before it has looked, which it then does, unless someone
    /// cancelled that. Null, too, of a dataset that is gone, as whoever shows a list may ask just after.
    dataset_report(String) -> Option<DatasetReport>;
    /// Changes rows; the result is a new version.
    edit_dataset(EditDataset) -> Dataset;
    /// Puts another version of a dataset in use.
    use_version(UseVersion) -> Dataset;
    /// What is different between two versions of a dataset, and the rows themselves.
    compare_versions(CompareVersions) -> VersionChanges;
    /// A row as a base model's tokens.
    xray_row(XrayRow) -> Xray;
    /// The lengths of all rows in a base model's tokens.
    count_tokens(CountTokens) -> TokenCounts;
    /// Writes a dataset to a file.
    export_dataset(ExportDataset) -> ExportedDataset;
    /// The settings form for a base model, by id.
    train_form(String) -> TrainForm;
    /// What a run would do, and what stands in its way.
    preview_run(PreviewRun) -> Preview;
    /// How long a run would take. Measures this machine for about a second, once for runs of a kind.
    estimate_run(PreviewRun) -> RunEstimate;
    /// The run file that stands for these choices, as YAML.
    run_yaml(RunYaml) -> RunFile;
    /// Starts a run in the background; while another goes, it is queued.
    start_run(StartRun) -> Run;
    /// All runs, the newest first.
    list_runs(()) -> Vec<Run>;
    /// One run, by id.
    get_run(String) -> Run;
    /// Stops a run at its next step and keeps the result.
    stop_run(String) -> ();
    /// Goes on with an interrupted, stopped, paused or failed run from its newest checkpoint.
    resume_run(String) -> Run;
    /// The checkpoints of a run, by id, that it could do without: all but the best and the last one; none while it is at work.
    spare_checkpoints(String) -> SpareCheckpoints;
    /// Removes them for good.
    remove_spare_checkpoints(String) -> ();
    /// Makes a file from a run: loss curves or run file.
    run_file(RunFileRequest) -> RunFile;
    /// Renames a thing.
    rename(Rename) -> ();
    /// Sets the tags of a thing.
    set_tags(SetTags) -> ();
    /// Deletes a model, dataset, run or chat; `restore` brings it back until the bin is emptied.
    delete(ItemRef) -> ();
    /// Brings a deleted thing back.
    restore(ItemRef) -> ();
    /// All deleted things that can be brought back, the last deleted first.
    list_bin(()) -> Vec<BinnedItem>;
    /// Removes one deleted thing from the disk for good.
    delete_for_good(ItemRef) -> ();
    /// Removes all deleted things from the disk for good.
    empty_bin(()) -> ();
    /// All chats, the newest first.
    list_chats(()) -> Vec<ChatHead>;
    /// Opens a chat: loads the base model once and puts the adapter beside it.
    open_chat(OpenChat) -> Chat;
    /// One chat, by id.
    get_chat(String) -> Chat;
    /// Says something, or says or answers a message anew; answers come on the chat's topic.
    send_message(SendMessage) -> ();
    /// Stops the answers being written in a chat.
    stop_chat(String) -> ();
    /// Forgets what was said in a chat, until `undo_chat`.
    clear_chat(String) -> ();
    /// Takes back the last clearing of a chat, or the last message that was said or answered anew; a second time takes that
    /// back in turn.
    undo_chat(String) -> Chat;
    /// The bytes that the models of a chat take in memory; 0 where none is loaded.
    chat_memory(String) -> u64;
    /// Lets go of the models of a chat, which its next message loads again. Returns the bytes that are free now.
    unload_chat(String) -> u64;
    /// Changes a chat's system prompt and sampling.
    configure_chat(ConfigureChat) -> Chat;
    /// All jobs that have not ended, the queued ones in the order in which they will start, and those that the
    /// last end of the program cut short.
    list_jobs(()) -> Vec<Job>;
    /// Cancels the job of this id, or takes one off the list that was cut short.
    cancel_job(String) -> ();
    /// Moves a queued job.
    move_job(MoveJob) -> ();
    /// Holds back a queued job.
    hold_job(String) -> ();
    /// Lets a job that was held back start when it is its turn.
    release_job(String) -> ();
    /// What a run's result answers to a few held-out rows, beside its base model; null where no row asks anything, and where
    /// only what is known was wanted and nothing is.
    compare_run(CompareRun) -> Option<Comparison>;
    /// Measures a model on dataset files, and has it answer them.
    evaluate(Evaluate) -> Evaluation;
    /// The computer, the home and the device in use.
    system_info(()) -> SystemInfo;
    /// What takes space in the home.
    usage(()) -> Usage;
    /// The user's preferences.
    preferences(()) -> Preferences;
    /// Changes the user's preferences.
    set_preferences(Preferences) -> Preferences;
    /// What the user has to know of the home, such as damage that was found, until somebody has seen it.
    list_notices(()) -> Vec<Notice>;
    /// Somebody has seen the notice of this id.
    dismiss_notice(String) -> ();
    /// The end of the log.
    read_log(()) -> LogText;
    /// Asks the window to come forward; false when this process has none.
    show_window(()) -> bool;
}

/// A way to call commands of the studio in another process.
pub trait Wire: Send + Sync {
    /// Sends a command and waits for its reply.
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError>;

    /// Follows a topic.
    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError>;
}

/// The studio in another process.
pub struct Remote<W>(pub W);

/// The arguments of a command, which name no path that the caller may not name.
fn checked<T: DeserializeOwned + Serialize>(name: &str, args: Value, policy: &dyn PathPolicy) -> Result<T, WireError> {
    // Serde also reads structs from bare lists; nobody needs that, and what nobody needs is not offered.
    if args.is_array() {
        return Err(WireError::invalid(
            say!("command-arguments-unnamed", "{name}: arguments have names", name),
            NOTHING,
        ));
    }
    let args = arguments(name, args)?;
    host_paths::check(name, &args, policy)?;
    Ok(args)
}

fn arguments<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, WireError> {
    serde_json::from_value(args).map_err(|error| {
        WireError::invalid(say!("command-arguments-wrong", "{name}: {error}", name, error = error.to_string()), NOTHING)
    })
}

fn reply<T: Serialize>(reply: T) -> Result<Value, WireError> {
    serde_json::to_value(reply).map_err(|error| WireError::internal(Sentence::verbatim(error.to_string())))
}
