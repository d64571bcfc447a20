//! Reads a dataset file as a stream of records: JSON Lines, a JSON list, a table, plain text, each also packed, or
//! Parquet. What a record means is left to `columns`.

mod beginning;
mod encoding;
mod folder;
mod input;
mod json;
mod kind;
mod lines;
mod parquet;
mod table;
mod text;
mod unpacked;

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value};

use crate::ImportError;
pub(crate) use beginning::Beginning;
use encoding::Encoding;
pub(crate) use folder::{Found, expand};
use input::Input;
pub(crate) use json::name as value_name;
use kind::Kind;
pub use parquet::read_parquet_with;
pub(crate) use unpacked::Bomb;

/// The longest row, in bytes. A longer one is a problem of that row, and is never held in memory.
pub(crate) const LONGEST_ROW: usize = 16 << 20;

/// The most values in a row, and columns in a table. A value takes some hundred bytes of memory, in the file two.
pub(crate) const MOST_VALUES: usize = 500_000;

/// Whether a text in JSON's or Python's manner may hold more values than a row can have. Text has commas, too, but not
/// so many.
pub(crate) fn is_crowded(text: &[u8]) -> bool {
    let separates = |byte: &&u8| matches!(**byte, b',' | b'[' | b'{');
    text.len() > MOST_VALUES && text.iter().filter(separates).count() > MOST_VALUES
}

/// The columns of a row and their values.
pub(crate) type Object = Map<String, Value>;

/// A row as it lies in the file.
pub(crate) struct Record {
    /// The line it starts on, from 1; its number where rows share a line, and in Parquet.
    pub line: u64,
    /// Whether it is a row; false for a remark about the file itself.
    pub counts: bool,
    /// How it begins in the file.
    pub beginning: Beginning,
    /// Its columns, or why it cannot be read.
    pub body: Result<Object, Bad>,
    /// What is not quite as it stands in the file.
    pub changes: Vec<Change>,
}

/// Something that could not be read as it stands in the file.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The column, if it matters only to one who uses it.
    pub column: Option<String>,
    /// What to say of it.
    pub bad: Bad,
}

/// About how many bytes of memory a row takes.
pub(crate) fn weight(row: &Object) -> usize {
    row.iter().map(|(column, value)| column.len() + size_of::<String>() + value_weight(value)).sum()
}

fn value_weight(value: &Value) -> usize {
    let within = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_weight).sum(),
        Value::Object(object) => weight(object),
        _ => 0,
    };
    size_of::<Value>() + within
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

    fn crowded() -> Self {
        Self::new("too_many_values", format!("This row holds more than {MOST_VALUES} values"))
    }

    fn too_long() -> Self {
        Self::new("row_too_long", format!("This row is longer than {} MB", LONGEST_ROW >> 20))
    }
}

impl Record {
    fn row(line: u64, beginning: Beginning, body: Result<Object, Bad>) -> Self {
        Self { line, counts: true, beginning, body, changes: Vec::new() }
    }

    fn remark(line: u64, bad: Bad) -> Self {
        Self { line, counts: false, beginning: Beginning::default(), body: Err(bad), changes: Vec::new() }
    }
}

/// The size of a file in bytes; an error if it cannot be a dataset file.
pub(crate) fn size(path: &Path) -> Result<u64, ImportError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ImportError::Missing { path: path.into() }),
        Err(reason) => Err(unreadable(path, reason)),
        // Reading a pipe would wait for whoever writes to it, and a device has no end.
        Ok(data) if !data.is_file() => Err(unreadable(path, io::Error::other("it is a pipe or a device, not a file"))),
        Ok(data) => Ok(data.len()),
    }
}

/// Takes the records of a file; its error stops the reading.
type Sink<'a> = dyn FnMut(Record) -> io::Result<()> + 'a;

/// Reads the records of the file into `sink`, whose `Break` ends the reading without an error; `progress(bytes_read)`
/// is called as it goes, and its `Break` cancels.
pub(crate) fn read(
    path: &Path,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    sink: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), ImportError> {
    let (mut records, mut stopped, mut cancelled) = (0u64, false, false);
    let mut progress = |bytes| {
        let flow = progress(bytes);
        cancelled |= flow.is_break();
        flow
    };
    let mut count = |record: Record| {
        records += u64::from(record.counts);
        stopped = sink(record).is_break();
        if stopped { Err(io::Error::other("enough")) } else { Ok(()) }
    };
    match read_kind(path, &mut progress, &mut count) {
        _ if stopped => Ok(()),
        _ if cancelled => Err(ImportError::Cancelled),
        Ok(found) if records == 0 => Err(ImportError::Empty { path: path.into(), found }),
        read => read.map(|_| ()),
    }
}

/// Reads a file as what it turns out to be. The result is what it holds if it has given no row.
fn read_kind(
    path: &Path,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    sink: &mut Sink,
) -> Result<&'static str, ImportError> {
    let unreadable = |reason| unreadable(path, reason);
    if is_parquet(path) {
        parquet::read(path, size(path)?, progress, sink).map_err(unreadable)?;
        return Ok("it holds no row");
    }
    let mut input = Input::open(path, progress).map_err(unreadable)?;
    let kind = kind::recognise(path, input.head(), input.is_whole())?;
    settle(kind, &mut input);
    read_text(kind, &mut input, sink).map_err(unreadable)?;
    Ok(kind.without_rows())
}

/// What a file holds, by its beginning.
pub(crate) fn recognise(path: &Path) -> Result<String, ImportError> {
    if is_parquet(path) {
        return Ok("Parquet".into());
    }
    let mut go_on = |_| ControlFlow::Continue(());
    let mut input = Input::open(path, &mut go_on).map_err(|reason| unreadable(path, reason))?;
    let kind = kind::recognise(path, input.head(), input.is_whole())?;
    settle(kind, &mut input);
    Ok(describe(kind, &input))
}

/// Lets the input be decoded as files of this kind may be.
fn settle(kind: Kind, input: &mut Input) {
    // A quoted cell may hold a carriage return.
    if !matches!(kind, Kind::Table { .. }) {
        input.end_lines_at_returns();
    }
    // JSON is UTF-8 whoever writes it.
    if matches!(kind, Kind::Table { .. } | Kind::Text { .. }) {
        input.allow_windows_1252();
    }
}

fn read_text(kind: Kind, input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let is_guessed = |input: &Input| input.encoding() == Encoding::Windows1252;
    let is_told = is_guessed(input);
    if is_told {
        sink(guessed_encoding())?;
    }
    read_rows(kind, input, sink)?;
    if is_guessed(input) && !is_told { sink(guessed_encoding()) } else { Ok(()) }
}

fn guessed_encoding() -> Record {
    let message = "This file is not UTF-8 and is read as Windows-1252; if letters look wrong, save it as UTF-8 and import it again";
    Record::remark(1, Bad::new("windows_1252", message))
}

fn read_rows(kind: Kind, input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    match kind {
        Kind::JsonLines => json::read_lines(input, sink),
        Kind::JsonList => json::read_values(input, json::Between::Commas, sink),
        Kind::JsonFields => json::read_values(input, json::Between::CommasInFields, sink),
        Kind::JsonValues => json::read_values(input, json::Between::Nothing, sink),
        Kind::Table { delimiter } => table::read(input, delimiter, sink),
        Kind::Text { has_fences } => text::read(input, has_fences, sink),
    }
}

/// What a file holds and how, such as “JSON Lines, gzip”.
fn describe(kind: Kind, input: &Input) -> String {
    let packing = input.packing().map(unpacked::Packing::name);
    [Some(kind.name()), packing, input.encoding().name()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether the file begins as Parquet files do.
fn is_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && &magic == b"PAR1"
}

fn unreadable(path: &Path, reason: io::Error) -> ImportError {
    match reason.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        true => ImportError::Bomb { path: path.into() },
        false => ImportError::Unreadable { path: path.into(), reason },
    }
}
