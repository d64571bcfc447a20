//! `tunesmith train`: as a run file says, into the home or into any folder.

mod choices;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tunesmith_protocol::{
    Api, Job, JobKind, JobState, Notice, PreviewRun, Run, RunConfig, RunEstimate, RunState, StartRun, Topic, WireError,
};
use tunesmith_sentence::{NOTHING, Sentence, say};
use tunesmith_studio::{Losses, RunNews, StopRun, default_home, disk_told, run_config, run_file, time_told};

use crate::follow::{Printer, follow, from_now_on};
use crate::home::{Home, typed_path};
use crate::interrupt::Interrupt;
use crate::job::with_bar;
use crate::{Ended, Out, overrides};

use choices::choices;

#[derive(Args)]
#[command(after_long_help = overrides::help())]
pub(crate) struct Arguments {
    /// The run file (YAML); paths in it start at its folder
    #[arg(value_parser = typed_path())]
    config: PathBuf,
    /// Set a key of the run file, e.g. --set epochs=5 (`--help` lists all)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Train into this folder, without the home; refuses a folder that holds a run
    #[arg(long, value_name = "DIR", value_parser = typed_path())]
    output: Option<PathBuf>,
    /// Go on from the newest good checkpoint; start from the beginning where there is none
    #[arg(long)]
    resume: bool,
}

pub(crate) fn train(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let config = overrides::apply(run_file::load(&arguments.config)?, &arguments.set)?;
    let interrupt = Interrupt::listen(stopping())?;
    match &arguments.output {
        Some(folder) => {
            let (ended, result) = into_folder(&config, folder, arguments.resume, &interrupt, out)?;
            out.note(result_at(&result));
            Ok(ended)
        }
        None => into_home(&config, arguments.resume, &interrupt, out),
    }
}

/// Resumes a run of the home and follows it.
pub(crate) fn resume(home: &Home, run: &Run, out: &Out) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen(stopping())?;
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
    crate::out::work_on();
    let earlier = if resume { Losses::read(folder) } else { Losses::default() };
    let mut printer = Printer::new(out, earlier);
    let finished = run_config(&default_home(), config, folder, resume, &mut |news| {
        match news {
            RunNews::Record(record) => printer.record(record),
            RunNews::Warning(warning) => out.note(warning.clone()),
            RunNews::Damage(damage) => {
                out.note(damage.message.clone());
                out.note(damage.hint.clone());
            }
            RunNews::Tick => {}
        }
        if interrupt.asked() { ControlFlow::Break(StopRun::Save) } else { ControlFlow::Continue(()) }
    })?;
    let interrupted = finished.stopped && interrupt.asked();
    Ok((if interrupted { Ended::Interrupted } else { Ended::Done }, finished.result))
}

fn into_home(config: &RunConfig, resume: bool, interrupt: &Interrupt, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    let start = choices(home.api.as_ref(), config, interrupt, out)?;
    if resume && let Some(run) = resumable(home.api.as_ref(), &start)? {
        return go_on(&home, &run, interrupt, out);
    }
    if let Some(estimate) = preview(home.api.as_ref(), &start, interrupt, out)? {
        out.json(&json!({ "type": "estimate", "time": estimate.time, "busy": estimate.busy }));
    }
    Ok(start_and_follow(&home, start, interrupt, out)?.0)
}

/// Says before a run starts what the window says there, and returns how long it will take. What stands in its way is told by the
/// start itself.
fn preview(
    api: &dyn Api,
    start: &StartRun,
    interrupt: &Interrupt,
    out: &Out,
) -> Result<Option<RunEstimate>, WireError> {
    let preview = api.preview_run(PreviewRun { start: start.clone(), job: None })?;
    preview.warnings.into_iter().for_each(|warning| out.note(warning));
    if !preview.blockers.is_empty() {
        return Ok(None);
    }
    let estimate = estimate(api, start, interrupt)?;
    estimate.time.iter().for_each(|time| out.note(time_told(time, estimate.busy)));
    preview.disk.iter().for_each(|disk| out.note(disk_told(disk)));
    Ok(Some(estimate))
}

/// How long the run will take. Measuring that is told, and can be broken off.
pub(crate) fn estimate(api: &dyn Api, start: &StartRun, interrupt: &Interrupt) -> Result<RunEstimate, WireError> {
    with_bar(api, interrupt, |job| api.estimate_run(PreviewRun { start: start.clone(), job: Some(job) }))
}

/// Queues a run. Where no other process has the home open, it is trained here.
pub(crate) fn enqueue(home: &Home, path: &Path, set: &[String], out: &Out) -> anyhow::Result<Ended> {
    let config = overrides::apply(run_file::load(path)?, set)?;
    let interrupt = Interrupt::listen(stopping())?;
    let start = choices(home.api.as_ref(), &config, &interrupt, out)?;
    preview(home.api.as_ref(), &start, &interrupt, out)?;
    if home.is_owner() {
        out.note(say!("shell-run-trained-here", "No other Tunesmith is open, so the run is trained here"));
        return Ok(start_and_follow(home, start, &interrupt, out)?.0);
    }
    let run = home.api.start_run(start)?;
    out.json(&run);
    let before = runs_before(home.api.as_ref(), &run.id)?;
    out.line(match before {
        0 => say!("shell-run-started", "Started {id}", id = &run.id),
        runs => say!(
            "shell-run-queued",
            runs;
            "{id} is queued behind 1 run",
            "{id} is queued behind {runs} runs",
            runs,
            id = &run.id
        ),
    });
    if before > 0 {
        out.note(say!(
            "shell-run-queued-left",
            "If the program that trains now leaves before that, the run waits for the window, for `tunesmith studio`, \
             or for `tunesmith runs resume {id}`",
            id = run.id
        ));
    }
    Ok(Ended::Done)
}

/// Starts a run, follows it to its end, and says what became of it.
pub(crate) fn start_and_follow(
    home: &Home,
    start: StartRun,
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<(Ended, Run)> {
    let api = home.api.as_ref();
    let run = api.start_run(start)?;
    home.set_last_run(&run.id);
    out.note(say!("shell-run-id", "Run {id}", id = &run.id));
    let before = runs_before(api, &run.id)?;
    if before > 0 {
        out.note(say!(
            "shell-run-waits",
            "It starts when the runs before it are done ({before}); Ctrl-C takes it out of the queue",
            before
        ));
    }
    let records = api.subscribe(Topic::Run(run.id.clone()), 0)?;
    let ended = follow(home, &run.id, (records, Losses::default()), interrupt, out)?;
    tell_result(api, &run.id, out)?;
    Ok((ended, api.get_run(run.id)?))
}

/// How many runs are trained or queued before this one.
fn runs_before(api: &dyn Api, id: &str) -> Result<usize, WireError> {
    let held = |job: &Job| job.id != id && matches!(job.state, JobState::Queued { held: true });
    let jobs = api.list_jobs(())?.into_iter().filter(|job| job.kind == JobKind::Train && !held(job));
    Ok(jobs.take_while(|job| job.id != id).count())
}

fn go_on(home: &Home, run: &Run, interrupt: &Interrupt, out: &Out) -> anyhow::Result<Ended> {
    Ok(resume_and_follow(home, run, interrupt, out)?.0)
}

/// Goes on with a run, follows it to its end, and says what became of it.
pub(crate) fn resume_and_follow(
    home: &Home,
    run: &Run,
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<(Ended, Run)> {
    if let Some(reason) = goes_already(run) {
        return Err(WireError::invalid(reason, NOTHING).into());
    }
    let api = home.api.as_ref();
    let before = api.list_notices(())?;
    let (records, earlier) = from_now_on(api, run)?;
    let run = api.resume_run(run.id.clone())?;
    home.set_last_run(&run.id);
    out.note(say!("shell-run-resuming", "Resuming {id}", id = &run.id));
    let ended = follow(home, &run.id, (records, earlier), interrupt, out);
    let told = tell_damage(api, &before, out);
    let ended = ended?;
    told?;
    tell_result(api, &run.id, out)?;
    Ok((ended, api.get_run(run.id)?))
}

/// Says which damage was found since: it would wait for `tunesmith doctor` else.
fn tell_damage(api: &dyn Api, before: &[Notice], out: &Out) -> Result<(), WireError> {
    let is_new = |notice: &Notice| before.iter().all(|known| known.id != notice.id);
    for notice in api.list_notices(())?.into_iter().filter(is_new) {
        out.note(notice.message);
        out.note(notice.hint);
    }
    Ok(())
}

/// Why a run cannot be resumed; none where it can.
fn goes_already(run: &Run) -> Option<Sentence> {
    let name = &run.name;
    match run.status {
        RunState::Preparing | RunState::Running => {
            Some(say!("shell-run-running-already", "“{name}” is running already", name))
        }
        // One that was queued when the program last ended is shown as held: it can be let go on.
        RunState::Queued { held: false } => Some(say!("shell-run-queued-already", "“{name}” is queued already", name)),
        _ => None,
    }
}

fn tell_result(api: &dyn Api, id: &str, out: &Out) -> Result<(), WireError> {
    let run = api.get_run(id.to_owned())?;
    if let Some(path) = &run.result_path {
        out.note(result_at(Path::new(path)));
        out.note(talk_to_it(&format!("tunesmith chat --run {}", run.id)));
    }
    Ok(())
}

/// How to chat with what was trained.
pub(crate) fn talk_to_it(command: &str) -> Sentence {
    say!("shell-talk-to-it", "Talk to it: {command}", command)
}

fn result_at(path: &Path) -> Sentence {
    say!("shell-result", "Result: {path}", path)
}

fn stopping() -> Sentence {
    say!("shell-train-stopping", "Stopping after this step and saving; press Ctrl-C again to leave at once")
}

/// The newest unfinished run of the same model, data and settings.
pub(crate) fn resumable(api: &dyn Api, start: &StartRun) -> Result<Option<Run>, WireError> {
    let unfinished =
        |run: &Run| matches!(run.status, RunState::Stopped | RunState::Interrupted | RunState::Failed { .. });
    let same_data = |run: &Run| run.dataset == start.dataset && run.dataset_version == start.version;
    let same = |run: &Run| run.model == start.model && same_data(run) && run.config.training == start.training;
    Ok(api.list_runs(())?.into_iter().find(|run| unfinished(run) && same(run)))
}
