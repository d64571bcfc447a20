//! `tunesmith`: everything the window does, from the shell. What the commands are called and what they print is a
//! contract with scripts; what they do is the studio's business.

mod chat;
mod data;
mod demo;
mod doctor;
mod evaluate;
mod follow;
mod home;
mod interrupt;
mod job;
pub mod language;
mod model_choice;
mod models;
mod out;
mod overrides;
mod runs;
mod show;
mod studio;
mod table;
pub mod terminal;
mod train;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use out::{Out, WrongUsage};
use tunesmith_sentence::{Language, say};

/// How a command ended, other than with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It did what was asked.
    Done,
    /// The user stopped it; what there was is saved.
    Interrupted,
}

#[derive(Parser)]
#[command(
    name = "tunesmith",
    version,
    about = "Fine-tune a language model on your own data",
    arg_required_else_help = true
)]
#[command(
    after_help = "Models, datasets and runs live in the home folder: $TUNESMITH_HOME, else ~/.local/share/tunesmith. \
The window and these commands share it, also at the same time.\n\
Messages are in the language of $TUNESMITH_LANGUAGE, $LC_ALL, $LC_MESSAGES or $LANG if Tunesmith knows it, else in English.\n\
Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (after a checkpoint)."
)]
struct Arguments {
    /// Print one JSON object per line on stdout, and nothing else there
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open the whole studio in a browser; no display is needed
    Studio(studio::Arguments),
    /// List, add and remove base models
    #[command(subcommand)]
    Models(models::Command),
    /// Look at dataset files
    #[command(subcommand)]
    Data(data::Command),
    /// Train as a run file says
    Train(train::Arguments),
    /// List, show, stop, resume and remove runs
    #[command(subcommand)]
    Runs(runs::Command),
    /// Measure a model on a dataset file
    Eval(evaluate::Arguments),
    /// Talk to a model
    Chat(chat::Arguments),
    /// Say what this computer has and what Tunesmith makes of it
    Doctor(doctor::Arguments),
    /// Tune the starter model on a sample, and compare its answers before and after
    Demo(demo::Arguments),
}

/// Does the work of a worker process, if the arguments are `--worker KIND …`: what a program of ours says to itself.
pub fn work(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let arguments: Vec<OsString> = arguments.into_iter().skip(1).collect();
    match arguments.iter().map(|argument| argument.to_str()).collect::<Vec<_>>().as_slice() {
        [Some("--worker"), Some("render"), _] | [Some("--worker"), Some("render"), _, _] => {
            let chosen = arguments.get(3).map(Path::new);
            let served = tunesmith_data::serve_renderer(arguments[2].as_ref(), chosen);
            Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        [Some("--worker"), Some("parquet"), _] => {
            let served = tunesmith_data::serve_parquet(arguments[2].as_ref());
            Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        [Some("--worker"), Some("workbook"), _] | [Some("--worker"), Some("workbook"), _, _] => {
            let sheet = arguments.get(3).map(|sheet| sheet.to_string_lossy());
            let served = tunesmith_data::serve_workbook(arguments[2].as_ref(), sheet.as_deref());
            Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        [Some("--worker"), Some("sheets"), _] => {
            let served = tunesmith_data::serve_sheets(arguments[2].as_ref());
            Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        [Some("--worker"), ..] => Some(ExitCode::from(2)),
        _ => None,
    }
}

/// Runs the command line in the user's language and returns its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let codes = language::codes(|variable| std::env::var(variable).ok());
    run_in(codes.iter().find_map(|code| Language::of(code)), arguments)
}

/// Runs the command line in this language, or in English, and returns its exit status.
pub fn run_in(language: Option<Language>, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if let Some(language) = language {
        language::choose(language);
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let out = Out::new(arguments.json);
    if let Err(error) = check_surroundings() {
        return out.fail(&error);
    }
    match carry_out(arguments.command, &out) {
        Ok(Ended::Done) if out::is_incomplete() => ExitCode::FAILURE,
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(error) => out.fail(&error),
    }
}

/// Refuses to begin where it would break off in the middle, or work in a home that nobody has named.
fn check_surroundings() -> anyhow::Result<()> {
    if std::env::var_os("TUNESMITH_HOME").is_some_and(|home| home.is_empty()) {
        let message = say!("shell-home-empty", "TUNESMITH_HOME is set and empty");
        let hint = say!("shell-home-empty-hint", "Set it to a folder, or unset it for the usual one");
        return Err(WrongUsage { message, hint }.into());
    }
    tunesmith_studio::check_address_space()?;
    Ok(tunesmith_studio::check_open_files()?)
}

fn carry_out(command: Command, out: &Out) -> anyhow::Result<Ended> {
    match command {
        Command::Studio(arguments) => studio::serve(&arguments, out),
        Command::Models(command) => models::carry_out(&command, out),
        Command::Data(data::Command::Inspect(arguments)) => data::inspect(&arguments, out),
        Command::Data(data::Command::Template(arguments)) => data::template(&arguments, out),
        Command::Data(data::Command::Repair(arguments)) => data::repair(&arguments, out),
        Command::Train(arguments) => train::train(&arguments, out),
        Command::Runs(command) => runs::carry_out(&command, out),
        Command::Eval(arguments) => evaluate::evaluate(&arguments, out),
        Command::Chat(arguments) => chat::chat(&arguments, out),
        Command::Doctor(arguments) => doctor::doctor(&arguments, out),
        Command::Demo(arguments) => demo::demo(&arguments, out),
    }
}
