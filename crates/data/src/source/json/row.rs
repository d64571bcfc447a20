//! One JSON row: parsed, or what is wrong with it.

use serde_json::{Error, Value};
use tunesmith_sentence::{Sentence, say};

use super::exact::{self, Seen};
use super::mend;
use crate::record::{Beginning, Change, Object, Problem, Record, is_crowded, value_name};

/// Parses these bytes as a row.
pub(in crate::source) fn row(line: u64, bytes: &[u8]) -> Record {
    let mut changes = Vec::new();
    let body = object(bytes, &mut changes);
    Record { changes, ..Record::row(line, Beginning::of(bytes), body) }
}

/// Parses these bytes as an object; `changes` receives what had to be changed to read them.
pub(in crate::source) fn object(bytes: &[u8], changes: &mut Vec<Change>) -> Result<Object, Problem> {
    if is_crowded(bytes) {
        return Err(Problem::crowded());
    }
    let (value, seen) = parse(bytes, changes).map_err(|error| not_json(bytes, &error))?;
    if let Some(name) = seen.repeated {
        let message = say!(
            "row-key-repeated",
            "“{name}” stands more than once in an object of this row; only its last value is read",
            name
        );
        changes.push(Change { column: None, problem: Problem::new("repeated_key", message) });
    }
    match value {
        Value::Object(object) => Ok(object),
        other => {
            let message = say!(
                "row-no-object",
                "This row is {kind}, not an object with named columns",
                kind = value_name(&other)
            );
            Err(Problem::new("data_type", message))
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

fn not_json(bytes: &[u8], error: &Error) -> Problem {
    if std::str::from_utf8(bytes).is_err() {
        return Problem::invalid_utf8();
    }
    if bytes.contains(&0) {
        return Problem::nul_byte();
    }
    let text = error.to_string();
    let what = match text.split(" at line ").next().unwrap_or_default() {
        "expected ident" | "expected value" => say!("row-json-no-value", "no value begins like this"),
        said => Sentence::verbatim(said),
    };
    let message = say!(
        "row-no-json",
        "This row is not valid JSON: {what}, at character {place} of the row",
        what,
        place = error.column()
    );
    Problem::new("invalid_json", message)
}
