//! The rows of a spreadsheet, from the lists of cells that its worker writes: which row has the names of the columns, and which
//! cells a row has.

use std::io;

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use super::table;
use crate::columns;
use crate::quoted::quoted;
use crate::record::{Beginning, Change, Object, Problem, Record, Sink};
use crate::workbook_rows::Sheets;

/// The most names of sheets that a sentence has.
const MOST_NAMES: usize = 8;
/// How much of a row is put together to be shown, in bytes.
const SHOWN_BYTES: usize = 4200;

/// What a workbook holds that gave no row.
pub(super) fn without_rows() -> Sentence {
    say!("file-sheets-empty", "none of its sheets has a row below a header")
}

/// The rows of a sheet on their way.
#[derive(Default)]
pub(super) struct SheetRows {
    /// The first row, which waits for the next one to be understood.
    first: Option<Row>,
    /// The names of the columns, once they are known.
    columns: Vec<Column>,
}

struct Row {
    line: u64,
    cells: Vec<Value>,
}

struct Column {
    name: String,
    /// The header has this name; a column without one counts only where it holds something.
    is_named: bool,
}

impl SheetRows {
    /// Begins a sheet, and says which sheets are not read.
    pub(super) fn of(sheets: Sheets, sink: &mut Sink) -> io::Result<Self> {
        let Sheets { read, others } = sheets;
        if !others.is_empty() {
            let message = say!(
                "row-other-sheets",
                "The sheet “{sheet}” is read; not read: {others}. Another one can be chosen",
                sheet = read,
                others = quoted(others.iter(), MOST_NAMES)
            );
            sink(Record::remark(1, Problem::new(Problem::OF_FILE, message)))?;
        }
        Ok(Self::default())
    }

    /// Takes a row as the worker wrote it; one that is too long has only its number.
    pub(super) fn row(&mut self, is_whole: bool, text: &[u8], sink: &mut Sink) -> io::Result<()> {
        let lost = |_| io::Error::from(io::ErrorKind::InvalidData);
        if !is_whole {
            let line = serde_json::from_slice(text).map_err(lost)?;
            return sink(Record::row(line, Beginning::default(), Err(Problem::too_long())));
        }
        let mut cells: Vec<Value> = serde_json::from_slice(text).map_err(lost)?;
        let line = if cells.is_empty() { 0 } else { cells.remove(0).as_u64().unwrap_or(0) };
        let row = Row { line, cells };
        if !self.columns.is_empty() {
            return sink(self.record(row));
        }
        match self.first.take() {
            None => {
                self.first = Some(row);
                Ok(())
            }
            Some(title) if is_title(&title, &row) => {
                let message = say!("row-above-header", "This line above the names of the columns is not read");
                sink(Record::remark(title.line, Problem::new("above_header", message)))?;
                self.begin(row, sink)
            }
            Some(first) => {
                self.begin(first, sink)?;
                sink(self.record(row))
            }
        }
    }

    /// Hands on a row after which none came.
    pub(super) fn finish(&mut self, sink: &mut Sink) -> io::Result<()> {
        match self.first.take() {
            Some(only) => self.begin(only, sink),
            None => Ok(()),
        }
    }

    /// Takes the names of the columns from the first row, or gives them names where it is a row like others.
    fn begin(&mut self, first: Row, sink: &mut Sink) -> io::Result<()> {
        let names: Vec<String> = first.cells.iter().map(|cell| cell_text(cell).trim().to_owned()).collect();
        let has_header = table::may_be_names(&names);
        let named: Vec<bool> = names.iter().map(|name| has_header && !name.is_empty()).collect();
        let names = if has_header { names } else { vec![String::new(); names.len()] };
        let (names, remarks) = table::distinct(names);
        self.columns = names.into_iter().zip(named).map(|(name, is_named)| Column { name, is_named }).collect();
        remarks.into_iter().try_for_each(|remark| sink(Record::remark(first.line, remark)))?;
        if has_header {
            return Ok(());
        }
        sink(Record::remark(first.line, table::no_header()))?;
        sink(self.record(first))
    }

    fn record(&mut self, row: Row) -> Record {
        let beginning = Beginning::of(shown(&row.cells).as_bytes());
        let (mut object, mut changes) = (Object::new(), Vec::new());
        let mut cells = row.cells.into_iter();
        for at in 0..self.columns.len().max(cells.len()) {
            let value = cells.next().unwrap_or(Value::Null);
            if at >= self.columns.len() {
                // A cell beyond the header, where the sheet is wider below than above.
                self.columns.push(Column { name: self.free_name(at + 1), is_named: false });
            }
            let Column { name, is_named } = &self.columns[at];
            let value = match value {
                Value::Array(error) => {
                    changes.push(formula_error(name, error.first().map(cell_text).unwrap_or_default()));
                    Value::Null
                }
                value => value,
            };
            if value.as_str().is_some_and(|text| text.contains('\0')) {
                return Record::row(row.line, beginning, Err(Problem::nul_byte()));
            }
            if *is_named || !value.is_null() {
                object.insert(name.clone(), value);
            }
        }
        Record { changes, ..Record::row(row.line, beginning, Ok(object)) }
    }

    /// A name for a column without one that no other column has.
    fn free_name(&self, number: usize) -> String {
        let taken = |name: &String| self.columns.iter().any(|column| column.name == *name);
        let plain = format!("column {number}");
        let numbered = (2..).map(|times| format!("column {number} ({times})"));
        std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
    }
}

/// Whether a row is a title above the names of the columns: one cell over several that may be names.
fn is_title(above: &Row, row: &Row) -> bool {
    let filled = |row: &Row| row.cells.iter().filter(|cell| !cell.is_null()).count();
    let is_known = above.cells.iter().any(|cell| columns::is_known(&cell_text(cell)));
    let names: Vec<String> = row.cells.iter().map(cell_text).collect();
    filled(above) == 1 && filled(row) > 1 && !is_known && table::may_be_names(&names)
}

fn formula_error(column: &str, error: String) -> Change {
    let message = say!(
        "row-formula-error",
        "The cell in “{column}” holds the error {error} of a formula; it is read as empty",
        column,
        error
    );
    Change { column: Some(column.into()), problem: Problem::new("formula_error", message) }
}

fn cell_text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The cells as one would copy them, as much as is shown of a row that cannot be used.
fn shown(cells: &[Value]) -> String {
    let mut text = String::new();
    for cell in cells {
        if text.len() > SHOWN_BYTES {
            break;
        }
        text += &cell_text(cell);
        text.push('\t');
    }
    text
}
