//! Rows in Apache Parquet: one column of text for each of the row's, written in groups, so that memory does not grow with
//! the file.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Rows handed to the encoder at once, and the bytes of text after which fewer are.
const ROWS_AT_ONCE: usize = 1024;
const BYTES_AT_ONCE: usize = 4 << 20;
/// What the encoder holds before it writes a group of rows, in bytes.
const GROUP_BYTES: usize = 64 << 20;

/// A file of rows.
pub(super) struct ParquetRows<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> ParquetRows<W> {
    /// A file with these columns, each of which may be empty in a row.
    pub(super) fn new(columns: &[&str], writer: W) -> io::Result<Self> {
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let schema = Arc::new(Schema::new(fields));
        // Every reader of the format knows Snappy.
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = ArrowWriter::try_new(writer, schema.clone(), Some(properties)).map_err(io::Error::other)?;
        let columns = columns.iter().map(|_| StringBuilder::new()).collect();
        Ok(Self { writer, schema, columns, rows: 0, bytes: 0 })
    }

    /// Adds a row.
    pub(super) fn push(&mut self, cells: impl Iterator<Item = Option<String>>) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += cell.as_ref().map_or(0, String::len);
            column.append_option(cell);
        }
        self.rows += 1;
        if self.rows >= ROWS_AT_ONCE || self.bytes >= BYTES_AT_ONCE { self.encode() } else { Ok(()) }
    }

    /// Writes what is left, and gives the writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.encode()?;
        self.writer.into_inner().map_err(io::Error::other)
    }

    fn encode(&mut self) -> io::Result<()> {
        let columns: Vec<ArrayRef> =
            self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        (self.rows, self.bytes) = (0, 0);
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(io::Error::other)?;
        self.writer.write(&batch).map_err(io::Error::other)?;
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(io::Error::other)?;
        }
        Ok(())
    }
}
