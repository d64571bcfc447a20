//! The cells of one row of a sheet as JSON: what a person sees there, without the format of a country.

use std::io;

use calamine::{Data, ExcelDateTime};
use serde_json::{Number, Value};
use tunesmith_sentence::say;

use crate::parquet_rows::Failed;

/// The columns that a sheet can have.
const MOST_COLUMNS: u32 = 16_384;

/// One row of a sheet.
pub(super) struct Row {
    number: u32,
    cells: Vec<Value>,
    bytes: usize,
}

impl Row {
    /// An empty row of this number, from 0.
    pub(super) fn new(number: u32) -> Self {
        Self { number, cells: Vec::new(), bytes: 0 }
    }

    /// Its number, from 0.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// About how long it is as JSON.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Puts a value into a column, counted from 0; blank texts are no value.
    pub(super) fn put(&mut self, column: u32, value: Value) -> Result<(), Failed> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        if column >= MOST_COLUMNS {
            return Err(Failed::File(say!(
                "import-workbook-columns",
                "a row of its sheet has more than {limit} columns",
                limit = MOST_COLUMNS
            )));
        }
        let column = column as usize;
        if column >= self.cells.len() {
            self.bytes += (column + 1 - self.cells.len()) * "null,".len();
            self.cells.resize(column + 1, Value::Null);
        }
        self.bytes += value.as_str().map_or(32, str::len);
        self.cells[column] = value;
        Ok(())
    }

    /// Its number from 1, then its cells, as a list.
    pub(super) fn json(&self) -> io::Result<Vec<u8>> {
        let mut text = format!("[{}", self.number + 1).into_bytes();
        for value in &self.cells {
            text.push(b',');
            serde_json::to_writer(&mut text, value)?;
        }
        text.push(b']');
        Ok(text)
    }
}

/// What a cell holds; an error of a formula is a list with its name.
pub(super) fn cell(value: &Data) -> Value {
    match value {
        Data::Empty => Value::Null,
        Data::String(text) | Data::DurationIso(text) => text.as_str().into(),
        Data::Bool(truth) => (*truth).into(),
        Data::Int(number) => (*number).into(),
        Data::Float(number) => as_shown(*number),
        Data::DateTime(moment) => moment_text(moment).into(),
        Data::DateTimeIso(text) => text.replacen('T', " ", 1).into(),
        Data::Error(error) => vec![error.to_string()].into(),
    }
}

/// A number in 15 digits, as a spreadsheet shows it at most, and without a point where it is whole.
fn as_shown(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    if number.fract() == 0.0 && number.abs() < EXACT {
        return (number as i64).into();
    }
    let shown = format!("{number:.14e}").parse().unwrap_or(number);
    Number::from_f64(shown).map_or(Value::Null, Value::Number)
}

/// A moment in ISO's order: the day, the time of day, or both; a length of time in hours.
fn moment_text(moment: &ExcelDateTime) -> String {
    const DAY_MS: f64 = 86_400_000.0;
    let value = moment.as_f64();
    if moment.is_duration() {
        let all = (value.abs() * DAY_MS).round() as u64;
        let sign = if value < 0.0 { "-" } else { "" };
        let (hours, minutes, seconds) = (all / 3_600_000, all / 60_000 % 60, all / 1000 % 60);
        return format!("{sign}{hours}:{minutes:02}:{seconds:02}{}", fraction(all % 1000));
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}{}", fraction(milli.into()));
    let has_time = (hour, minute, second, milli) != (0, 0, 0, 0);
    match (value < 1.0, has_time) {
        (true, _) => time,
        (false, false) => format!("{year:04}-{month:02}-{day:02}"),
        (false, true) => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

fn fraction(milli: u64) -> String {
    if milli == 0 { String::new() } else { format!(".{milli:03}") }
}
