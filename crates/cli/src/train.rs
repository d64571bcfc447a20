//! `tunesmith train`: as a run file says, into the home or into any folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use tunesmith_protocol::{
    AddModel, Api, DataConfig, DataFiles, Dataset, EventBody, ImportDataset, Mapping, Model, Run, RunConfig, RunState,
    StartRun, Topic, WireError,
};
use tunesmith_studio::{RunNews, StopRun, default_home, run_config, run_file};

use crate::follow::{Printer, follow, from_now_on};
use crate::home::{Home, absolute};
use crate::interrupt::Interrupt;
use crate::{Ended, Out, overrides, show};

const STOPPING: &str = "Stopping after this step and saving; press Ctrl-C again to leave at once";

#[derive(Args)]
#[command(after_long_help = overrides::help())]
pub(crate) struct Arguments {
    /// The run file (YAML); paths in it start at its folder
    config: PathBuf,
    /// Set a key of the run file, e.g. --set epochs=5 (`--help` lists all)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Train into this folder, without the home; refuses a folder that holds a run
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Go on from the newest good checkpoint; start from the beginning where there is none
    #[arg(long)]
    resume: bool,
}

pub(crate) fn train(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let config = overrides::apply(run_file::load(&arguments.config)?, &arguments.set)?;
    let interrupt = Interrupt::listen(STOPPING)?;
    match &arguments.output {
        Some(folder) => {
            let (ended, result) = into_folder(&config, folder, arguments.resume, &interrupt, out)?;
            out.note(format!("Result: {}", result.display()));
            Ok(ended)
        }
        None => into_home(&config, arguments.resume, &interrupt, out),
    }
}

/// Resumes a run of the home and follows it.
pub(crate) fn resume(home: &Home, run: &Run, out: &Out) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen(STOPPING)?;
    go_on(home, run, &interrupt, out)
}

/// Trains in this process into `folder`, and says where the result lies. The demo does the same.
pub(crate) fn into_folder(
    config: &RunConfig,
    folder: &Path,
    resume: bool,
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<(Ended, PathBuf)> {
    let mut printer = Printer::new(out);
    let finished = run_config(&default_home(), config, folder, resume, &mut |news| {
        if let RunNews::Record(record) = news {
            printer.record(record);
        }
        if interrupt.asked() { ControlFlow::Break(StopRun::Save) } else { ControlFlow::Continue(()) }
    })?;
    let interrupted = finished.stopped && interrupt.asked();
    Ok((if interrupted { Ended::Interrupted } else { Ended::Done }, finished.result))
}

fn into_home(config: &RunConfig, resume: bool, interrupt: &Interrupt, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    let api = home.api.as_ref();
    let model = base_model(api, &config.base_model)?;
    let (dataset, version) = match &config.data {
        DataConfig::Files(files) => {
            let dataset = import(api, files, interrupt)?;
            let version = dataset.number;
            (dataset, version)
        }
        DataConfig::Dataset(wanted) => {
            let dataset = tunesmith_studio::named(&api.list_datasets(())?, &wanted.dataset)?.clone();
            let version = wanted.version.unwrap_or(dataset.number);
            (dataset, version)
        }
    };
    let start = StartRun {
        name: None,
        model: model.id,
        dataset: dataset.id,
        version: Some(version),
        training: config.training.clone(),
    };
    if resume && let Some(run) = resumable(api, &start)? {
        return go_on(&home, &run, interrupt, out);
    }
    let run = api.start_run(start)?;
    out.note(format!("Run {}", run.id));
    let records = api.subscribe(Topic::Run(run.id.clone()), 0)?;
    let ended = follow(api, &run.id, &records, interrupt, out)?;
    tell_result(api, &run.id, out)?;
    Ok(ended)
}

fn go_on(home: &Home, run: &Run, interrupt: &Interrupt, out: &Out) -> anyhow::Result<Ended> {
    let api = home.api.as_ref();
    if matches!(run.status, RunState::Preparing | RunState::Running) {
        return Err(WireError::invalid(format!("“{}” is running already", run.name), "").into());
    }
    let records = from_now_on(api, &run.id)?;
    let run = api.resume_run(run.id.clone())?;
    out.note(format!("Resuming {}", run.id));
    let ended = follow(api, &run.id, &records, interrupt, out)?;
    tell_result(api, &run.id, out)?;
    Ok(ended)
}

fn tell_result(api: &dyn Api, id: &str, out: &Out) -> Result<(), WireError> {
    let run = api.get_run(id.to_owned())?;
    if let Some(path) = &run.result_path {
        out.note(format!("Result: {path}\nTalk to it: tunesmith chat --run {}", run.id));
    }
    Ok(())
}

/// The model in the home that the run file names; a folder is added.
fn base_model(api: &dyn Api, name: &str) -> Result<Model, WireError> {
    let models = api.list_models(())?;
    if let Some(model) = models.into_iter().find(|model| model.id == name || model.path == name) {
        return Ok(model);
    }
    if Path::new(name).is_dir() {
        return api.add_model(AddModel { path: absolute(Path::new(name))?.into() });
    }
    Err(WireError::new(
        tunesmith_protocol::ErrorCode::NotFound,
        format!("base_model: “{name}” is neither a model in this home nor a folder"),
        "`tunesmith models list` shows what there is",
    ))
}

/// Imports the files, with a bar. The same rows as before stay one dataset.
fn import(api: &dyn Api, files: &DataFiles, interrupt: &Interrupt) -> Result<Dataset, WireError> {
    let paths = files.path.all().iter().map(|path| absolute(Path::new(path)));
    let paths = paths.map(|path| Ok(path?.into())).collect::<Result<_, WireError>>()?;
    let task = task_id();
    let ask = ImportDataset {
        paths,
        name: None,
        mapping: Mapping { format: files.format, columns: files.columns.clone() },
        validation: files.validation.clone(),
        seed: None,
        job: Some(task.clone()),
        reuse: true,
    };
    let bar = show::bar(100, "Reading the rows {wide_bar} {percent} %");
    let news = api.subscribe(Topic::Job(task.clone()), 0)?;
    let dataset = std::thread::scope(|scope| {
        let importing = scope.spawn(|| api.import_dataset(ask));
        let mut cancelled = false;
        while !importing.is_finished() {
            if interrupt.asked() && !cancelled {
                cancelled = true;
                api.cancel_job(task.clone())?;
            }
            for event in news.next_within(Duration::from_millis(50)).ok().flatten().unwrap_or_default() {
                if let EventBody::Job { job } = event.body {
                    bar.set_position((job.progress.fraction().unwrap_or(0.0) * 100.0) as u64);
                }
            }
        }
        importing.join().unwrap_or_else(|_| Err(WireError::internal("the import broke off")))
    });
    bar.finish_and_clear();
    dataset
}

/// The newest unfinished run of the same model, data and settings.
fn resumable(api: &dyn Api, start: &StartRun) -> Result<Option<Run>, WireError> {
    let unfinished =
        |run: &Run| matches!(run.status, RunState::Stopped | RunState::Interrupted | RunState::Failed { .. });
    let same_data = |run: &Run| run.dataset == start.dataset && run.dataset_version == start.version;
    let same = |run: &Run| run.model == start.model && same_data(run) && run.config.training == start.training;
    Ok(api.list_runs(())?.into_iter().find(|run| unfinished(run) && same(run)))
}

fn task_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_nanos()).unwrap_or_default();
    format!("shell-{}-{now}", std::process::id())
}
