//! JSON rows: one per line, or (in `values`) the elements of long lists. Each is parsed on its own, so that a bad row costs
//! only itself.

mod exact;
mod mend;
mod row;
mod row_numbers;
mod unfolded;
mod values;

use std::io;

use super::input::Input;
use super::lines::{Line, next_line, skip_empty};
use crate::record::{Beginning, Problem, Record, Sink};
pub(super) use row::{object, row};
pub(super) use unfolded::unfolded;
pub(super) use values::read_values;

/// What separates rows.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Between {
    /// The rows are elements of one list.
    Commas,
    /// The rows are elements of lists in the fields of an object, whose other fields are skipped.
    CommasInFields,
    /// The rows follow each other.
    Nothing,
}

/// Reads JSON Lines, also those with a comma after each row.
pub(super) fn read_lines(input: &mut Input, sink: &mut Sink) -> io::Result<()> {
    let (mut bytes, mut line) = (Vec::new(), 0);
    loop {
        line += skip_empty(input)? + 1;
        match next_line(input, &mut bytes)? {
            Line::End => break,
            Line::TooLong => sink(Record::row(line, Beginning::of(&bytes), Err(Problem::too_long())))?,
            Line::Whole if bytes.iter().all(u8::is_ascii_whitespace) => {}
            Line::Whole => sink(row(line, without_comma(&bytes)))?,
        }
    }
    Ok(())
}

/// A line without the comma that separates it from the next one as in a list.
pub(super) fn without_comma(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    line.strip_suffix(b",").unwrap_or(line)
}
