//! Reads a file line by line, and keeps at most the longest permitted row of each in memory.

use std::io;

use super::input::Input;
use crate::record::LONGEST_ROW;

/// A line, or the lack of one.
pub(super) enum Line {
    /// A line without its end.
    Whole,
    /// A line over the limit; only its beginning was kept.
    TooLong,
    /// There is no further line.
    End,
}

/// Reads the next line into `line`.
pub(super) fn next_line(input: &mut Input, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let mut length = 0usize;
    loop {
        let ready = input.ready()?;
        if ready.is_empty() {
            let nothing = length == 0;
            return Ok(if nothing { Line::End } else { finish(line, length) });
        }
        let end = memchr::memchr(b'\n', ready);
        let part = &ready[..end.unwrap_or(ready.len())];
        length += part.len();
        line.extend(&part[..part.len().min((LONGEST_ROW + 1).saturating_sub(line.len()))]);
        let taken = part.len() + usize::from(end.is_some());
        input.consume(taken);
        if end.is_some() {
            return Ok(finish(line, length));
        }
    }
}

/// Skips empty lines quickly and returns their number: a file may be half a gigabyte of nothing else. Also for files whose
/// lines end with a lone carriage return.
pub(super) fn skip_empty(input: &mut Input) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let ready = input.ready()?;
        let empty = ready.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(ready.len());
        if empty == 0 {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', &ready[..empty]).count() as u64;
        input.consume(empty);
    }
}

fn finish(line: &mut Vec<u8>, length: usize) -> Line {
    if length > LONGEST_ROW {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Line::Whole
}
