//! Rows in Apache Parquet with typed columns: messages are lists of structs, as in datasets of Hugging Face. Written in
//! row groups, so that memory does not grow with the file.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

use super::cell_type::{CellType, text_of};

/// Rows handed to the encoder at once, and the bytes of text after which fewer are.
const ROWS_AT_ONCE: usize = 1024;
const BYTES_AT_ONCE: usize = 4 << 20;
/// What the encoder holds before it writes a group of rows, in bytes.
const GROUP_BYTES: usize = 64 << 20;

/// A file of rows.
pub(super) struct ParquetRows<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    columns: Vec<(CellType, Vec<Value>)>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> ParquetRows<W> {
    /// A file with these columns, each of which may be empty in a row.
    pub(super) fn new(columns: Vec<(String, CellType)>, writer: W) -> io::Result<Self> {
        let schema = Arc::new(Schema::new(fields(&columns)));
        // Every reader of the format knows Snappy.
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = ArrowWriter::try_new(writer, schema.clone(), Some(properties)).map_err(io::Error::other)?;
        let columns = columns.into_iter().map(|(_, cells)| (cells, Vec::new())).collect();
        Ok(Self { writer, schema, columns, rows: 0, bytes: 0 })
    }

    /// Adds a row.
    pub(super) fn push(&mut self, cells: Vec<Value>) -> io::Result<()> {
        for ((_, column), cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += weight(&cell);
            column.push(cell);
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
        let whole = |(cells, values): &mut (CellType, Vec<Value>)| {
            let values = std::mem::take(values);
            array(cells, &values.iter().map(Some).collect::<Vec<_>>())
        };
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(whole).collect();
        (self.rows, self.bytes) = (0, 0);
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(io::Error::other)?;
        self.writer.write(&batch).map_err(io::Error::other)?;
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(io::Error::other)?;
        }
        Ok(())
    }
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Object(object) => object.values().map(weight).sum(),
        _ => 8,
    }
}

fn fields(columns: &[(String, CellType)]) -> Fields {
    columns.iter().map(|(name, cells)| Field::new(name, data_type(cells), true)).collect()
}

fn data_type(cells: &CellType) -> DataType {
    match cells {
        CellType::Truth => DataType::Boolean,
        CellType::Whole { .. } => DataType::Int64,
        CellType::Number => DataType::Float64,
        CellType::List(items) => DataType::List(item(items)),
        // The format knows no object without keys.
        CellType::Object(keys) if !keys.is_empty() => DataType::Struct(fields(keys)),
        CellType::Nothing | CellType::Text | CellType::Object(_) => DataType::Utf8,
    }
}

fn item(items: &CellType) -> Arc<Field> {
    Arc::new(Field::new_list_field(data_type(items), true))
}

/// The values of a column, null where there is none.
fn array(cells: &CellType, values: &[Option<&Value>]) -> ArrayRef {
    let there = || NullBuffer::from_iter(values.iter().map(|value| value.is_some_and(|value| !value.is_null())));
    match cells {
        CellType::Truth => {
            Arc::new(values.iter().map(|value| value.and_then(Value::as_bool)).collect::<BooleanArray>())
        }
        CellType::Whole { .. } => {
            Arc::new(values.iter().map(|value| value.and_then(Value::as_i64)).collect::<Int64Array>())
        }
        CellType::Number => {
            Arc::new(values.iter().map(|value| value.and_then(Value::as_f64)).collect::<Float64Array>())
        }
        CellType::List(items) => {
            let lists = || values.iter().map(|value| value.and_then(Value::as_array));
            let all: Vec<Option<&Value>> = lists().flatten().flatten().map(Some).collect();
            let ends = OffsetBuffer::from_lengths(lists().map(|list| list.map_or(0, Vec::len)));
            Arc::new(ListArray::new(item(items), ends, array(items, &all), Some(there())))
        }
        CellType::Object(keys) if !keys.is_empty() => {
            let of = |key: &str| values.iter().map(|value| value.and_then(|value| value.get(key))).collect::<Vec<_>>();
            let columns = keys.iter().map(|(key, cells)| array(cells, &of(key))).collect();
            Arc::new(StructArray::new(fields(keys), columns, Some(there())))
        }
        CellType::Nothing | CellType::Text | CellType::Object(_) => {
            Arc::new(values.iter().map(|value| value.and_then(text_of)).collect::<StringArray>())
        }
    }
}
