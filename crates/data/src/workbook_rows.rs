//! Writes the rows of a spreadsheet as lines, for `source::worker`. This runs in a worker process: a small workbook can unpack
//! to any amount of memory. Which cells are names of columns is left to `source::workbook`.
//!
//! The lines are those of `parquet_rows`, and one more kind: `s` the sheets, as JSON. The row in an `r` line is a list: the
//! number of the row in its sheet, then its cells; a cell that holds an error of a formula is a list with that error.

mod cells;
mod kind;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use calamine::{Cell, Data, DataRef, DataType, Ods, Reader, SheetVisible, Xls, Xlsb, Xlsx};
use serde::{Deserialize, Serialize};
use tunesmith_protocol::Sheet;
use tunesmith_sentence::say;

use crate::error::io_reason;
use crate::parquet_rows::{COUNT, Failed, LEAST_ROW, ROW, TOO_LONG, refuse_bomb, write_line, write_outcome};
use crate::quoted::quoted;
use crate::record::LONGEST_ROW;
use crate::worker_limits;
use cells::{Row, cell};
pub(crate) use kind::{Kind, kind_of};

pub(crate) const SHEETS: u8 = b's';
/// Rows of a sheet that are counted for those who choose one; a larger sheet has more.
const MOST_COUNTED: u64 = 50_000;
/// The most names of sheets that a sentence has.
const MOST_NAMES: usize = 8;

type OpenFile = BufReader<File>;

/// Of a sheet with more rows than this the file has at least a byte for each; an OpenDocument file can say of one row that it
/// stands a million times.
const REPEATED_ROWS: u64 = 100_000;

/// Which sheet is read, and which are not.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sheets {
    pub read: String,
    pub others: Vec<String>,
}

/// Writes the rows of a sheet of a workbook, or of its first sheet with rows, to stdout. Sets the memory limit before it reads the file; to be called in a process made for
/// it, before any other thread starts.
///
/// # Errors
///
/// When stdout fails or the limit cannot be set. What is wrong with the file is written as a line.
pub fn serve_workbook(path: &Path, sheet: Option<&str>) -> io::Result<()> {
    serve(&mut |out| write_rows(path, sheet, out))
}

/// Writes the sheets of a workbook that have rows to stdout, as [`serve_workbook`] writes the rows.
///
/// # Errors
///
/// The same as those of [`serve_workbook`].
pub fn serve_sheets(path: &Path) -> io::Result<()> {
    serve(&mut |out| write_sheets(path, out))
}

fn serve(write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Errors are written as lines; what a panic prints would not be read.
    std::panic::set_hook(Box::new(|_| {}));
    worker_limits::for_a_table()?;
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

/// Writes the lines of a workbook. Only an `out` that cannot be written is an error.
pub(crate) fn write_rows(path: &Path, sheet: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    write_outcome(rows(path, sheet, out), out)
}

/// Writes the sheets that have rows, each with as many as were counted. Only an `out` that cannot be written is an error.
pub(crate) fn write_sheets(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    write_outcome(count_sheets(path, out), out)
}

fn count_sheets(path: &Path, out: &mut dyn Write) -> Result<(), Failed> {
    let mut workbook = Workbook::open(path, BufReader::new(File::open(path).map_err(of_file)?))?;
    let mut sheets = Vec::new();
    for name in workbook.sheets() {
        let mut filled = 0;
        workbook.each_row(&name, &mut |_| {
            filled += 1;
            Ok(filled <= MOST_COUNTED)
        })?;
        if filled > 1 {
            // The first is the header.
            sheets.push(Sheet { name, rows: (filled - 1).min(MOST_COUNTED - 1), more: filled > MOST_COUNTED });
        }
    }
    let sheets = serde_json::to_vec(&sheets).map_err(|error| Failed::Out(error.into()))?;
    write_line(out, SHEETS, &sheets).map_err(Failed::Out)
}

fn rows(path: &Path, sheet: Option<&str>, out: &mut dyn Write) -> Result<(), Failed> {
    let file = File::open(path).map_err(of_file)?;
    let size = file.metadata().map_err(of_file)?.len();
    let mut workbook = Workbook::open(path, BufReader::new(file))?;
    let names = workbook.sheets();
    let read = match sheet {
        Some(sheet) if names.iter().any(|name| name == sheet) => Some(sheet.to_owned()),
        Some(sheet) => return Err(no_sheet(sheet, &names)),
        None => workbook.first_with_rows(&names)?,
    };
    let Some(read) = read else { return Ok(()) };
    let others = names.into_iter().filter(|name| *name != read).collect();
    let sheets =
        serde_json::to_vec(&Sheets { read: read.clone(), others }).map_err(|error| Failed::Out(error.into()))?;
    write_line(out, SHEETS, &sheets).map_err(Failed::Out)?;
    write_line(out, COUNT, workbook.rows_declared(&read).to_string().as_bytes()).map_err(Failed::Out)?;
    let mut writer = RowWriter { size, rows: 0, written: 0, out };
    workbook.each_row(&read, &mut |row| writer.write(row))
}

/// A workbook of any of the kinds that are read.
enum Workbook {
    Xlsx(Box<Xlsx<OpenFile>>),
    Xlsb(Box<Xlsb<OpenFile>>),
    Xls(Box<Xls<OpenFile>>),
    Ods(Box<Ods<OpenFile>>),
}

/// Takes rows one by one; false ends the reading.
type TakeRow<'a> = dyn FnMut(&Row) -> Result<bool, Failed> + 'a;

impl Workbook {
    fn open(path: &Path, file: OpenFile) -> Result<Self, Failed> {
        Ok(match kind_of(path) {
            Some(Kind::Ods) => Self::Ods(Box::new(Ods::new(file).map_err(damaged)?)),
            Some(Kind::Binary) => Self::Xlsb(Box::new(Xlsb::new(file).map_err(damaged)?)),
            Some(Kind::Old) => Self::Xls(Box::new(Xls::new(file).map_err(damaged)?)),
            Some(Kind::Encrypted) => return Err(encrypted()),
            Some(Kind::Modern) | None => Self::Xlsx(Box::new(Xlsx::new(file).map_err(damaged)?)),
        })
    }

    /// The names of the sheets: first those that a person sees, then the hidden ones.
    fn sheets(&self) -> Vec<String> {
        let mut all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        }
        .to_vec();
        all.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
        all.into_iter().map(|sheet| sheet.name).collect()
    }

    /// The first sheet with a row below its header; else the first with anything in it.
    fn first_with_rows(&mut self, names: &[String]) -> Result<Option<String>, Failed> {
        let mut filled = None;
        for name in names {
            let mut rows = 0;
            self.each_row(name, &mut |_| {
                rows += 1;
                Ok(rows < 2)
            })?;
            if rows == 2 {
                return Ok(Some(name.clone()));
            }
            if rows == 1 {
                filled.get_or_insert(name.clone());
            }
        }
        Ok(filled)
    }

    /// The rows that a sheet says it has, by which progress is told; 0 where it does not say.
    fn rows_declared(&mut self, sheet: &str) -> u64 {
        let Self::Xlsx(book) = self else { return 0 };
        book.worksheet_cells_reader(sheet).map_or(0, |cells| u64::from(cells.dimensions().end.0) + 1)
    }

    /// Hands on the rows of a sheet that are not empty.
    fn each_row(&mut self, sheet: &str, take: &mut TakeRow) -> Result<(), Failed> {
        let range = match self {
            Self::Xlsx(book) => return rows_of_xlsx(book, sheet, take),
            Self::Xlsb(book) => book.worksheet_range(sheet).map_err(damaged)?,
            Self::Xls(book) => book.worksheet_range(sheet).map_err(damaged)?,
            Self::Ods(book) => book.worksheet_range(sheet).map_err(damaged)?,
        };
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (number, cells) in range.rows().enumerate() {
            let mut row = Row::new(first_row + number as u32);
            for (column, value) in cells.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
                row.put(first_column + column as u32, cell(value))?;
            }
            if !row.is_empty() && !take(&row)? {
                break;
            }
        }
        Ok(())
    }
}

/// Reads a sheet cell by cell, so that it need not fit in memory.
fn rows_of_xlsx(book: &mut Xlsx<OpenFile>, sheet: &str, take: &mut TakeRow) -> Result<(), Failed> {
    let mut cells = match book.worksheet_cells_reader(sheet) {
        Ok(cells) => cells,
        // Charts are sheets, too.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(error) => return Err(damaged(error)),
    };
    let mut row = Row::new(0);
    while let Some(found) = cells.next_cell().map_err(damaged)? {
        let (number, column) = found.get_position();
        if number < row.number() {
            return Err(Failed::File(say!("import-workbook-order", "the rows of its sheet are not in order")));
        }
        if number > row.number() {
            if !row.is_empty() && !take(&row)? {
                return Ok(());
            }
            row = Row::new(number);
        }
        put(&mut row, column, &found)?;
    }
    if !row.is_empty() {
        take(&row)?;
    }
    Ok(())
}

fn put(row: &mut Row, column: u32, found: &Cell<DataRef>) -> Result<(), Failed> {
    match found.get_value() {
        DataRef::Empty => Ok(()),
        DataRef::SharedString(text) => row.put(column, (*text).into()),
        other => row.put(column, cell(&Data::from(other.clone()))),
    }
}

/// Writes the rows of a sheet.
struct RowWriter<'a> {
    /// The size of the file, in bytes.
    size: u64,
    rows: u64,
    written: u64,
    out: &'a mut dyn Write,
}

impl RowWriter<'_> {
    fn write(&mut self, row: &Row) -> Result<bool, Failed> {
        self.rows += 1;
        if self.rows > REPEATED_ROWS.max(self.size) {
            return Err(Failed::File(say!(
                "import-workbook-repeats",
                "its sheet has over {rows} rows in {bytes} bytes, so it says the same row over and over",
                rows = self.rows - 1,
                bytes = self.size
            )));
        }
        self.written += (row.bytes() as u64).max(LEAST_ROW);
        refuse_bomb(self.written, self.size)?;
        let text = if row.bytes() > LONGEST_ROW { None } else { Some(row.json().map_err(Failed::Out)?) };
        // Quotes and line ends take more room as JSON.
        let written = match text.filter(|text| text.len() <= LONGEST_ROW) {
            None => write_line(self.out, TOO_LONG, (row.number() + 1).to_string().as_bytes()),
            Some(text) => write_line(self.out, ROW, &text),
        };
        written.map_err(Failed::Out)?;
        Ok(true)
    }
}

fn of_file(error: io::Error) -> Failed {
    Failed::File(io_reason(&error))
}

fn no_sheet(sheet: &str, names: &[String]) -> Failed {
    Failed::File(say!(
        "import-workbook-no-sheet",
        "it has no sheet “{sheet}”; its sheets are {names}",
        sheet,
        names = quoted(names.iter(), MOST_NAMES)
    ))
}

fn encrypted() -> Failed {
    Failed::File(say!("import-workbook-encrypted", "it is protected by a password"))
}

/// An error of the library.
fn damaged(error: impl std::fmt::Display) -> Failed {
    let error = error.to_string();
    if error.contains("password protected") {
        return encrypted();
    }
    Failed::File(say!("import-workbook-damaged", "it is no workbook that can be read ({error})", error))
}
