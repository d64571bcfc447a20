//! Writes the rows of a Parquet or Arrow file as lines of JSON. This runs in a worker process: a few bytes of such a file can claim
//! any amount of memory, and the library allocates it before it checks. What the lines mean for an import is left to
//! `source::worker`.
//!
//! A line begins with its kind: `n` the number of rows, `r` a row, `l` a row that is too long, `b` the name of a column
//! that holds bytes instead of text, `z` that the file is a decompression bomb, `e` why the rest cannot be read, a
//! `Sentence` as JSON, `.` the end.

mod arrow;
mod json_row;
mod meaning;
mod times;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};

use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, RowGroupMetaData};
use tunesmith_sentence::{Sentence, say};

use crate::error::io_reason;
use crate::record::LONGEST_ROW;
use crate::source::Bomb;
use crate::worker_limits;
use json_row::JsonRow;
use meaning::Features;

pub(crate) const COUNT: u8 = b'n';
pub(crate) const ROW: u8 = b'r';
pub(crate) const TOO_LONG: u8 = b'l';
pub(crate) const NO_TEXT: u8 = b'b';
pub(crate) const BOMB: u8 = b'z';
pub(crate) const FAILED: u8 = b'e';
pub(crate) const END: u8 = b'.';

/// How much is decoded at once: bytes as the file counts them, and rows.
const AT_ONCE_BYTES: u64 = 4 << 20;
const AT_ONCE_ROWS: u64 = 1024;

/// The least size of a row, in bytes, for telling decompression bombs: rows without content take time, too.
pub(crate) const LEAST_ROW: u64 = 128;

/// Writes the file's rows to stdout. Sets the memory limit before it reads the file; to be called in a process made for it,
/// before any other thread starts.
///
/// # Errors
///
/// When stdout fails or the limit cannot be set. What is wrong with the file is written as a line.
pub fn serve_parquet(path: &Path) -> io::Result<()> {
    // Errors are written as lines; what a panic prints would not be read.
    std::panic::set_hook(Box::new(|_| {}));
    worker_limits::for_a_table()?;
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    write_rows(path, &mut out)?;
    out.flush()
}

/// Writes the lines of a file. Only an `out` that cannot be written is an error.
pub(crate) fn write_rows(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    write_outcome(rows(path, out), out)
}

/// Writes how the reading of a file has ended.
pub(crate) fn write_outcome(read: Result<(), Failed>, out: &mut dyn Write) -> io::Result<()> {
    match read {
        Ok(()) => write_line(out, END, b""),
        Err(Failed::Out(error)) => Err(error),
        Err(Failed::Bomb) => write_line(out, BOMB, b""),
        Err(Failed::File(reason)) => write_line(out, FAILED, &serde_json::to_vec(&reason)?),
    }
}

/// Why the rows of a file are not all written.
pub(crate) enum Failed {
    Out(io::Error),
    Bomb,
    File(Sentence),
}

impl From<parquet::errors::ParquetError> for Failed {
    fn from(error: parquet::errors::ParquetError) -> Self {
        let error = error.to_string();
        Self::File(say!("import-no-parquet", "it is no Parquet file that can be read ({error})", error))
    }
}

impl From<ArrowError> for Failed {
    fn from(error: ArrowError) -> Self {
        let error = error.to_string();
        Self::File(say!("import-parquet-damaged", "its data is damaged ({error})", error))
    }
}

/// Whether the file begins as Arrow files do: with their name, or, as a stream, with a message of some length.
pub(crate) fn is_arrow(path: &Path) -> bool {
    let mut head = [0; 8];
    if File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_err() {
        return false;
    }
    let [a, b, c, d, length @ ..] = head;
    head.starts_with(b"ARROW1") || ([a, b, c, d] == [0xFF; 4] && (1..1 << 24).contains(&i32::from_le_bytes(length)))
}

/// Refuses packings that the library was built without, which it would take for damage.
fn refuse_packing(groups: &[RowGroupMetaData]) -> Result<(), Failed> {
    let packings = groups.iter().flat_map(RowGroupMetaData::columns).map(ColumnChunkMetaData::compression);
    let unread = |packing| match packing {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    };
    match packings.filter_map(unread).next() {
        Some(packing) => Err(Failed::File(say!(
            "import-parquet-packing",
            "its columns are packed with {packing}, which Tunesmith does not unpack; write it with Snappy or Zstandard",
            packing
        ))),
        None => Ok(()),
    }
}

fn rows(path: &Path, out: &mut dyn Write) -> Result<(), Failed> {
    if is_arrow(path) { arrow::rows(path, out) } else { parquet_rows(path, out) }
}

fn parquet_rows(path: &Path, out: &mut dyn Write) -> Result<(), Failed> {
    let of_file = |error: io::Error| Failed::File(io_reason(&error));
    let file = File::open(path).map_err(of_file)?;
    let size = file.metadata().map_err(of_file)?.len();
    // Without the schema that Arrow's writers embed there are fewer kinds of columns, and less to be deceived by.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
    let groups = builder.metadata().row_groups();
    refuse_packing(groups)?;
    let of_groups = |number: fn(&RowGroupMetaData) -> i64| {
        groups.iter().fold(0, |sum: u64, group| sum.saturating_add(number(group).max(0) as u64))
    };
    let (count, bytes) = (of_groups(|group| group.num_rows()), of_groups(|group| group.total_byte_size()));
    refuse_bomb(count.saturating_mul(LEAST_ROW), size)?;
    write_line(out, COUNT, count.to_string().as_bytes()).map_err(Failed::Out)?;
    let at_once = AT_ONCE_BYTES.saturating_mul(count) / bytes.max(1);
    let mut rows = RowWriter::new(size, meant_schema(builder.metadata().file_metadata()));
    for batch in builder.with_batch_size(at_once.clamp(1, AT_ONCE_ROWS) as usize).build()? {
        rows.write(&batch?, out)?;
    }
    Ok(())
}

/// What Arrow's writers note about the columns, such as time zones; empty where that cannot be read.
fn meant_schema(file: &FileMetaData) -> Schema {
    parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()).unwrap_or_else(|_| Schema::empty())
}

/// Writes the rows of batches, one after another.
struct RowWriter {
    /// The size of the file, in bytes.
    size: u64,
    written: u64,
    rows: u64,
    json: JsonRow,
    schema: Schema,
    features: Features,
}

impl RowWriter {
    fn new(size: u64, schema: Schema) -> Self {
        let features = Features::of(&schema);
        Self { size, written: 0, rows: 0, json: JsonRow::default(), schema, features }
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> Result<(), Failed> {
        for row in 0..batch.num_rows() {
            self.json.write_row(batch, row, &self.schema, &self.features);
            self.written += (self.json.text.len() as u64).max(LEAST_ROW);
            refuse_bomb(self.written, self.size)?;
            write_row(&mut self.json, out).map_err(Failed::Out)?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }
}

fn write_row(json: &mut JsonRow, out: &mut dyn Write) -> io::Result<()> {
    match json.text.len() > LONGEST_ROW {
        true => write_line(out, TOO_LONG, b"")?,
        false => write_line(out, ROW, &json.text)?,
    }
    json.without_text.drain(..).try_for_each(|column| write_line(out, NO_TEXT, column.as_bytes()))
}

/// Refuses a decompression bomb: a file of `size` bytes that has far more rows than that can hold.
pub(crate) fn refuse_bomb(written: u64, size: u64) -> Result<(), Failed> {
    if Bomb::is(written, size) { Err(Failed::Bomb) } else { Ok(()) }
}

/// Writes a line of this kind.
pub(crate) fn write_line(out: &mut dyn Write, kind: u8, text: &[u8]) -> io::Result<()> {
    out.write_all(&[kind])?;
    out.write_all(text)?;
    out.write_all(b"\n")
}
