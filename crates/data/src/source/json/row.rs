//! One JSON row: parsed, or what is wrong with it.

use serde_json::{Error, Value};
use tunesmith_sentence::{Sentence, say};

use super::exact::{self, Seen};
use super::mend;
use crate::columns;
use crate::quoted::{quoted, shown};
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
    let (value, seen) = match parse(bytes, changes) {
        Ok(read) => read,
        Err(error) => (python_object(bytes).ok_or_else(|| not_json(bytes, &error))?, Seen::default()),
    };
    if let Some(name) = seen.repeated {
        let message = say!(
            "row-key-repeated",
            "“{name}” stands more than once in an object of this row; only its last value is read",
            name = shown(&name)
        );
        changes.push(Change { column: None, problem: Problem::new("repeated_key", message) });
    }
    match value {
        Value::Object(object) => Ok(from_viewer(object, changes)),
        // Some programs write the text of an object into the text of a line.
        Value::String(text) if text.trim_start().starts_with('{') => object(text.as_bytes(), changes),
        Value::Array(list) if !list.is_empty() && list.iter().all(columns::is_message) => {
            Ok(Object::from_iter([("messages".to_owned(), list.into())]))
        }
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

/// A row as Python prints a dict.
fn python_object(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    // Only with Python's quotes: within the others JSON and Python mean different things by a backslash.
    let is_python = text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('\''));
    if !is_python || text.contains('\0') {
        return None;
    }
    columns::python_literal(text).filter(Value::is_object)
}

/// The row within what the API of Hugging Face's dataset viewer puts around it.
fn from_viewer(mut object: Object, changes: &mut Vec<Change>) -> Object {
    let is_around = |key: &String| ["row_idx", "row", "truncated_cells"].contains(&key.as_str());
    if !object.contains_key("row_idx") || !object.keys().all(is_around) || !object["row"].is_object() {
        return object;
    }
    let cut = object.shift_remove("truncated_cells");
    if let Some(Value::Array(cells)) = cut.filter(|cells| cells.as_array().is_some_and(|cells| !cells.is_empty())) {
        let names: Vec<&str> = cells.iter().filter_map(Value::as_str).collect();
        let message = say!(
            "row-viewer-cut",
            "The dataset viewer has cut off the texts in {columns} of this row; download the dataset itself to have them whole",
            columns = quoted(names.iter(), 8)
        );
        changes.push(Change { column: None, problem: Problem::new("cut_cells", message) });
    }
    match object.shift_remove("row") {
        Some(Value::Object(row)) => row,
        _ => object,
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
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            say!("row-json-surrogate", "half of a character that is written as two codes stands alone")
        }
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
