//! JSON values that span lines: the elements of a list, of the lists in an object, or values one after another. Splits the
//! byte stream into rows; parsing each is left to `row`.

mod fields;
mod problems;

use std::collections::HashSet;
use std::io;

use super::Between;
use super::row::row;
use super::row_numbers::RowNumbers;
use crate::is_named_for_holding_out;
use crate::record::{Beginning, LONGEST_ROW, Problem, Record, Sink};
use crate::source::input::Input;
use fields::Fields;
use problems::{endless_row, left_out_list, list_not_closed, list_not_held_out};

/// A name in the object around the lists is kept up to this many bytes.
const LONGEST_NAME: usize = 200;

/// Reads JSON values that span lines.
pub(in crate::source) fn read_values(input: &mut Input, between: Between, sink: &mut Sink) -> io::Result<()> {
    let mut splitter = Splitter::new(between);
    loop {
        let ready = input.ready()?;
        if ready.is_empty() {
            break;
        }
        splitter.push_all(ready, sink)?;
        let taken = ready.len();
        input.consume(taken);
    }
    splitter.finish(sink)
}

/// Cuts a byte stream into JSON values by counting brackets outside strings.
struct Splitter {
    between: Between,
    position: Position,
    /// Open brackets: of the row within rows, else of what is around them.
    depth: usize,
    in_string: bool,
    escaped: bool,
    line: u64,
    start_line: u64,
    value: Vec<u8>,
    too_long: bool,
    /// The text that stood last around the rows: the name of the list that begins.
    name: Vec<u8>,
    /// Those of the object around the lists.
    fields: Fields,
    /// The name of the first list of rows.
    first_name: Option<String>,
    /// The list that is read has given no row.
    is_first: bool,
    /// The columns of the first row of the first list.
    columns: Option<HashSet<String>>,
    row_numbers: RowNumbers,
}

#[derive(Clone, Copy, PartialEq)]
enum Position {
    /// Before a list of rows, and in the object around such lists.
    Around,
    Rows,
    AfterList,
}

impl Splitter {
    fn new(between: Between) -> Self {
        Self {
            between,
            position: if between == Between::Nothing { Position::Rows } else { Position::Around },
            depth: 0,
            in_string: false,
            escaped: false,
            line: 1,
            start_line: 1,
            value: Vec::new(),
            too_long: false,
            name: Vec::new(),
            fields: Fields::default(),
            first_name: None,
            is_first: true,
            columns: None,
            row_numbers: RowNumbers::default(),
        }
    }

    fn push_all(&mut self, mut bytes: &[u8], sink: &mut Sink) -> io::Result<()> {
        loop {
            if self.in_string && !self.escaped {
                let plain = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                self.keep_all(&bytes[..plain]);
                bytes = &bytes[plain..];
            }
            let Some((byte, rest)) = bytes.split_first() else { return Ok(()) };
            self.push(*byte, sink)?;
            bytes = rest;
        }
    }

    /// Takes a part of a string without quotes and backslashes.
    fn keep_all(&mut self, bytes: &[u8]) {
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        if self.position == Position::Around {
            let room = LONGEST_NAME.saturating_sub(self.name.len());
            self.name.extend(&bytes[..bytes.len().min(room)]);
            return;
        }
        let room = LONGEST_ROW.saturating_sub(self.value.len());
        self.too_long |= bytes.len() > room;
        self.value.extend(&bytes[..bytes.len().min(room)]);
    }

    fn push(&mut self, byte: u8, sink: &mut Sink) -> io::Result<()> {
        self.line += u64::from(byte == b'\n');
        if self.in_string {
            if self.position != Position::Around {
                self.keep(byte);
            }
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return Ok(());
        }
        if self.position == Position::Around {
            self.push_around(byte);
            return Ok(());
        }
        let list = self.between != Between::Nothing && self.position == Position::Rows;
        let between = self.depth == 0;
        match byte {
            byte if byte.is_ascii_whitespace() && self.value.is_empty() => {}
            b',' if between && (list || self.value.is_empty()) => self.end_row(sink)?,
            b']' if list && between => {
                self.end_row(sink)?;
                self.end_list();
            }
            b'\n' if between && self.between == Between::Nothing => self.end_row(sink)?,
            _ if self.value.is_empty() && self.is_no_row(byte) => self.leave_list(byte),
            b'}' | b']' => {
                self.keep(byte);
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && self.between == Between::Nothing {
                    self.end_row(sink)?;
                }
            }
            _ => {
                self.keep(byte);
                self.depth += usize::from(matches!(byte, b'{' | b'['));
                self.in_string = byte == b'"';
            }
        }
        Ok(())
    }

    /// Takes a byte, outside strings, of what is around the rows.
    fn push_around(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                self.name.clear();
            }
            b':' if self.depth == 1 => self.fields.begin(&self.name),
            b',' if self.depth == 1 => self.fields.end(),
            b'[' if self.between == Between::Commas || self.depth == 1 => {
                (self.position, self.depth, self.is_first) = (Position::Rows, 0, true);
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                if self.depth == 1 {
                    self.fields.end();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// Whether a list in an object begins with something that is no row, and so is none of rows.
    fn is_no_row(&self, byte: u8) -> bool {
        self.between == Between::CommasInFields && self.is_first && byte != b'{'
    }

    fn leave_list(&mut self, byte: u8) {
        // Within the list within the object.
        (self.position, self.depth) = (Position::Around, 2);
        self.push_around(byte);
    }

    fn end_list(&mut self) {
        self.fields.is_read();
        (self.position, self.depth) = match self.between {
            Between::CommasInFields => (Position::Around, 1),
            _ => (Position::AfterList, 0),
        };
    }

    fn keep(&mut self, byte: u8) {
        if self.value.is_empty() {
            self.start_line = self.line;
        }
        if self.value.len() < LONGEST_ROW {
            self.value.push(byte);
        } else {
            self.too_long = true;
        }
    }

    fn end_row(&mut self, sink: &mut Sink) -> io::Result<()> {
        if self.value.is_empty() {
            return Ok(());
        }
        let record = match self.too_long {
            true => Record::row(self.start_line, Beginning::of(&self.value), Err(Problem::too_long())),
            false => row(self.start_line, &self.value),
        };
        self.value.clear();
        self.too_long = false;
        if self.between == Between::CommasInFields && std::mem::take(&mut self.is_first) {
            let name = String::from_utf8_lossy(&self.name).into_owned();
            self.fields.is_read();
            if !self.are_rows(&record) {
                (self.position, self.depth) = (Position::Around, 2);
                return sink(Record::remark(self.start_line, left_out_list(&name)));
            }
            let first = self.first_name.get_or_insert_with(|| name.clone());
            if is_named_for_holding_out(first) != is_named_for_holding_out(&name) {
                sink(Record::remark(self.start_line, list_not_held_out(first, &name)))?;
            }
        }
        self.row_numbers.push(record, sink)
    }

    /// Whether a list that begins so is one of rows: the first one is, and those that share a column with it.
    fn are_rows(&mut self, first: &Record) -> bool {
        let Ok(row) = &first.body else { return true };
        match &self.columns {
            Some(columns) => row.keys().any(|column| columns.contains(column)),
            None => {
                self.columns = Some(row.keys().cloned().collect());
                true
            }
        }
    }

    fn finish(mut self, sink: &mut Sink) -> io::Result<()> {
        let open = self.in_string || self.depth > 0;
        if open && self.position == Position::Rows {
            let row = Record::row(self.start_line, Beginning::of(&self.value), Err(endless_row()));
            self.row_numbers.push(row, sink)?;
            return self.row_numbers.finish(sink);
        }
        self.end_row(sink)?;
        self.row_numbers.finish(sink)?;
        if (self.position == Position::Rows && self.between != Between::Nothing)
            || (open && self.position == Position::Around)
        {
            sink(Record::remark(self.line, list_not_closed()))?;
        }
        if let Some(remark) = self.fields.remark() {
            sink(Record::remark(self.line, remark))?;
        }
        Ok(())
    }
}
