//! Writes a row of Arrow columns as a JSON object. Dates, times, durations and decimals become text, and classes their names;
//! binary data, and types that JSON does not have, are left out.

use std::collections::HashSet;
use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowTemporalType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::meaning::{Features, Meaning};
use super::times::{duration, zone};
use crate::record::LONGEST_NAME;

/// Deeper cells than this are left out.
const DEEPEST: usize = 32;

/// As much of a column's name as the reader needs to see that it is too long: it stands in each row.
fn some_of(name: &str) -> &str {
    name.char_indices().nth(LONGEST_NAME + 1).map_or(name, |(end, _)| &name[..end])
}

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
    pub(super) fn write_row(&mut self, batch: &RecordBatch, row: usize, schema: &Schema, features: &Features) {
        self.text.clear();
        self.text.push(b'{');
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            self.comma(b'{');
            self.string(some_of(field.name()));
            self.text.push(b':');
            self.left_out = false;
            let noted_type = schema.field_with_name(field.name()).ok().map(Field::data_type);
            self.cell(column, row, 0, Meaning { noted_type, feature: features.column(field.name()) });
            if self.left_out && self.told.insert(field.name().clone()) {
                self.without_text.push(some_of(field.name()).to_owned());
            }
        }
        self.text.push(b'}');
    }

    fn cell(&mut self, array: &dyn Array, row: usize, depth: usize, meaning: Meaning) {
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
            DataType::List(_) => self.list(&array.as_list::<i32>().value(row), depth, meaning.of_items()),
            DataType::LargeList(_) => self.list(&array.as_list::<i64>().value(row), depth, meaning.of_items()),
            DataType::FixedSizeList(..) => self.list(&array.as_fixed_size_list().value(row), depth, meaning.of_items()),
            DataType::Struct(_) => match meaning.of_objects() {
                Some(inside) => self.objects(array, row, depth, inside),
                None => self.object(array, row, depth, meaning),
            },
            DataType::Map(..) => self.map(array, row, depth),
            DataType::Dictionary(key, _) => match key.as_ref() {
                DataType::Int8 => self.entry::<Int8Type>(array, row, depth, meaning),
                DataType::Int16 => self.entry::<Int16Type>(array, row, depth, meaning),
                DataType::Int32 => self.entry::<Int32Type>(array, row, depth, meaning),
                DataType::Int64 => self.entry::<Int64Type>(array, row, depth, meaning),
                DataType::UInt8 => self.entry::<UInt8Type>(array, row, depth, meaning),
                DataType::UInt16 => self.entry::<UInt16Type>(array, row, depth, meaning),
                DataType::UInt32 => self.entry::<UInt32Type>(array, row, depth, meaning),
                _ => self.entry::<UInt64Type>(array, row, depth, meaning),
            },
            _ => self.number_or_time(array, row, meaning),
        }
    }

    fn number_or_time(&mut self, array: &dyn Array, row: usize, meaning: Meaning) {
        match array.data_type() {
            DataType::Int64 if self.class_or_duration(array.as_primitive::<Int64Type>().value(row), meaning) => {}
            DataType::Duration(unit) => self.string(&duration(ticks(array, row, *unit), *unit)),
            DataType::Timestamp(unit, Some(zone)) => {
                let zone = match meaning.noted_type {
                    Some(DataType::Timestamp(_, Some(noted))) => noted,
                    _ => zone,
                };
                self.moment_in(array, row, *unit, zone);
            }
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

    /// A number that means a class or a duration, and whether it was written.
    fn class_or_duration(&mut self, number: i64, meaning: Meaning) -> bool {
        match (meaning.label(number), meaning.noted_type) {
            (Some(name), _) => self.string(name),
            (_, Some(DataType::Duration(unit))) => self.string(&duration(number, *unit)),
            _ => return false,
        }
        true
    }

    /// The value that an entry of a dictionary stands for.
    fn entry<T: ArrowDictionaryKeyType>(&mut self, array: &dyn Array, row: usize, depth: usize, meaning: Meaning) {
        let dictionary = array.as_dictionary::<T>();
        match dictionary.key(row).filter(|key| *key < dictionary.values().len()) {
            Some(key) => self.cell(dictionary.values(), key, depth + 1, meaning),
            None => self.null(),
        }
    }

    fn list(&mut self, items: &dyn Array, depth: usize, meaning: Meaning) {
        self.text.push(b'[');
        for row in 0..items.len() {
            self.comma(b'[');
            self.cell(items, row, depth + 1, meaning);
        }
        self.text.push(b']');
    }

    /// Fields that are null are left out: a column has one kind of object, but rows write only what they have.
    fn object(&mut self, array: &dyn Array, row: usize, depth: usize, meaning: Meaning) {
        let array = array.as_struct();
        self.text.push(b'{');
        for (field, column) in array.fields().iter().zip(array.columns()) {
            if !column.is_null(row) {
                self.comma(b'{');
                self.string(field.name());
                self.text.push(b':');
                self.cell(column, row, depth + 1, meaning.of_field(field.name()));
            }
        }
        self.text.push(b'}');
    }

    /// A list of objects that is stored as an object of lists.
    fn objects(&mut self, array: &dyn Array, row: usize, depth: usize, meaning: Meaning) {
        let array = array.as_struct();
        let lists = array.fields().iter().zip(array.columns()).map(|(field, column)| {
            let list = column.as_list_opt::<i32>().filter(|list| !list.is_null(row))?;
            Some((field.name(), list.value(row)))
        });
        let Some(lists) = lists.collect::<Option<Vec<_>>>() else { return self.object(array, row, depth, meaning) };
        let length = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(0);
        self.text.push(b'[');
        for item in 0..length {
            self.comma(b'[');
            self.text.push(b'{');
            for (name, list) in lists.iter().filter(|(_, list)| item < list.len() && !list.is_null(item)) {
                self.comma(b'{');
                self.string(name);
                self.text.push(b':');
                self.cell(list, item, depth + 1, meaning.of_field(name));
            }
            self.text.push(b'}');
        }
        self.text.push(b']');
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
            self.cell(values, row, depth + 1, Meaning::default());
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

    /// A moment with the offset of its time zone.
    fn moment_in(&mut self, array: &dyn Array, row: usize, unit: TimeUnit, name: &str) {
        let Some(zone) = zone(name) else { return self.leave_out() };
        let moment = match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value_as_datetime_with_tz(row, zone),
            TimeUnit::Millisecond => {
                array.as_primitive::<TimestampMillisecondType>().value_as_datetime_with_tz(row, zone)
            }
            TimeUnit::Microsecond => {
                array.as_primitive::<TimestampMicrosecondType>().value_as_datetime_with_tz(row, zone)
            }
            TimeUnit::Nanosecond => {
                array.as_primitive::<TimestampNanosecondType>().value_as_datetime_with_tz(row, zone)
            }
        };
        self.text_of(moment.map(|moment| moment.format("%Y-%m-%d %H:%M:%S%.f%:z")));
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

/// The number of units in a duration.
fn ticks(array: &dyn Array, row: usize, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<DurationSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<DurationMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<DurationMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<DurationNanosecondType>().value(row),
    }
}
