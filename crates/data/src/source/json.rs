//! JSON rows: one per line, or the elements of one long list, each parsed on its own so that a bad row costs only
//! itself.

use std::io;

use serde_json::Value;

use super::input::Input;
use super::lines::{Line, next_line};
use super::{Bad, Beginning, LONGEST_ROW, Object, Record, Sink, is_crowded};

/// Reads JSON Lines.
pub(super) fn read_lines(input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        match next_line(input, &mut bytes)? {
            Line::End => break,
            Line::TooLong => sink(Record::row(line, Beginning::of(&bytes), Err(Bad::too_long())))?,
            Line::Whole if bytes.iter().all(u8::is_ascii_whitespace) => {}
            Line::Whole => sink(Record::row(line, Beginning::of(&bytes), object(&bytes)))?,
        }
    }
    Ok(())
}

/// What separates rows.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Between {
    /// The rows are elements of one list.
    Commas,
    /// The same, and the list is a field of an object whose other fields do not matter.
    CommasInField,
    /// The rows follow each other.
    Nothing,
}

/// Reads JSON values that span lines.
pub(super) fn read_values(input: &mut Input, between: Between, sink: &mut Sink) -> io::Result<()> {
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
    place: Place,
    depth: usize,
    in_string: bool,
    escaped: bool,
    line: u64,
    start_line: u64,
    value: Vec<u8>,
    too_long: bool,
}

#[derive(PartialEq)]
enum Place {
    BeforeList,
    Rows,
    AfterList,
}

impl Splitter {
    fn new(between: Between) -> Self {
        let place = if between == Between::Nothing { Place::Rows } else { Place::BeforeList };
        let (depth, line, start_line) = (0, 1, 1);
        let (in_string, escaped, too_long) = (false, false, false);
        Self { between, place, depth, in_string, escaped, line, start_line, value: Vec::new(), too_long }
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
        if !self.is_outside() {
            let room = LONGEST_ROW.saturating_sub(self.value.len());
            self.too_long |= bytes.len() > room;
            self.value.extend(&bytes[..bytes.len().min(room)]);
        }
    }

    /// Whether this place is in the object around the list.
    fn is_outside(&self) -> bool {
        self.place == Place::BeforeList || (self.place == Place::AfterList && self.between == Between::CommasInField)
    }

    fn push(&mut self, byte: u8, sink: &mut Sink) -> io::Result<()> {
        self.line += u64::from(byte == b'\n');
        let outside = self.is_outside();
        if self.in_string {
            if !outside {
                self.keep(byte);
            }
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return Ok(());
        }
        if outside {
            self.in_string = byte == b'"';
            if byte == b'[' && self.place == Place::BeforeList {
                self.place = Place::Rows;
            }
            return Ok(());
        }
        let list = self.between != Between::Nothing && self.place == Place::Rows;
        match byte {
            b',' if list && self.depth == 0 => self.end_row(sink)?,
            b']' if list && self.depth == 0 => {
                self.end_row(sink)?;
                self.place = Place::AfterList;
            }
            b'\n' if self.depth == 0 && self.between == Between::Nothing => self.end_row(sink)?,
            byte if byte.is_ascii_whitespace() && self.value.is_empty() => {}
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
        let body = if self.too_long { Err(Bad::too_long()) } else { object(&self.value) };
        sink(Record::row(self.start_line, Beginning::of(&self.value), body))?;
        self.value.clear();
        self.too_long = false;
        Ok(())
    }

    fn finish(mut self, sink: &mut Sink) -> io::Result<()> {
        let open = self.in_string || self.depth > 0;
        if open && self.place != Place::AfterList {
            let message = "This row starts here and never ends: a bracket or quote is missing, or the file was cut";
            let bad = Bad::new("invalid_json", message);
            return sink(Record::row(self.start_line, Beginning::of(&self.value), Err(bad)));
        }
        self.end_row(sink)?;
        if self.place == Place::Rows && self.between != Between::Nothing {
            let message = "The list is not closed: the file may have been cut, and rows after this line are missing";
            sink(Record::remark(self.line, Bad::new("list_not_closed", message)))?;
        }
        Ok(())
    }
}

pub(super) fn object(bytes: &[u8]) -> Result<Object, Bad> {
    if is_crowded(bytes) {
        return Err(Bad::crowded());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => {
            let message = format!("This row is {}, not an object with named columns", name(&other));
            Err(Bad::new("data_type", message))
        }
        Err(_) if std::str::from_utf8(bytes).is_err() => Err(Bad::invalid_utf8()),
        Err(_) if bytes.contains(&0) => Err(Bad::nul_byte()),
        Err(error) => {
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            let message = format!("This row is not valid JSON: {what}, at character {} of the row", error.column());
            Err(Bad::new("invalid_json", message))
        }
    }
}

/// What a JSON value is, for people.
pub(crate) fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
