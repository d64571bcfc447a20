//! Where text goes: results to stdout, and with `--json` nothing but JSON lines there; everything else to stderr. People read
//! sentences in their language, scripts in English.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Map, Value, json};
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::language::translate;
use crate::table;

/// The two streams of a command.
pub(crate) struct Out {
    json: bool,
}

/// The command line asks for something that does not exist; exit status 2, as clap's own errors.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WrongUsage {
    pub message: Sentence,
    pub hint: Sentence,
}

impl From<Sentence> for WrongUsage {
    fn from(message: Sentence) -> Self {
        Self { message, hint: NOTHING }
    }
}

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
            let value = serde_json::to_value(value).map(in_english);
            let line = value.unwrap_or_else(|error| json!({ "error": error.to_string() }));
            write_stdout(&format!("{line}\n"));
        }
    }

    /// Prints a sentence of the result for people: on stdout, where it can be piped, unless that is JSON's.
    pub(crate) fn line(&self, sentence: Sentence) {
        self.plain(translate(&sentence));
    }

    /// Prints a line that holds no sentence, or one that is translated already, where `line` prints sentences.
    pub(crate) fn plain(&self, text: impl AsRef<str>) {
        self.text(format!("{}\n", text.as_ref()));
    }

    /// Prints rows in columns; the first is the heading.
    pub(crate) fn table(&self, rows: &[Vec<String>]) {
        table::columns(rows).iter().for_each(|line| self.plain(line));
    }

    /// Prints a piece of the result for people.
    pub(crate) fn text(&self, text: impl AsRef<str>) {
        if self.json {
            write_stderr(text.as_ref());
        } else {
            write_stdout(text.as_ref());
        }
    }

    /// Prints a sentence about how it goes: always on stderr.
    pub(crate) fn note(&self, sentence: Sentence) {
        write_stderr(&format!("{}\n", translate(&sentence)));
    }

    /// Prints an error after which the command goes on.
    pub(crate) fn note_error(&self, error: &anyhow::Error) {
        let WireError { message, hint, .. } = as_told(error);
        self.note(message);
        self.hint(hint);
    }

    /// How many columns there are to fill.
    pub(crate) fn width(&self) -> usize {
        let terminal = if std::io::stdout().is_terminal() { console::Term::stdout() } else { console::Term::stderr() };
        terminal.size_checked().map_or(100, |(_, columns)| usize::from(columns)).clamp(40, 160)
    }

    /// Prints the error for people and for scripts, and returns the exit status.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let usage = error.is::<WrongUsage>();
        let WireError { code, message, hint } = as_told(error);
        self.json(&json!({
            "type": "error", "code": code, "key": message.key, "message": message.text, "hint": hint.text,
        }));
        self.note(say!("shell-error", "error: {message}", message));
        self.hint(hint);
        ExitCode::from(match (usage, code) {
            (true, _) => 2,
            (false, ErrorCode::Cancelled) => 130,
            (false, _) => 1,
        })
    }

    fn hint(&self, hint: Sentence) {
        if !hint.is_empty() {
            self.note(hint);
        }
    }
}

/// What is told of an error.
fn as_told(error: &anyhow::Error) -> WireError {
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return WireError::internal(tunesmith_sentence::system_reason(error));
    }
    match (error.downcast_ref::<WireError>(), error.downcast_ref::<WrongUsage>()) {
        (Some(error), _) => error.clone(),
        (None, Some(WrongUsage { message, hint })) => WireError::invalid(message.clone(), hint.clone()),
        (None, None) => WireError::internal(Sentence::verbatim(format!("{error:#}"))),
    }
}

/// A value as scripts read it: each sentence in it is its English text.
fn in_english(value: Value) -> Value {
    match value {
        Value::Object(mut object) if is_sentence(&object) => object.remove("text").unwrap_or_default(),
        Value::Object(object) => object.into_iter().map(|(name, value)| (name, in_english(value))).collect(),
        Value::Array(values) => values.into_iter().map(in_english).collect(),
        plain => plain,
    }
}

/// Whether it is what a `Sentence` becomes: nothing else of the protocol has these fields.
fn is_sentence(object: &Map<String, Value>) -> bool {
    let fields = (object.get("key"), object.get("args"), object.get("text"));
    object.len() == 3 && matches!(fields, (Some(Value::String(_)), Some(Value::Object(_)), Some(Value::String(_))))
}

/// Whether the command goes on where nobody reads what it prints: what it does is kept elsewhere, as a training is.
static WORKS_ON: AtomicBool = AtomicBool::new(false);
/// What could not be printed is said once.
static SAID: AtomicBool = AtomicBool::new(false);

/// From here on the command has work to do whose result is not what it prints.
pub(crate) fn work_on() {
    WORKS_ON.store(true, Ordering::Relaxed);
}

/// Whether some of the results could not be printed, for another reason than that nobody reads them.
pub(crate) fn is_incomplete() -> bool {
    SAID.load(Ordering::Relaxed)
}

/// Prints a piece of the result. Where whoever reads has gone (`| head`), or nothing can be written, the command ends, unless
/// it has other work to do.
fn write_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) else { return };
    if error.kind() != ErrorKind::BrokenPipe && !SAID.swap(true, Ordering::Relaxed) {
        let error = tunesmith_sentence::system_reason(&error);
        write_stderr(&format!(
            "{}\n",
            translate(&say!("shell-no-stdout", "error: results cannot be printed: {error}", error))
        ));
    }
    if !WORKS_ON.load(Ordering::Relaxed) {
        std::process::exit(1);
    }
}

/// Tells how it goes. Where that cannot be written there is no place left to say so, and no reason to stop.
pub(crate) fn write_stderr(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
