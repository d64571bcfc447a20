//! `tunesmith train`: as a run file says, into the home or into any folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use tunesmith_protocol::{
    AddModel, Api, DataConfig, DataFiles, Dataset, ImportDataset, Job, JobKind, JobState, Mapping, Model, Run,
    RunConfig, RunState, StartRun, Topic, WireError,
};
use tunesmith_studio::{RunNews, StopRun, default_home, run_config, run_file};

use crate::follow::{Printer, follow, from_now_on};
use crate::home::{Home, absolute};
use crate::interrupt::Interrupt;
use crate::job::with_bar;
use crate::{Ended, Out, overrides};

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

/// Trains in this process into `folder`, and says where the result lies.
fn into_folder(
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
    let start = choices(home.api.as_ref(), config, interrupt)?;
    if resume && let Some(run) = resumable(home.api.as_ref(), &start)? {
        return go_on(&home, &run, interrupt, out);
    }
    Ok(start_and_follow(home.api.as_ref(), start, interrupt, out)?.0)
}

/// Puts a run into the line of the home. Where no other process has the home open, it is trained here.
pub(crate) fn enqueue(home: &Home, path: &Path, set: &[String], out: &Out) -> anyhow::Result<Ended> {
    let config = overrides::apply(run_file::load(path)?, set)?;
    let interrupt = Interrupt::listen(STOPPING)?;
    let start = choices(home.api.as_ref(), &config, &interrupt)?;
    if home.is_owner() {
        out.note("No other Tunesmith is open, so the run is trained here");
        return Ok(start_and_follow(home.api.as_ref(), start, &interrupt, out)?.0);
    }
    let run = home.api.start_run(start)?;
    out.json(&run);
    let before = runs_before(home.api.as_ref(), &run.id)?;
    out.line(match before {
        0 => format!("Started {}", run.id),
        before => format!("{} stands in line behind {before} {}", run.id, if before == 1 { "run" } else { "runs" }),
    });
    Ok(Ended::Done)
}

/// Starts a run, follows it to its end, and says what became of it.
pub(crate) fn start_and_follow(
    api: &dyn Api,
    start: StartRun,
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<(Ended, Run)> {
    let run = api.start_run(start)?;
    out.note(format!("Run {}", run.id));
    let before = runs_before(api, &run.id)?;
    if before > 0 {
        out.note(format!("It starts when the runs before it are done ({before}); Ctrl-C takes it out of the line"));
    }
    let records = api.subscribe(Topic::Run(run.id.clone()), 0)?;
    let ended = follow(api, &run.id, &records, interrupt, out)?;
    tell_result(api, &run.id, out)?;
    Ok((ended, api.get_run(run.id)?))
}

/// How many runs are trained or stand in line before this one.
fn runs_before(api: &dyn Api, id: &str) -> Result<usize, WireError> {
    let held = |job: &Job| job.id != id && matches!(job.state, JobState::Queued { held: true });
    let jobs = api.list_jobs(())?.into_iter().filter(|job| job.kind == JobKind::Train && !held(job));
    Ok(jobs.take_while(|job| job.id != id).count())
}

/// What the run file says, with ids of the home.
fn choices(api: &dyn Api, config: &RunConfig, interrupt: &Interrupt) -> anyhow::Result<StartRun> {
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
    Ok(StartRun {
        name: None,
        model: model.id,
        dataset: dataset.id,
        version: Some(version),
        training: config.training.clone(),
    })
}

fn go_on(home: &Home, run: &Run, interrupt: &Interrupt, out: &Out) -> anyhow::Result<Ended> {
    Ok(resume_and_follow(home.api.as_ref(), run, interrupt, out)?.0)
}

/// Goes on with a run, follows it to its end, and says what became of it.
pub(crate) fn resume_and_follow(
    api: &dyn Api,
    run: &Run,
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<(Ended, Run)> {
    let wrong = |what: &str| Err(WireError::invalid(format!("“{}” {what}", run.name), "").into());
    match run.status {
        RunState::Preparing | RunState::Running => return wrong("is running already"),
        RunState::Queued { .. } => return wrong("stands in line already"),
        _ => {}
    }
    let records = from_now_on(api, &run.id)?;
    let run = api.resume_run(run.id.clone())?;
    out.note(format!("Resuming {}", run.id));
    let ended = follow(api, &run.id, &records, interrupt, out)?;
    tell_result(api, &run.id, out)?;
    Ok((ended, api.get_run(run.id)?))
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
    let ask = |job| ImportDataset {
        paths,
        name: None,
        mapping: Mapping { format: files.format, columns: files.columns.clone() },
        validation: files.validation.clone(),
        seed: None,
        job: Some(job),
        reuse: true,
    };
    with_bar(api, interrupt, |job| api.import_dataset(ask(job)))
}

/// The newest unfinished run of the same model, data and settings.
pub(crate) fn resumable(api: &dyn Api, start: &StartRun) -> Result<Option<Run>, WireError> {
    let unfinished =
        |run: &Run| matches!(run.status, RunState::Stopped | RunState::Interrupted | RunState::Failed { .. });
    let same_data = |run: &Run| run.dataset == start.dataset && run.dataset_version == start.version;
    let same = |run: &Run| run.model == start.model && same_data(run) && run.config.training == start.training;
    Ok(api.list_runs(())?.into_iter().find(|run| unfinished(run) && same(run)))
}
