//! Where text goes: results to stdout, and with `--json` nothing but JSON lines there; everything else to stderr.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use tunesmith_protocol::{ErrorCode, WireError};

/// The two streams of a command.
pub(crate) struct Out {
    json: bool,
}

/// The command line asks for something that does not exist; exit status 2, as clap's own errors.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(pub String);

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether `--json` was given.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one JSON line, with `--json` only.
    pub(crate) fn json(&self, value: &impl Serialize) {
        if self.json {
            let line =
                serde_json::to_string(value).unwrap_or_else(|error| json!({ "error": error.to_string() }).to_string());
            write_stdout(&format!("{line}\n"));
        }
    }

    /// Prints a line of the result for people: on stdout, where it can be piped, unless that is JSON's.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        self.text(format!("{}\n", text.as_ref()));
    }

    /// Prints a piece of the result for people.
    pub(crate) fn text(&self, text: impl AsRef<str>) {
        if self.json {
            eprint!("{}", text.as_ref());
        } else {
            write_stdout(text.as_ref());
        }
    }

    /// Prints a line about how it goes: always on stderr.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        eprintln!("{}", text.as_ref());
    }

    /// How many columns there are to fill.
    pub(crate) fn width(&self) -> usize {
        let terminal = if std::io::stdout().is_terminal() { console::Term::stdout() } else { console::Term::stderr() };
        terminal.size_checked().map_or(100, |(_, columns)| usize::from(columns)).clamp(40, 160)
    }

    /// Prints the error for people and for scripts, and returns the exit status.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let usage = error.downcast_ref::<WrongUsage>().is_some();
        let told = match error.downcast_ref::<WireError>() {
            Some(error) => error.clone(),
            None if usage => WireError::invalid(error.to_string(), ""),
            None => WireError::new(ErrorCode::Internal, format!("{error:#}"), ""),
        };
        self.json(&json!({ "type": "error", "code": told.code, "message": told.message, "hint": told.hint }));
        eprintln!("error: {}", told.message);
        if !told.hint.is_empty() {
            eprintln!("{}", told.hint);
        }
        ExitCode::from(match (usage, told.code) {
            (true, _) => 2,
            (false, ErrorCode::Cancelled) => 130,
            (false, _) => 1,
        })
    }
}

/// Whoever reads has gone (`| head`): then there is nobody left to work for.
fn write_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
        std::process::exit(1);
    }
}
