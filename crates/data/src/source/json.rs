//! JSON rows: one per line, or, left to `values`, the elements of long lists; each parsed on its own so that a bad row
//! costs only itself.

mod exact;
mod mend;
mod places;
mod values;

use std::io;

use serde_json::{Error, Value};

use super::input::Input;
use super::lines::{Line, next_line, skip_empty};
use super::{Bad, Beginning, Change, Object, Record, Sink, is_crowded};
use exact::Seen;
pub(super) use values::{Between, read_values};

/// Reads JSON Lines, also those with a comma after each row.
pub(super) fn read_lines(input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let (mut bytes, mut line) = (Vec::new(), 0);
    loop {
        line += skip_empty(input)? + 1;
        match next_line(input, &mut bytes)? {
            Line::End => break,
            Line::TooLong => sink(Record::row(line, Beginning::of(&bytes), Err(Bad::too_long())))?,
            Line::Whole if bytes.iter().all(u8::is_ascii_whitespace) => {}
            Line::Whole => sink(row(line, without_comma(&bytes)))?,
        }
    }
    Ok(())
}

/// A line without the comma that separates it from the next one as in a list.
pub(super) fn without_comma(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    line.strip_suffix(b",").unwrap_or(line)
}

/// The row that these bytes are.
pub(super) fn row(line: u64, bytes: &[u8]) -> Record {
    let mut changes = Vec::new();
    let body = object(bytes, &mut changes);
    Record { changes, ..Record::row(line, Beginning::of(bytes), body) }
}

/// The object that these bytes are; `changes` receives what had to be changed to read them.
pub(super) fn object(bytes: &[u8], changes: &mut Vec<Change>) -> Result<Object, Bad> {
    if is_crowded(bytes) {
        return Err(Bad::crowded());
    }
    let (value, seen) = parse(bytes, changes).map_err(|error| not_json(bytes, &error))?;
    if let Some(name) = seen.repeated {
        let message = format!("“{name}” stands more than once in an object of this row; only its last value is read");
        changes.push(Change { column: None, bad: Bad::new("repeated_key", message) });
    }
    match value {
        Value::Object(object) => Ok(object),
        other => {
            let message = format!("This row is {}, not an object with named columns", name(&other));
            Err(Bad::new("data_type", message))
        }
    }
}

/// Reads a value as it stands, or mended where something in it would be lost.
fn parse(bytes: &[u8], changes: &mut Vec<Change>) -> Result<(Value, Seen), Error> {
    let read = exact::parse(bytes);
    if read.as_ref().is_ok_and(|(_, seen)| !seen.has_float) {
        return read;
    }
    let Some(mended) = mend::mend(bytes) else { return read };
    match exact::parse(&mended.bytes) {
        Ok(whole) => {
            changes.extend(mended.changes);
            Ok(whole)
        }
        // Its places are those of other bytes.
        Err(_) => read,
    }
}

fn not_json(bytes: &[u8], error: &Error) -> Bad {
    if std::str::from_utf8(bytes).is_err() {
        return Bad::invalid_utf8();
    }
    if bytes.contains(&0) {
        return Bad::nul_byte();
    }
    let text = error.to_string();
    let what = match text.split(" at line ").next().unwrap_or_default() {
        "expected ident" | "expected value" => "no value begins like this",
        said => said,
    };
    let message = format!("This row is not valid JSON: {what}, at character {} of the row", error.column());
    Bad::new("invalid_json", message)
}

/// What a JSON value is, for people.
pub(crate) fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
