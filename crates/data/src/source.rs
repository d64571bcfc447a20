//! Reads a dataset file as a stream of records: JSON Lines, a JSON list, a table, plain text, each also compressed, Parquet or
//! a spreadsheet. What a record means is left to `columns`.

mod encoding;
mod file_kind;
mod folder;
mod input;
mod json;
mod lines;
mod table;
mod text;
mod unpacked;
mod workbook;
mod worker;

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use tunesmith_protocol::Sheet;
use tunesmith_sentence::{Sentence, say};

use crate::ImportError;
use crate::error::io_error;
use crate::parquet_rows::is_arrow;
use crate::record::{Problem, Record, Sink};
use crate::workbook_rows::kind_of;
use encoding::Encoding;
use file_kind::FileKind;
pub(crate) use folder::{Found, expand};
use input::Input;
pub(crate) use unpacked::Bomb;
use worker::Table;
pub use worker::read_tables_with;

/// The size of a file in bytes; an error if it cannot be a dataset file.
pub(crate) fn size(path: &Path) -> Result<u64, ImportError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ImportError::Missing { path: path.into() }),
        Err(reason) => Err(unreadable(path, reason)),
        // Reading a pipe would wait for whoever writes to it, and a device has no end.
        Ok(data) if !data.is_file() => {
            let reason = say!("import-no-file-but-device", "it is a pipe or a device, not a file");
            Err(unreadable(path, io_error(io::ErrorKind::Other, reason)))
        }
        Ok(data) => Ok(data.len()),
    }
}

/// Reads the records of the file into `sink`, whose `Break` ends the reading without an error; `progress(bytes_read)`
/// is called as it goes, and its `Break` cancels. Of a workbook `sheet` is read, or its first one with rows.
pub(crate) fn read(
    path: &Path,
    sheet: Option<&str>,
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
        stopped = sink(record.with_short_names()).is_break();
        if stopped { Err(io::Error::other("enough")) } else { Ok(()) }
    };
    match read_kind(path, sheet, &mut progress, &mut count) {
        _ if stopped => Ok(()),
        _ if cancelled => Err(ImportError::Cancelled),
        Ok(found) if records == 0 => Err(ImportError::Empty { path: path.into(), found }),
        read => read.map(|_| ()),
    }
}

/// Recognises the kind of a file and reads it. The result says what it holds if it gave no row.
fn read_kind(
    path: &Path,
    sheet: Option<&str>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    sink: &mut Sink,
) -> Result<Sentence, ImportError> {
    let unreadable = |reason| unreadable(path, reason);
    if is_columnar(path) {
        worker::read(Table::Columnar, path, None, size(path)?, progress, sink).map_err(unreadable)?;
        return Ok(file_kind::no_row());
    }
    if kind_of(path).is_some() {
        worker::read(Table::Workbook, path, sheet, size(path)?, progress, sink).map_err(unreadable)?;
        return Ok(workbook::without_rows());
    }
    let mut input = Input::open(path, progress).map_err(unreadable)?;
    let kind = file_kind::recognise(path, input.head(), input.is_whole())?;
    settle(kind, &mut input);
    read_text(kind, &mut input, sink).map_err(unreadable)?;
    Ok(kind.without_rows())
}

/// The sheets of a workbook that have rows; none of another file, and of a workbook that cannot be read: whoever reads its rows
/// is told why.
pub(crate) fn sheets(path: &Path) -> Vec<Sheet> {
    match kind_of(path) {
        Some(_) => worker::sheets(path).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// What a file holds, by its beginning.
pub(crate) fn recognise(path: &Path) -> Result<Sentence, ImportError> {
    if is_arrow(path) {
        return Ok(Sentence::verbatim("Arrow"));
    }
    if is_columnar(path) {
        return Ok(Sentence::verbatim("Parquet"));
    }
    if let Some(kind) = kind_of(path) {
        return Ok(say!("file-workbook", "a workbook, {kind}", kind = kind.name()));
    }
    let mut go_on = |_| ControlFlow::Continue(());
    let mut input = Input::open(path, &mut go_on).map_err(|reason| unreadable(path, reason))?;
    let kind = file_kind::recognise(path, input.head(), input.is_whole())?;
    settle(kind, &mut input);
    Ok(describe(kind, &input))
}

/// Sets how the input is decoded for this kind of file.
fn settle(kind: FileKind, input: &mut Input) {
    // A quoted cell may hold a carriage return.
    if !matches!(kind, FileKind::Table { .. }) {
        input.end_lines_at_returns();
    }
    // JSON is always UTF-8.
    if matches!(kind, FileKind::Table { .. } | FileKind::Text { .. }) {
        input.allow_windows_1252();
    }
}

fn read_text(kind: FileKind, input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let is_guessed = |input: &Input| input.encoding() == Encoding::Windows1252;
    let is_told = is_guessed(input);
    if is_told {
        sink(guessed_encoding())?;
    }
    read_rows(kind, input, sink)?;
    if is_guessed(input) && !is_told { sink(guessed_encoding()) } else { Ok(()) }
}

fn guessed_encoding() -> Record {
    let message = say!(
        "row-windows-1252",
        "This file is not UTF-8 and is read as Windows-1252; if letters look wrong, save it as UTF-8 and import it again"
    );
    Record::remark(1, Problem::new("windows_1252", message))
}

fn read_rows(kind: FileKind, input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    match kind {
        FileKind::JsonLines => json::unfolded(sink, |sink| json::read_lines(input, sink)),
        FileKind::JsonList => json::read_values(input, json::Between::Commas, sink),
        FileKind::JsonFields => json::read_values(input, json::Between::CommasInFields, sink),
        FileKind::JsonValues => json::unfolded(sink, |sink| json::read_values(input, json::Between::Nothing, sink)),
        FileKind::Table { delimiter } => table::read(input, delimiter, sink),
        FileKind::Text { has_fences } => text::read(input, has_fences, sink),
    }
}

/// What a file holds and how, such as “JSON Lines, gzip”.
fn describe(kind: FileKind, input: &Input) -> Sentence {
    let packing = input.packing().map(unpacked::Packing::name);
    let names = [packing, input.encoding().name()].into_iter().flatten().map(Sentence::verbatim);
    Sentence::listed(std::iter::once(kind.name()).chain(names))
}

/// Whether the file begins as Parquet or Arrow files do.
fn is_columnar(path: &Path) -> bool {
    let mut magic = [0; 4];
    is_arrow(path)
        || std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && &magic == b"PAR1"
}

fn unreadable(path: &Path, reason: io::Error) -> ImportError {
    match reason.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        true => ImportError::Bomb { path: path.into() },
        false => ImportError::Unreadable { path: path.into(), reason },
    }
}
