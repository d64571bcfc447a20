//! Plain text: each block of lines between blank lines is a row.

use std::io;

use serde_json::Value;

use super::input::Input;
use super::lines::{Line, next_line};
use super::{Bad, Beginning, LONGEST_ROW, Object, Record, Sink};

/// Reads the blocks of a text.
pub(super) fn read(input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut block = Block { start: 0, text: Vec::new(), too_long: false };
    for line in 1.. {
        match next_line(input, &mut bytes)? {
            Line::End => break,
            Line::Whole if bytes.iter().all(u8::is_ascii_whitespace) => block.end(sink)?,
            Line::Whole => block.add(line, &bytes),
            Line::TooLong => {
                block.add(line, b"");
                block.too_long = true;
            }
        }
    }
    block.end(sink)
}

struct Block {
    /// The line it starts on; 0 between blocks.
    start: u64,
    text: Vec<u8>,
    too_long: bool,
}

impl Block {
    fn add(&mut self, line: u64, bytes: &[u8]) {
        if self.start == 0 {
            self.start = line;
        } else {
            self.text.push(b'\n');
        }
        self.too_long |= self.text.len() + bytes.len() > LONGEST_ROW;
        if !self.too_long {
            self.text.extend(bytes);
        }
    }

    fn end(&mut self, sink: &mut Sink) -> io::Result<()> {
        let line = std::mem::take(&mut self.start);
        if line == 0 {
            return Ok(());
        }
        let too_long = std::mem::take(&mut self.too_long);
        let beginning = Beginning::of(&self.text);
        let body = match String::from_utf8(std::mem::take(&mut self.text)) {
            _ if too_long => Err(Bad::too_long()),
            Err(_) => Err(Bad::invalid_utf8()),
            Ok(text) if text.contains('\0') => Err(Bad::nul_byte()),
            Ok(text) => Ok(Object::from_iter([("text".to_owned(), Value::String(text))])),
        };
        sink(Record::row(line, beginning, body))
    }
}
