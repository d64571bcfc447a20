//! Writes a row of Arrow columns as a JSON object. Dates, times and decimals become text; binary data, and types that JSON
//! does not have, are left out.

use std::collections::HashSet;
use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTemporalType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, TimeUnit};

/// Deeper cells than this are left out.
const DEEPEST: usize = 32;

/// A row being written.
#[derive(Default)]
pub(super) struct JsonRow {
    /// The row's JSON.
    pub text: Vec<u8>,
    /// Columns with a cell that was left out, each named once.
    pub without_text: Vec<String>,
    told: HashSet<String>,
    left_out: bool,
}

impl JsonRow {
    /// Writes a row of the batch.
    pub(super) fn write_row(&mut self, batch: &RecordBatch, row: usize) {
        self.text.clear();
        self.text.push(b'{');
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            self.comma(b'{');
            self.string(field.name());
            self.text.push(b':');
            self.left_out = false;
            self.cell(column, row, 0);
            if self.left_out && self.told.insert(field.name().clone()) {
                self.without_text.push(field.name().clone());
            }
        }
        self.text.push(b'}');
    }

    fn cell(&mut self, array: &dyn Array, row: usize, depth: usize) {
        if array.is_null(row) {
            return self.null();
        }
        if depth > DEEPEST {
            return self.leave_out();
        }
        match array.data_type() {
            DataType::Null => self.null(),
            DataType::Boolean => self.write(array.as_boolean().value(row)),
            DataType::Utf8 => self.string(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => self.string(array.as_string::<i64>().value(row)),
            DataType::Utf8View => self.string(array.as_string_view().value(row)),
            DataType::Binary => self.bytes(array.as_binary::<i32>().value(row)),
            DataType::LargeBinary => self.bytes(array.as_binary::<i64>().value(row)),
            DataType::BinaryView => self.bytes(array.as_binary_view().value(row)),
            DataType::List(_) => self.list(&array.as_list::<i32>().value(row), depth),
            DataType::LargeList(_) => self.list(&array.as_list::<i64>().value(row), depth),
            DataType::FixedSizeList(..) => self.list(&array.as_fixed_size_list().value(row), depth),
            DataType::Struct(_) => self.object(array, row, depth),
            DataType::Map(..) => self.map(array, row, depth),
            _ => self.number_or_time(array, row),
        }
    }

    fn number_or_time(&mut self, array: &dyn Array, row: usize) {
        match array.data_type() {
            DataType::Int8 => self.number::<Int8Type>(array, row),
            DataType::Int16 => self.number::<Int16Type>(array, row),
            DataType::Int32 => self.number::<Int32Type>(array, row),
            DataType::Int64 => self.number::<Int64Type>(array, row),
            DataType::UInt8 => self.number::<UInt8Type>(array, row),
            DataType::UInt16 => self.number::<UInt16Type>(array, row),
            DataType::UInt32 => self.number::<UInt32Type>(array, row),
            DataType::UInt64 => self.number::<UInt64Type>(array, row),
            DataType::Float16 => self.float(array.as_primitive::<Float16Type>().value(row).to_f32()),
            DataType::Float32 => self.float(array.as_primitive::<Float32Type>().value(row)),
            DataType::Float64 => self.float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Decimal32(..) => self.decimal::<Decimal32Type>(array, row),
            DataType::Decimal64(..) => self.decimal::<Decimal64Type>(array, row),
            DataType::Decimal128(..) => self.decimal::<Decimal128Type>(array, row),
            DataType::Decimal256(..) => self.decimal::<Decimal256Type>(array, row),
            DataType::Date32 => self.date::<Date32Type>(array, row),
            DataType::Date64 => self.date::<Date64Type>(array, row),
            DataType::Time32(TimeUnit::Second) => self.time::<Time32SecondType>(array, row),
            DataType::Time32(_) => self.time::<Time32MillisecondType>(array, row),
            DataType::Time64(TimeUnit::Microsecond) => self.time::<Time64MicrosecondType>(array, row),
            DataType::Time64(_) => self.time::<Time64NanosecondType>(array, row),
            DataType::Timestamp(TimeUnit::Second, _) => self.moment::<TimestampSecondType>(array, row),
            DataType::Timestamp(TimeUnit::Millisecond, _) => self.moment::<TimestampMillisecondType>(array, row),
            DataType::Timestamp(TimeUnit::Microsecond, _) => self.moment::<TimestampMicrosecondType>(array, row),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => self.moment::<TimestampNanosecondType>(array, row),
            _ => self.leave_out(),
        }
    }

    fn list(&mut self, items: &dyn Array, depth: usize) {
        self.text.push(b'[');
        for row in 0..items.len() {
            self.comma(b'[');
            self.cell(items, row, depth + 1);
        }
        self.text.push(b']');
    }

    /// Fields that are null are left out: a column has one kind of object, but rows write only what they have.
    fn object(&mut self, array: &dyn Array, row: usize, depth: usize) {
        let array = array.as_struct();
        self.text.push(b'{');
        for (field, column) in array.fields().iter().zip(array.columns()) {
            if !column.is_null(row) {
                self.comma(b'{');
                self.string(field.name());
                self.text.push(b':');
                self.cell(column, row, depth + 1);
            }
        }
        self.text.push(b'}');
    }

    fn map(&mut self, array: &dyn Array, row: usize, depth: usize) {
        let entries = array.as_map().value(row);
        let [keys, values] = entries.columns() else { return self.leave_out() };
        let Some(keys) = keys.as_string_opt::<i32>() else { return self.leave_out() };
        self.text.push(b'{');
        for row in 0..entries.len() {
            self.comma(b'{');
            self.string(keys.value(row));
            self.text.push(b':');
            self.cell(values, row, depth + 1);
        }
        self.text.push(b'}');
    }

    fn number<T: ArrowPrimitiveType<Native: std::fmt::Display>>(&mut self, array: &dyn Array, row: usize) {
        self.write(array.as_primitive::<T>().value(row));
    }

    fn float(&mut self, number: impl Into<f64> + std::fmt::Debug + Copy) {
        // JSON has no infinity and no NaN.
        match number.into().is_finite() {
            true => self.write(format_args!("{number:?}")),
            false => self.null(),
        }
    }

    fn decimal<T: DecimalType + ArrowPrimitiveType>(&mut self, array: &dyn Array, row: usize) {
        self.string(&array.as_primitive::<T>().value_as_string(row));
    }

    fn date<T: ArrowTemporalType>(&mut self, array: &dyn Array, row: usize)
    where
        i64: From<T::Native>,
    {
        self.text_of(array.as_primitive::<T>().value_as_date(row));
    }

    fn time<T: ArrowTemporalType>(&mut self, array: &dyn Array, row: usize)
    where
        i64: From<T::Native>,
    {
        self.text_of(array.as_primitive::<T>().value_as_time(row));
    }

    fn moment<T: ArrowTemporalType>(&mut self, array: &dyn Array, row: usize)
    where
        i64: From<T::Native>,
    {
        self.text_of(array.as_primitive::<T>().value_as_datetime(row));
    }

    fn text_of(&mut self, value: Option<impl std::fmt::Display>) {
        match value {
            Some(value) => self.string(&value.to_string()),
            None => self.leave_out(),
        }
    }

    /// Bytes as text, if they are UTF-8: some writers store text so.
    fn bytes(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => self.string(text),
            _ => self.leave_out(),
        }
    }

    fn leave_out(&mut self) {
        self.left_out = true;
        self.null();
    }

    fn null(&mut self) {
        self.write("null");
    }

    fn comma(&mut self, open: u8) {
        if self.text.last() != Some(&open) {
            self.text.push(b',');
        }
    }

    fn string(&mut self, text: &str) {
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.text, text);
    }

    fn write(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.text, "{value}");
    }
}
