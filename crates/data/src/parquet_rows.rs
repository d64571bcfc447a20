//! The rows of a Parquet file as lines of JSON, for a process of their own: a few bytes of such a file can claim any
//! amount of memory, and the library that reads it asks for it before it looks. What the lines mean for an import is
//! left to `source::parquet`.
//!
//! A line begins with its kind: `n` the number of rows, `r` a row, `l` a row that is too long, `b` the name of a column
//! that holds bytes instead of text, `e` why the rest cannot be read, `.` the end.

mod cells;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::source::{Bomb, LONGEST_ROW};
use crate::worker::limits;
use cells::Cells;

pub(crate) const COUNT: u8 = b'n';
pub(crate) const ROW: u8 = b'r';
pub(crate) const TOO_LONG: u8 = b'l';
pub(crate) const NO_TEXT: u8 = b'b';
pub(crate) const FAILED: u8 = b'e';
pub(crate) const END: u8 = b'.';

/// What is decoded at once, in bytes as the file counts them, and the most rows of it.
const AT_ONCE_BYTES: u64 = 4 << 20;
const AT_ONCE_ROWS: u64 = 1024;

/// What a row weighs at least when it is judged whether a file is a bomb: rows without content take time, too.
const LEAST_ROW: u64 = 128;

/// The worker's whole life: writes the file's rows to stdout. Limits are set before a byte of it is read; to be called
/// in a process made for it, before any other thread starts.
pub fn serve_parquet(path: &Path) -> io::Result<()> {
    // What is wrong is written as a line; nobody reads what panics print.
    std::panic::set_hook(Box::new(|_| {}));
    limits::for_a_table()?;
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    write_rows(path, &mut out)?;
    out.flush()
}

/// Writes the lines of a file. Only an `out` that cannot be written is an error.
pub(crate) fn write_rows(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    match rows(path, out) {
        Ok(()) => write_line(out, END, b""),
        Err(Failed::Out(error)) => Err(error),
        Err(Failed::File(reason)) => write_line(out, FAILED, reason.as_bytes()),
    }
}

enum Failed {
    Out(io::Error),
    File(String),
}

impl From<parquet::errors::ParquetError> for Failed {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::File(format!("it is no Parquet file that can be read ({error})"))
    }
}

impl From<arrow_schema::ArrowError> for Failed {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::File(format!("its data is damaged ({error})"))
    }
}

fn rows(path: &Path, out: &mut dyn Write) -> Result<(), Failed> {
    let of_file = |error: io::Error| Failed::File(error.to_string());
    let file = File::open(path).map_err(of_file)?;
    let size = file.metadata().map_err(of_file)?.len();
    // Without the schema that Arrow's writers embed there are fewer kinds of columns, and less to be deceived by.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
    let groups = builder.metadata().row_groups();
    let of_groups = |number: fn(&parquet::file::metadata::RowGroupMetaData) -> i64| {
        groups.iter().fold(0, |sum: u64, group| sum.saturating_add(number(group).max(0) as u64))
    };
    let (count, bytes) = (of_groups(|group| group.num_rows()), of_groups(|group| group.total_byte_size()));
    judge(count.saturating_mul(LEAST_ROW), size)?;
    write_line(out, COUNT, count.to_string().as_bytes()).map_err(Failed::Out)?;
    let at_once = AT_ONCE_BYTES.saturating_mul(count) / bytes.max(1);
    let batches = builder.with_batch_size(at_once.clamp(1, AT_ONCE_ROWS) as usize).build()?;
    let (mut cells, mut written) = (Cells::default(), 0);
    for batch in batches {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            cells.row(&batch, row);
            written += (cells.text.len() as u64).max(LEAST_ROW);
            judge(written, size)?;
            write_row(&mut cells, out).map_err(Failed::Out)?;
        }
    }
    Ok(())
}

fn write_row(cells: &mut Cells, out: &mut dyn Write) -> io::Result<()> {
    match cells.text.len() > LONGEST_ROW {
        true => write_line(out, TOO_LONG, b"")?,
        false => write_line(out, ROW, &cells.text)?,
    }
    cells.without_text.drain(..).try_for_each(|column| write_line(out, NO_TEXT, column.as_bytes()))
}

/// Refuses a file of `size` bytes that says more than anybody's rows.
fn judge(written: u64, size: u64) -> Result<(), Failed> {
    if Bomb::is(written, size) { Err(Failed::File(Bomb.to_string())) } else { Ok(()) }
}

fn write_line(out: &mut dyn Write, kind: u8, text: &[u8]) -> io::Result<()> {
    out.write_all(&[kind])?;
    out.write_all(text)?;
    out.write_all(b"\n")
}
