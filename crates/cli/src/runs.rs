//! `tunesmith runs`.

use std::path::PathBuf;

use clap::Subcommand;
use tunesmith_protocol::{
    ErrorCode, ItemKind, ItemRef, Job, JobKind, JobState, Move, MoveJob, Run, RunState, WireError,
};
use tunesmith_sentence::{Sentence, say};

use crate::home::{Home, typed_path};
use crate::language::translate;
use crate::{Ended, Out, table, train};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List all runs, the newest first
    List,
    /// Show one run
    Show(Which),
    /// Stop a run at its next step and keep the result
    Stop(Which),
    /// Go on with a run from its newest good checkpoint, and follow it
    Resume(Which),
    /// Start a run as a run file says; while another goes, it is queued
    Start {
        /// The run file (YAML); paths in it start at its folder
        #[arg(value_parser = typed_path())]
        config: PathBuf,
        /// Set a key of the run file, e.g. --set epochs=5
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// List the run that is trained and the queued ones
    Queue,
    /// Move a queued run
    Move {
        #[command(flatten)]
        which: Which,
        /// Where to
        #[arg(value_enum)]
        to: Place,
    },
    /// Hold back a queued run
    Hold(Which),
    /// Let a run that was held back start when it is its turn
    Release(Which),
    /// Delete a run; it can be brought back until the bin is emptied
    Remove(Which),
}

#[derive(clap::Args)]
pub(crate) struct Which {
    /// The run's id, or enough of its beginning
    id: String,
}

pub(crate) fn carry_out(command: &Command, out: &Out) -> anyhow::Result<Ended> {
    let home = Home::open()?;
    match command {
        Command::List => list(&home.api.list_runs(())?, out),
        Command::Show(which) => show(&home.run(&which.id)?, out),
        Command::Stop(which) => {
            let run = home.run(&which.id)?;
            home.api.stop_run(run.id.clone())?;
            out.line(say!("shell-run-stops", "{id} stops at its next step and keeps the result", id = run.id));
        }
        Command::Start { config, set } => return train::enqueue(&home, config, set, out),
        Command::Queue => queue(&home, out)?,
        Command::Move { which, to } => {
            let run = home.run(&which.id)?;
            home.api.move_job(MoveJob { job: run.id, to: (*to).into() })?;
            queue(&home, out)?;
        }
        Command::Hold(which) => {
            let run = home.run(&which.id)?;
            home.api.hold_job(run.id.clone())?;
            out.line(say!("shell-run-held", "{id} waits until it is released", id = run.id));
        }
        Command::Release(which) => {
            let run = home.run(&which.id)?;
            home.api.release_job(run.id.clone())?;
            out.line(say!("shell-run-released", "{id} starts when it is its turn", id = run.id));
        }
        Command::Resume(which) => return train::resume(&home, &home.run(&which.id)?, out),
        Command::Remove(which) => {
            let id = remove(&home, &which.id)?;
            out.line(say!(
                "shell-run-removed",
                "Removed {id}; the window can bring it back until the bin is emptied",
                id
            ));
        }
    }
    Ok(Ended::Done)
}

/// Deletes a run, be it listed or not: one that cannot be read goes by its whole id.
fn remove(home: &Home, which: &str) -> Result<String, WireError> {
    let delete = |id: &str| home.api.delete(ItemRef { kind: ItemKind::Run, id: id.into() });
    match home.run(which) {
        Ok(run) => delete(&run.id).map(|()| run.id),
        Err(unlisted) if unlisted.code == ErrorCode::NotFound => match delete(which) {
            Err(error) if error.code == ErrorCode::NotFound => Err(unlisted),
            deleted => deleted.map(|()| which.into()),
        },
        Err(error) => Err(error),
    }
}

fn list(runs: &[Run], out: &Out) {
    runs.iter().for_each(|run| out.json(run));
    if runs.is_empty() {
        return out.line(say!("shell-runs-none", "No runs yet: start one with `tunesmith train CONFIG.yaml`"));
    }
    let heading = [
        say!("shell-heading-id", "ID"),
        say!("shell-heading-name", "NAME"),
        say!("shell-heading-model", "MODEL"),
        say!("shell-heading-data", "DATA"),
        say!("shell-heading-steps", "STEPS"),
        say!("shell-heading-loss", "LOSS"),
        say!("shell-heading-state", "STATE"),
    ];
    let rows = runs.iter().map(|run| {
        let cells = [&run.id, &run.name, &run.model_name, &run.dataset_name].map(Clone::clone);
        let rest = [
            steps(run),
            run.best_eval_loss.or(run.loss).map(|loss| format!("{loss:.3}")).unwrap_or_default(),
            translate(&state_and_worth(run)),
        ];
        cells.into_iter().chain(rest).collect()
    });
    let rows: Vec<Vec<String>> = std::iter::once(heading.iter().map(translate).collect()).chain(rows).collect();
    out.table(&rows);
}

/// The run at work and those behind it, in the order in which they will start.
fn queue(home: &Home, out: &Out) -> Result<(), WireError> {
    let jobs: Vec<Job> = home.api.list_jobs(())?.into_iter().filter(|job| job.kind == JobKind::Train).collect();
    jobs.iter().for_each(|job| out.json(job));
    if jobs.is_empty() {
        out.line(say!("shell-queue-empty", "No run is training or queued"));
        return Ok(());
    }
    let heading =
        [say!("shell-heading-id", "ID"), say!("shell-heading-name", "NAME"), say!("shell-heading-state", "STATE")];
    let rows = jobs.iter().map(|job| {
        let state = match &job.state {
            JobState::Queued { held } => queued(*held),
            JobState::Paused { reason } => paused(reason),
            _ => job.progress.note.clone(),
        };
        vec![job.id.clone(), job.title.clone(), translate(&state)]
    });
    let rows: Vec<_> = std::iter::once(heading.iter().map(translate).collect()).chain(rows).collect();
    out.table(&rows);
    Ok(())
}

/// Where to in the queue.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Place {
    /// Before the run that is before it
    Up,
    /// Behind the run that is behind it
    Down,
    /// To the front
    First,
}

impl From<Place> for Move {
    fn from(place: Place) -> Self {
        match place {
            Place::Up => Self::Up,
            Place::Down => Self::Down,
            Place::First => Self::First,
        }
    }
}

fn show(run: &Run, out: &Out) {
    out.json(run);
    let none = || translate(&say!("shell-result-none", "none yet"));
    let facts = [
        (say!("shell-run-name", "Name"), run.name.clone()),
        (say!("shell-run-state", "State"), translate(&state(&run.status))),
        (say!("shell-base-model", "Base model"), run.model_name.clone()),
        (say!("shell-run-dataset", "Dataset"), run.dataset_name.clone()),
        (say!("shell-run-steps", "Steps"), steps(run)),
        (say!("shell-run-training-loss", "Training loss"), number(run.loss)),
        (say!("shell-run-validation-loss", "Validation loss"), validation_loss(run)),
        (say!("shell-run-time", "Time"), table::duration(run.elapsed_ms as f64 / 1000.0)),
        (say!("shell-run-size", "Size"), table::bytes(run.size_bytes)),
        (say!("shell-run-result", "Result"), run.result_path.clone().unwrap_or_else(none)),
        (say!("shell-run-folder", "Folder"), run.path.clone()),
        (say!("shell-run-tags", "Tags"), run.tags.join(", ")),
    ];
    let rows: Vec<Vec<String>> = facts.into_iter().map(|(name, value)| vec![translate(&name), value]).collect();
    out.table(&rows);
}

/// From what it began with to what is kept.
fn validation_loss(run: &Run) -> String {
    let losses = format!("{} → {}", number(run.first_eval_loss), number(run.best_eval_loss));
    match run.no_better && run.first_eval_loss.is_some() {
        true => translate(&say!(
            "shell-run-loss-no-better",
            "{losses}, no better than the model that it began with",
            losses
        )),
        false => losses,
    }
}

fn number(loss: Option<f64>) -> String {
    loss.map_or("–".into(), |loss| format!("{loss:.4}"))
}

fn steps(run: &Run) -> String {
    match &run.plan {
        Some(plan) => format!("{}/{}", run.step, plan.steps),
        None => run.step.to_string(),
    }
}

/// Where it stands, and that its result is no better than its start where that is so.
fn state_and_worth(run: &Run) -> Sentence {
    let state = state(&run.status);
    match run.no_better {
        true => say!("shell-run-state-no-better", "{state}, no better than before", state),
        false => state,
    }
}

fn state(state: &RunState) -> Sentence {
    match state {
        RunState::Queued { held } => queued(*held),
        RunState::Preparing => say!("shell-state-preparing", "preparing"),
        RunState::Running => say!("shell-state-running", "running"),
        RunState::Paused { reason, stopping: false } => paused(reason),
        RunState::Paused { reason, stopping: true } => {
            say!("shell-state-waits-to-stop", "waits for room to stop: {reason}", reason)
        }
        RunState::Stopped => say!("shell-state-stopped", "stopped"),
        RunState::Interrupted => say!("shell-state-interrupted", "interrupted"),
        RunState::Done => say!("shell-state-done", "done"),
        RunState::Failed { message, .. } => say!("shell-state-failed", "failed: {message}", message),
    }
}

fn queued(held: bool) -> Sentence {
    match held {
        false => say!("shell-state-queued", "queued"),
        true => say!("shell-state-held", "held"),
    }
}

fn paused(reason: &Sentence) -> Sentence {
    say!("shell-state-paused", "paused: {reason}", reason)
}
