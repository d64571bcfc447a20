//! Tables: comma-, semicolon- or tab-separated cells under a header.

use std::io;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::Value;

use super::input::Input;
use super::{Bad, Beginning, LONGEST_ROW, MOST_VALUES, Object, Record, Sink};
use crate::columns;

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The delimiter of a table: the one that gives the most known columns, then the most columns.
pub(super) fn delimiter(head: &[u8], tab_first: bool) -> u8 {
    let first = if tab_first { b'\t' } else { b',' };
    let score = |delimiter: u8| {
        let names = header(head, delimiter);
        (names.iter().filter(|name| columns::is_known(name)).count(), names.len(), delimiter == first)
    };
    DELIMITERS.into_iter().max_by_key(|delimiter| score(*delimiter)).unwrap_or(first)
}

/// The delimiter of a file whose header names known columns that make up a row; none if it has no such header.
pub(super) fn known_delimiter(head: &[u8]) -> Option<u8> {
    let delimiter = delimiter(head, false);
    let names = header(head, delimiter);
    let known = names.iter().filter(|name| columns::is_known(name)).count();
    (known > 1 || (known == 1 && names.len() == 1)).then_some(delimiter)
}

fn header(head: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let mut record = ByteRecord::new();
    // A head that cannot be read has no columns; the real reader will say what is wrong with it.
    let _ = reader.read_byte_record(&mut record);
    names(&record)
}

fn names(record: &ByteRecord) -> Vec<String> {
    record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
}

/// Reads the rows of a table.
pub(super) fn read(input: &mut Input, delimiter: u8, sink: &mut Sink) -> io::Result<()> {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(Capped(input));
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(reason)? {
        return Ok(());
    }
    if record.len() > MOST_VALUES {
        let reason = format!("its header has more than {MOST_VALUES} columns");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let columns = names(&record);
    loop {
        reader.get_mut().0.mark();
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                sink(Record::row(line, Beginning::of_cells(&record, delimiter), object(&columns, &record)))?;
            }
            Err(_) if reader.get_ref().0.since_mark() > LONGEST_ROW => {
                let message = "This row never ends: a closing quote is missing; the rows after it cannot be read";
                let beginning = Beginning::of_cells(&record, delimiter);
                return sink(Record::row(line, beginning, Err(Bad::new("unclosed_quote", message))));
            }
            Err(error) => return Err(reason(error)),
        }
    }
}

/// What stopped the reading, as it was before it came through the table.
fn reason(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(reason) => reason,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn object(columns: &[String], record: &ByteRecord) -> Result<Object, Bad> {
    if record.len() > columns.len() {
        let (cells, names) = (record.len(), columns.len());
        let message = format!(
            "This row has {cells} cells where the header has {names}; a cell that holds the separator must stand in quotes"
        );
        return Err(Bad::new("ragged_row", message));
    }
    let mut object = Object::new();
    for (column, cell) in columns.iter().zip(record) {
        let text = std::str::from_utf8(cell).map_err(|_| Bad::invalid_utf8())?;
        if text.contains('\0') {
            return Err(Bad::nul_byte());
        }
        object.entry(column.as_str()).or_insert_with(|| Value::String(text.to_owned()));
    }
    Ok(object)
}

/// An input that refuses to go on within one row for ever: an open quote must not swallow a whole file into memory.
struct Capped<'a, 'b>(&'a mut Input<'b>);

impl io::Read for Capped<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.since_mark() > LONGEST_ROW {
            return Err(io::Error::other("the row is too long"));
        }
        self.0.read(out)
    }
}
