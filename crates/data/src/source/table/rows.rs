//! Reads the rows of a table. A row with an unclosed quote ends with the line of that quote, so that one quote costs one
//! row. What the cells mean is left to `table`.

use std::io;

use memchr::{memchr, memchr_iter, memchr3};
use tunesmith_sentence::say;

use super::cells::{BadQuote, Cells, Dialect, Found, line_length, read_line, read_row};
use crate::record::{Beginning, LONGEST_ROW, Problem};
use crate::source::input::Input;

/// The rows of a table that is being read.
pub(super) struct Rows<'a, 'b> {
    input: &'a mut Input<'b>,
    dialect: Dialect,
    /// What was read and is not used up, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    lines: LineCount,
}

/// A row whose cells were read, or why they could not be.
pub(super) struct Row {
    pub line: u64,
    pub beginning: Beginning,
    pub broken: Option<Problem>,
}

impl<'a, 'b> Rows<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, delimiter: u8) -> Self {
        let dialect = Dialect { delimiter, plain_quotes: delimiter == b'\t' };
        let lines = LineCount { line: 1, after_return: false };
        Self { input, dialect, buffer: Vec::new(), start: 0, ended: false, lines }
    }

    /// Passes over so many bytes that are no row.
    pub(super) fn pass(&mut self, bytes: usize) -> io::Result<()> {
        self.fill()?;
        self.take(bytes);
        Ok(())
    }

    /// Reads the next row into `cells`; none at the end.
    pub(super) fn next(&mut self, cells: &mut Cells) -> io::Result<Option<Row>> {
        if !self.pass_blank_lines()? {
            return Ok(None);
        }
        let line = self.lines.line;
        loop {
            let bytes = &self.buffer[self.start..];
            // In a table with tabs a quote that does not close for so long is taken as a character.
            let last = self.ended || (self.dialect.plain_quotes && bytes.len() > LONGEST_ROW);
            match read_row(bytes, self.dialect, last, cells) {
                Found::Row { bytes: length } if length > LONGEST_ROW + 2 => return self.pass_long_row(line).map(Some),
                Found::Row { bytes: length } => {
                    let beginning = Beginning::of(self.take(length));
                    return Ok(Some(Row { line, beginning, broken: None }));
                }
                Found::More if bytes.len() > LONGEST_ROW => return self.pass_long_row(line).map(Some),
                Found::More => self.fill()?,
                Found::Broken { until, .. } if until > LONGEST_ROW => {
                    return self.pass_long_row(line).map(Some);
                }
                Found::Broken { quote, why, .. } => {
                    let line = self.lines.after(&bytes[..quote]);
                    let length = quote + line_length(&bytes[quote..]);
                    read_line(&bytes[..length], self.dialect.delimiter, cells);
                    let beginning = Beginning::of(self.take(length));
                    return Ok(Some(Row { line, beginning, broken: Some(quote_problem(why)) }));
                }
            }
        }
    }

    /// Whether there is more than blank lines.
    fn pass_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            let blank = self.buffer[self.start..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            self.take(blank);
            if self.start < self.buffer.len() {
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Reads on until there is twice as much, so that a long row is not read again for each piece of it.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = self.buffer.len() * 2;
        loop {
            let ready = self.input.ready()?;
            self.ended = ready.is_empty();
            self.buffer.extend(ready);
            let count = ready.len();
            self.input.consume(count);
            if self.ended || self.buffer.len() >= wanted {
                return Ok(());
            }
        }
    }

    /// Uses up so many of the bytes.
    fn take(&mut self, count: usize) -> &[u8] {
        let taken = &self.buffer[self.start..self.start + count];
        self.lines.pass(taken);
        self.start += count;
        taken
    }

    /// Passes over a row that is too long to be held.
    fn pass_long_row(&mut self, line: u64) -> io::Result<Row> {
        let beginning = Beginning::of(&self.buffer[self.start..]);
        let mut position = Position::CellStart;
        loop {
            let rest = &self.buffer[self.start..];
            let end = position.find_end(rest, self.dialect.delimiter);
            let count = end.unwrap_or(rest.len());
            self.take(count);
            if end.is_some() || self.ended {
                break;
            }
            self.fill()?;
        }
        let problem = match position {
            Position::Quoted => endless_quote(),
            _ => Problem::too_long(),
        };
        Ok(Row { line, beginning, broken: Some(problem) })
    }
}

fn quote_problem(why: BadQuote) -> Problem {
    match why {
        BadQuote::Unclosed => {
            let message = say!("row-quote-unclosed", "A quote that begins here is never closed; this line is left out");
            Problem::new("unclosed_quote", message)
        }
        BadQuote::Stray => {
            let message = say!(
                "row-quote-stray",
                "A quote stands in the middle of a cell that begins with a quote; there it must be written twice"
            );
            Problem::new("stray_quote", message)
        }
    }
}

fn endless_quote() -> Problem {
    let message =
        say!("row-quote-endless", "This row never ends: a closing quote is missing; the rows after it cannot be read");
    Problem::new("unclosed_quote", message)
}

/// Where one is in a row that is passed over.
enum Position {
    CellStart,
    Plain,
    Quoted,
    /// After a quote within quotes: the cell's last one, or the first of two.
    AfterQuote,
}

impl Position {
    /// Goes on through `bytes`, to the end of the row if it is among them.
    fn find_end(&mut self, bytes: &[u8], delimiter: u8) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match self {
                Self::Quoted => {
                    at += memchr(b'"', &bytes[at..])? + 1;
                    *self = Self::AfterQuote;
                }
                Self::AfterQuote | Self::CellStart if *byte == b'"' => {
                    at += 1;
                    *self = Self::Quoted;
                }
                _ => {
                    *self = Self::Plain;
                    at += memchr3(delimiter, b'\n', b'\r', &bytes[at..])?;
                    if bytes[at] != delimiter {
                        return Some(at);
                    }
                    at += 1;
                    *self = Self::CellStart;
                }
            }
        }
        None
    }
}

/// Counts lines that end with a line feed, a carriage return or both.
struct LineCount {
    line: u64,
    after_return: bool,
}

impl LineCount {
    fn pass(&mut self, bytes: &[u8]) {
        let Some((first, last)) = bytes.first().zip(bytes.last()) else { return };
        self.line = self.after(bytes) - u64::from(self.after_return && *first == b'\n');
        self.after_return = *last == b'\r';
    }

    /// The line that comes after these bytes, which begin a line.
    fn after(&self, bytes: &[u8]) -> u64 {
        let alone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
        let returns = memchr_iter(b'\r', bytes).filter(alone).count();
        self.line + (memchr_iter(b'\n', bytes).count() + returns) as u64
    }
}
