//! A JSON file with one object that holds all rows, as other tools write tables: a column of values by name, a table with
//! its columns apart, or rows by their names.

use std::io;

use serde_json::{Map, Value};
use tunesmith_sentence::say;

use crate::checks::is_pair;
use crate::columns::{is_known, is_message};
use crate::record::{Beginning, Change, Object, Problem, Record, Sink, cut_name};

/// Hands on what `read` gives; a row that comes alone is unfolded if it holds rows.
pub(in crate::source) fn unfolded(sink: &mut Sink, read: impl FnOnce(&mut Sink) -> io::Result<()>) -> io::Result<()> {
    let (mut alone, mut is_first) = (None, true);
    let ended = read(&mut |record| {
        if !record.counts {
            return sink(record);
        }
        if std::mem::take(&mut is_first) {
            alone = Some(record);
            return Ok(());
        }
        alone.take().map_or(Ok(()), &mut *sink)?;
        sink(record)
    });
    if let Some(record) = alone {
        unfold(record, sink)?;
    }
    ended
}

fn unfold(record: Record, sink: &mut Sink) -> io::Result<()> {
    let Record { body, mut changes, .. } = record;
    let object = match body {
        Ok(object) => with_short_names(object, &mut changes),
        Err(problem) => return sink(Record { body: Err(of_the_file(problem)), changes, ..record }),
    };
    let Some(rows) = rows(&object) else { return sink(Record { body: Ok(object), changes, ..record }) };
    for (number, row) in (1..).zip(rows) {
        let text = serde_json::to_vec(&row).unwrap_or_default();
        let mut row = Record::row(number, Beginning::of(&text), Ok(row));
        // What was changed in order to read the file is told once.
        row.changes = std::mem::take(&mut changes);
        sink(row)?;
    }
    Ok(())
}

/// What is wrong with a row that is all the file has: where it is too large, it likely holds all rows.
fn of_the_file(problem: Problem) -> Problem {
    if !["too_many_values", "row_too_long"].contains(&problem.kind) {
        return problem;
    }
    let message = say!(
        "row-file-one-object",
        "{problem}, and the whole file is this one; write it as JSON lines, with an object for each row on a line of its own, \
         as pandas does with orient=\"records\" and lines=True",
        problem = problem.message
    );
    Problem { message, ..problem }
}

/// Cuts the names of columns that are too long before they are written into each row.
fn with_short_names(mut object: Object, changes: &mut Vec<Change>) -> Object {
    if let Some(Value::Array(columns)) = object.get_mut("columns") {
        for column in columns {
            if let Some(short) = column.as_str().and_then(cut_name).map(str::to_owned) {
                changes.push(Change { column: None, problem: Problem::name_cut(&short) });
                *column = short.into();
            }
        }
    }
    let Record { body, changes: cut, .. } = Record::row(0, Beginning::default(), Ok(object)).with_short_names();
    changes.extend(cut);
    body.unwrap_or_default()
}

/// The rows that an object holds; none if it is a row itself.
fn rows(object: &Object) -> Option<Vec<Object>> {
    split(object).or_else(|| lists(object)).or_else(|| mappings(object)).filter(|rows| !rows.is_empty())
}

/// `{"columns": ["prompt", …], "index": […], "data": [["Hi", …], …]}`, pandas' form “split”.
fn split(object: &Object) -> Option<Vec<Object>> {
    let are_parts = object.keys().all(|key| ["columns", "index", "data"].contains(&key.as_str()));
    let columns: Vec<&str> =
        object.get("columns").filter(|_| are_parts)?.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    let row = |cells: &Value| -> Option<Object> {
        let cells = cells.as_array().filter(|cells| cells.len() == columns.len())?;
        Some(columns.iter().map(|name| (*name).to_owned()).zip(cells.iter().cloned()).collect())
    };
    object.get("data")?.as_array()?.iter().map(row).collect()
}

/// `{"prompt": ["Hi", …], "completion": ["Hello", …]}`. A conversation is a list, too, but one of messages.
fn lists(object: &Object) -> Option<Vec<Object>> {
    let lists: Vec<(&String, &Vec<Value>)> =
        object.iter().map(|(name, list)| Some((name, list.as_array()?))).collect::<Option<_>>()?;
    let length = lists.first()?.1.len();
    let is_table = lists.iter().all(|(_, list)| list.len() == length && !list.iter().any(is_turn));
    if !is_table || !lists.iter().any(|(name, list)| is_known(name) && !list.iter().any(Value::is_object)) {
        return None;
    }
    let row = |at: usize| lists.iter().map(|(name, list)| ((*name).clone(), list[at].clone())).collect();
    Some((0..length).map(row).collect())
}

/// Whether a value is a part of a conversation: then the list is one, in a single row.
fn is_turn(value: &Value) -> bool {
    is_message(value) || is_pair(value)
}

/// `{"prompt": {"0": "Hi", …}, …}`, pandas' default form, whose columns may have any name where its rows have numbers; or `{"row1": {"prompt": "Hi", …}, …}`, rows by their names.
fn mappings(object: &Object) -> Option<Vec<Object>> {
    let inner: Vec<(&String, &Map<String, Value>)> =
        object.iter().map(|(name, value)| Some((name, value.as_object()?))).collect::<Option<_>>()?;
    let names_columns = |object: &Object| object.keys().any(|name| is_known(name));
    let (_, first) = inner.first()?;
    let are_numbered = !first.is_empty() && first.keys().all(|key| key.parse::<u64>().is_ok());
    if !names_columns(object) && !are_numbered {
        let rows = inner.iter().map(|(_, row)| (*row).clone());
        return inner.iter().all(|(_, row)| names_columns(row)).then(|| rows.collect());
    }
    let same =
        inner.iter().all(|(_, column)| column.len() == first.len() && column.keys().all(|key| first.contains_key(key)));
    // pandas numbers the rows, or names them; a message or a request has names that mean something.
    if !same || names_columns(first) || first.contains_key("role") {
        return None;
    }
    let row = |key: &String| inner.iter().map(|(name, column)| ((*name).clone(), column[key].clone())).collect();
    Some(first.keys().map(row).collect())
}
