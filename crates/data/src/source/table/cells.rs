//! Parses one row of a table: where it ends and what its cells hold. A quote opens a cell only at its beginning, and closes
//! it only before a separator or a line end. What to do about other quotes is left to `rows`.

use memchr::{memchr, memchr3};

use crate::record::MOST_VALUES;

/// The cells of a row.
#[derive(Default)]
pub(super) struct Cells {
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Cells {
    /// How many there are, even beyond what a row may have.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The bytes of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.count = 0;
    }

    fn end(&mut self) {
        self.count += 1;
        if self.ends.len() <= MOST_VALUES {
            self.ends.push(self.text.len());
        }
    }
}

/// What separates cells and how quotes are read.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// An unclosed quote is an ordinary character, as in tables with tabs.
    pub plain_quotes: bool,
}

/// What some bytes begin with.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// A row of so many bytes, its line end included.
    Row { bytes: usize },
    /// A row whose end comes later.
    More,
    /// A row in which the quote at `quote` does not close, as the bytes before `until` show.
    Broken { quote: usize, until: usize, why: BadQuote },
}

/// Why a quote does not close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum BadQuote {
    /// Its line and whatever was read after it have no quote that could close it.
    Unclosed,
    /// The next quote on its line stands in the middle of the text.
    Stray,
}

/// Reads the row that `bytes` begin with into `cells`; `last` says that nothing comes after them.
pub(super) fn read_row(bytes: &[u8], dialect: Dialect, last: bool, cells: &mut Cells) -> Found {
    cells.clear();
    let mut at = 0;
    loop {
        let kept = cells.text.len();
        let end = match bytes.get(at) {
            Some(b'"') => match quoted(bytes, at + 1, dialect.delimiter, last, &mut cells.text) {
                Quoted::Closed { end } => end,
                Quoted::More => return Found::More,
                Quoted::Broken { .. } if dialect.plain_quotes => {
                    cells.text.truncate(kept);
                    plain(bytes, at, dialect.delimiter, &mut cells.text)
                }
                Quoted::Broken { until } => {
                    let of_many_lines = line_length(&bytes[at..until]) < until - at;
                    let why = if of_many_lines || until == bytes.len() { BadQuote::Unclosed } else { BadQuote::Stray };
                    return Found::Broken { quote: at, until, why };
                }
            },
            _ => plain(bytes, at, dialect.delimiter, &mut cells.text),
        };
        cells.end();
        match bytes.get(end) {
            Some(byte) if *byte == dialect.delimiter => at = end + 1,
            None if !last => return Found::More,
            // Its line feed may come later.
            Some(b'\r') if !last && end + 1 == bytes.len() => return Found::More,
            _ => return Found::Row { bytes: end + line_end(&bytes[end..]) },
        }
    }
}

/// Reads the line that `bytes` begin with as cells without quotes.
pub(super) fn read_line(bytes: &[u8], delimiter: u8, cells: &mut Cells) {
    cells.clear();
    let mut at = 0;
    loop {
        let end = plain(bytes, at, delimiter, &mut cells.text);
        cells.end();
        match bytes.get(end) {
            Some(byte) if *byte == delimiter => at = end + 1,
            _ => return,
        }
    }
}

/// How many bytes the line takes that `bytes` begin with, its end included.
pub(super) fn line_length(bytes: &[u8]) -> usize {
    let end = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    end + line_end(&bytes[end..])
}

/// How many bytes the line end takes that `bytes` begin with.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    }
}

/// Keeps what comes before the next separator or line end; where that stands.
fn plain(bytes: &[u8], at: usize, delimiter: u8, text: &mut Vec<u8>) -> usize {
    let end = memchr3(delimiter, b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    text.extend(&bytes[at..end]);
    end
}

enum Quoted {
    Closed {
        end: usize,
    },
    More,
    /// The cell does not end with the quote before `until`.
    Broken {
        until: usize,
    },
}

/// Keeps the text of a cell whose opening quote stands before `at`.
fn quoted(bytes: &[u8], mut at: usize, delimiter: u8, last: bool, text: &mut Vec<u8>) -> Quoted {
    loop {
        let Some(quote) = memchr(b'"', &bytes[at..]).map(|length| at + length) else {
            return if last { Quoted::Broken { until: bytes.len() } } else { Quoted::More };
        };
        text.extend(&bytes[at..quote]);
        let after = quote + 1;
        if bytes.get(after) == Some(&b'"') {
            text.push(b'"');
            at = after + 1;
            continue;
        }
        let blanks = bytes[after..].iter().take_while(|byte| **byte == b' ').count();
        let end = after + blanks;
        return match bytes.get(end) {
            None if !last => Quoted::More,
            Some(byte) if *byte != delimiter && !matches!(byte, b'\n' | b'\r') => Quoted::Broken { until: after },
            _ => {
                text.extend(&bytes[after..end]);
                Quoted::Closed { end }
            }
        };
    }
}
