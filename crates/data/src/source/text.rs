//! Plain text: each block of lines between blank lines is a row. A fenced code block of Markdown is not split.

use std::io;

use serde_json::Value;
use tunesmith_sentence::say;

use super::input::Input;
use super::lines::{Line, next_line, skip_empty};
use crate::record::{Beginning, LONGEST_ROW, Object, Problem, Record, Sink};

/// Reads the blocks of a text.
pub(super) fn read(input: &mut Input, has_fences: bool, sink: &mut Sink) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut block = Block::default();
    let mut line = 0;
    loop {
        // Between blocks empty lines mean nothing.
        line += 1 + if block.start == 0 { skip_empty(input)? } else { 0 };
        match next_line(input, &mut bytes)? {
            Line::End => break,
            Line::Whole if block.fence.is_none() && is_blank(&bytes) => block.end(sink)?,
            Line::Whole => {
                // A fence that nothing closes must not swallow the file.
                if block.is_full(&bytes)
                    && let Some(fence) = block.fence.take()
                {
                    block.end_cut(&fence, sink)?;
                }
                block.add(line, &bytes);
                if has_fences {
                    block.pass_fence(line, &bytes);
                }
            }
            Line::TooLong => {
                block.add(line, b"");
                (block.too_long, block.fence) = (true, None);
            }
        }
    }
    match block.fence.take() {
        Some(fence) => block.end_cut(&fence, sink),
        None => block.end(sink),
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

#[derive(Default)]
struct Block {
    /// The line it starts on; 0 between blocks.
    start: u64,
    text: Vec<u8>,
    too_long: bool,
    /// The code fence that is open.
    fence: Option<Fence>,
}

/// The opening fence of a code block (CommonMark 0.31, section 4.5): three or more of a character, indented by at most
/// three blanks. It ends with at least as many of them and nothing else on a line.
struct Fence {
    line: u64,
    mark: u8,
    length: usize,
}

impl Fence {
    fn opened_by(line: u64, bytes: &[u8]) -> Option<Self> {
        let (mark, length, rest) = marks(bytes)?;
        // What has a backtick behind them is code within a line.
        (mark == b'~' || !rest.contains(&b'`')).then_some(Self { line, mark, length })
    }

    fn is_closed_by(&self, bytes: &[u8]) -> bool {
        marks(bytes).is_some_and(|(mark, length, rest)| mark == self.mark && length >= self.length && is_blank(rest))
    }
}

/// The character of a fence, how often it stands there, and what follows on its line.
fn marks(line: &[u8]) -> Option<(u8, usize, &[u8])> {
    let indent = line.iter().take_while(|byte| **byte == b' ').count();
    let line = &line[indent..];
    let mark = *line.first().filter(|byte| indent < 4 && matches!(byte, b'`' | b'~'))?;
    let length = line.iter().take_while(|byte| **byte == mark).count();
    (length > 2).then(|| (mark, length, &line[length..]))
}

impl Block {
    fn add(&mut self, line: u64, bytes: &[u8]) {
        if self.start == 0 {
            self.start = line;
        } else {
            self.text.push(b'\n');
        }
        self.too_long |= self.is_full(bytes);
        if !self.too_long {
            self.text.extend(bytes);
        }
    }

    /// Whether a line has no room in it.
    fn is_full(&self, line: &[u8]) -> bool {
        self.text.len() + line.len() > LONGEST_ROW
    }

    /// Opens or closes a fence with a line.
    fn pass_fence(&mut self, line: u64, bytes: &[u8]) {
        match &self.fence {
            Some(fence) if fence.is_closed_by(bytes) => self.fence = None,
            Some(_) => {}
            None => self.fence = Fence::opened_by(line, bytes),
        }
    }

    /// Ends a block whose fence is never closed: the text after the fence is split at blank lines like any other.
    fn end_cut(&mut self, fence: &Fence, sink: &mut Sink) -> io::Result<()> {
        let message = say!(
            "row-fence-unclosed",
            "A code fence that begins here is never closed; the text after it is cut at blank lines"
        );
        sink(Record::remark(fence.line, Problem::new("unclosed_fence", message)))?;
        let (start, text) = (std::mem::take(&mut self.start), std::mem::take(&mut self.text));
        for (line, bytes) in (start..).zip(text.split(|byte| *byte == b'\n')) {
            if is_blank(bytes) { self.end(sink)? } else { self.add(line, bytes) }
        }
        self.end(sink)
    }

    fn end(&mut self, sink: &mut Sink) -> io::Result<()> {
        let line = std::mem::take(&mut self.start);
        if line == 0 {
            return Ok(());
        }
        let too_long = std::mem::take(&mut self.too_long);
        let beginning = Beginning::of(&self.text);
        let body = match String::from_utf8(std::mem::take(&mut self.text)) {
            _ if too_long => Err(Problem::too_long()),
            Err(_) => Err(Problem::invalid_utf8()),
            Ok(text) if text.contains('\0') => Err(Problem::nul_byte()),
            Ok(text) => Ok(Object::from_iter([("text".to_owned(), Value::String(text))])),
        };
        sink(Record::row(line, beginning, body))
    }
}
