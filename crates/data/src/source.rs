//! Reads a dataset file as a stream of records: JSON Lines, a JSON list, a table, or plain text. What a record
//! means is left to `columns`.

mod input;
mod json;
mod kind;
mod lines;
mod table;
mod text;

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value};

use crate::ImportError;
use input::Input;
pub(crate) use json::name as value_name;
use kind::Kind;

/// The longest row, in bytes. A longer one is a problem of that row, and is never held in memory.
pub(crate) const LONGEST_ROW: usize = 16 << 20;

/// The columns of a row and their values.
pub(crate) type Object = Map<String, Value>;

/// A row as it lies in the file.
pub(crate) struct Record {
    /// The line it starts on, from 1.
    pub line: u64,
    /// Whether it is a row; false for a remark about the file itself.
    pub counts: bool,
    /// Its columns, or why it cannot be read.
    pub body: Result<Object, Bad>,
}

/// Why a row cannot be used, or what is worth knowing about it.
#[derive(Debug, Clone)]
pub(crate) struct Bad {
    /// A stable name.
    pub kind: &'static str,
    /// A sentence.
    pub message: String,
}

impl Bad {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    fn invalid_utf8() -> Self {
        Self::new("invalid_utf8", "This row holds bytes that are not UTF-8 text; save the file as UTF-8")
    }

    fn nul_byte() -> Self {
        Self::new("nul_byte", "This row holds a NUL byte, which no text has")
    }

    fn too_long() -> Self {
        Self::new("row_too_long", format!("This row is longer than {} MB", LONGEST_ROW >> 20))
    }
}

impl Record {
    fn bad(line: u64, bad: Bad) -> Self {
        Self { line, counts: true, body: Err(bad) }
    }
}

/// The size of a file in bytes; an error if it cannot be a dataset file.
pub(crate) fn size(path: &Path) -> Result<u64, ImportError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(ImportError::Missing { path: path.into() }),
        Err(reason) => Err(ImportError::Unreadable { path: path.into(), reason }),
        Ok(data) if data.is_dir() => Err(ImportError::Folder { path: path.into() }),
        Ok(data) => Ok(data.len()),
    }
}

/// Reads every record of the file into `sink`; `progress(bytes_read)` is called as it goes.
pub(crate) fn read(
    path: &Path,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    sink: &mut dyn FnMut(Record),
) -> Result<(), ImportError> {
    let mut input = Input::open(path, progress).map_err(|reason| unreadable(path, reason))?;
    if input.is_cancelled() {
        return Err(ImportError::Cancelled);
    }
    let kind = kind::recognise(path, input.head(), input.is_whole())?;
    let mut records = 0u64;
    let mut count = |record: Record| {
        records += 1;
        sink(record);
    };
    let done = match kind {
        Kind::JsonLines => json::read_lines(&mut input, &mut count),
        Kind::JsonList => json::read_values(&mut input, json::Between::Commas, &mut count),
        Kind::JsonField => json::read_values(&mut input, json::Between::CommasInField, &mut count),
        Kind::JsonValues => json::read_values(&mut input, json::Between::Nothing, &mut count),
        Kind::Table { delimiter } => table::read(&mut input, delimiter, &mut count),
        Kind::Text => text::read(&mut input, &mut count),
    };
    if input.is_cancelled() {
        return Err(ImportError::Cancelled);
    }
    done.map_err(|reason| unreadable(path, reason))?;
    let found = match kind {
        Kind::Table { .. } => "it has a header, but no row",
        _ => "it holds no row",
    };
    if records == 0 { Err(ImportError::Empty { path: path.into(), found }) } else { Ok(()) }
}

fn unreadable(path: &Path, reason: std::io::Error) -> ImportError {
    ImportError::Unreadable { path: path.into(), reason }
}
