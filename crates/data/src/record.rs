//! A row as it lies in a file, before its columns mean anything, and what limits its size. Reading rows is left to
//! `source`, understanding them to `columns`.

mod beginning;
mod limits;
mod problem;

use std::io;

use serde_json::{Map, Value};
use tunesmith_sentence::{Sentence, say};

pub(crate) use beginning::Beginning;
pub(crate) use limits::{LONGEST_NAME, LONGEST_ROW, MOST_VALUES, cut_name, is_crowded};
pub(crate) use problem::Problem;

/// The columns of a row and their values.
pub(crate) type Object = Map<String, Value>;

/// Takes the records of a file; its error stops the reading.
pub(crate) type Sink<'a> = dyn FnMut(Record) -> io::Result<()> + 'a;

/// A row as it lies in the file.
pub(crate) struct Record {
    /// The line it starts on, from 1; its number where rows share a line, and in Parquet.
    pub line: u64,
    /// Whether it is a row; false for a remark about the file itself.
    pub counts: bool,
    /// How it begins in the file.
    pub beginning: Beginning,
    /// Its columns, or why it cannot be read.
    pub body: Result<Object, Problem>,
    /// What was changed in order to read it.
    pub changes: Vec<Change>,
}

/// Something that could not be read as it stands in the file.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The column, if the change matters only to those who use that column.
    pub column: Option<String>,
    /// What to say about it.
    pub problem: Problem,
}

impl Record {
    pub(crate) fn row(line: u64, beginning: Beginning, body: Result<Object, Problem>) -> Self {
        Self { line, counts: true, beginning, body, changes: Vec::new() }
    }

    pub(crate) fn remark(line: u64, problem: Problem) -> Self {
        Self { line, counts: false, beginning: Beginning::default(), body: Err(problem), changes: Vec::new() }
    }

    /// The same with the names of its columns cut where they are too long.
    pub(crate) fn with_short_names(mut self) -> Self {
        let Ok(row) = &mut self.body else { return self };
        if row.keys().all(|name| cut_name(name).is_none()) {
            return self;
        }
        for (name, value) in std::mem::take(row) {
            let Some(short) = cut_name(&name) else {
                row.insert(name, value);
                continue;
            };
            self.changes.push(Change { column: None, problem: Problem::name_cut(short) });
            row.insert(short.to_owned(), value);
        }
        self
    }
}

/// About how many bytes of memory a row takes.
pub(crate) fn memory_bytes(row: &Object) -> usize {
    row.iter().map(|(column, value)| column.len() + size_of::<String>() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    let within = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(object) => memory_bytes(object),
        _ => 0,
    };
    size_of::<Value>() + within
}

/// What a JSON value is, in words for people.
pub(crate) fn value_name(value: &Value) -> Sentence {
    match value {
        Value::Null => say!("value-empty", "empty"),
        Value::Bool(_) => say!("value-truth", "true or false"),
        Value::Number(_) => say!("value-number", "a number"),
        Value::String(_) => say!("value-text", "a text"),
        Value::Array(_) => say!("value-list", "a list"),
        Value::Object(_) => say!("value-object", "an object"),
    }
}
