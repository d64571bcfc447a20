//! Tables: cells under a header, separated by commas, semicolons, tabs or bars.

mod cells;
mod header;
mod rows;

use std::io;

use serde_json::Value;
use tunesmith_sentence::say;

use super::input::Input;
use crate::error::io_error;
use crate::record::{MOST_VALUES, Object, Problem, Record, Sink};
use cells::Cells;
pub(super) use header::{delimiter, distinct, known_delimiter, may_be_names};
use rows::{Row, Rows};

/// Reads the rows of a table.
pub(super) fn read(input: &mut Input, delimiter: u8, sink: &mut Sink) -> io::Result<()> {
    let declaration = header::declared(input.ready()?).map_or(0, |_| header::DECLARATION);
    let mut rows = Rows::new(input, delimiter);
    rows.pass(declaration)?;
    let mut cells = Cells::default();
    let Some(first) = rows.next(&mut cells)? else { return Ok(()) };
    if cells.len() > MOST_VALUES {
        let reason = say!("import-header-too-wide", "its header has more than {limit} columns", limit = MOST_VALUES);
        return Err(io_error(io::ErrorKind::InvalidData, reason));
    }
    let names = header::names(&cells);
    let has_header = header::may_be_names(&names);
    let names = if has_header { names } else { vec![String::new(); names.len()] };
    let (columns, remarks) = header::distinct(names);
    remarks.into_iter().try_for_each(|remark| sink(Record::remark(first.line, remark)))?;
    if has_header {
        if let Some(problem) = first.broken {
            let message = say!(
                "row-header-quote",
                "A quote in the header does not close; the names are read as they stand there"
            );
            sink(Record::remark(first.line, Problem::new(problem.kind, message)))?;
        }
    } else {
        sink(Record::remark(first.line, no_header()))?;
        sink(record(first, &columns, &cells))?;
    }
    while let Some(row) = rows.next(&mut cells)? {
        sink(record(row, &columns, &cells))?;
    }
    Ok(())
}

/// The remark on a table whose first row has no names.
pub(super) fn no_header() -> Problem {
    let message = say!(
        "row-no-header",
        "The first line does not look like names of columns, so it is read as a row; the columns are called “column 1”, “column 2” and so on"
    );
    Problem::new("no_header", message)
}

fn record(row: Row, columns: &[String], cells: &Cells) -> Record {
    let body = row.broken.map_or_else(|| object(columns, cells), Err);
    Record::row(row.line, row.beginning, body)
}

fn object(columns: &[String], cells: &Cells) -> Result<Object, Problem> {
    if cells.len() > columns.len() {
        let message = say!(
            "row-ragged",
            "This row has {cells} cells where the header has {names}; a cell that holds the separator must stand in quotes",
            cells = cells.len(),
            names = columns.len()
        );
        return Err(Problem::new("ragged_row", message));
    }
    let mut object = Object::new();
    for (column, cell) in columns.iter().zip(cells.iter()) {
        let text = std::str::from_utf8(cell).map_err(|_| Problem::invalid_utf8())?;
        if text.contains('\0') {
            return Err(Problem::nul_byte());
        }
        object.insert(column.clone(), Value::String(text.to_owned()));
    }
    Ok(object)
}
