//! How rows of a JSON file are numbered: by their lines, or, where several share one line, by their position.

use std::io;

use crate::record::{Record, Sink};

/// Numbers rows by line, or by position if the first two rows share a line.
#[derive(Default)]
pub(super) struct RowNumbers {
    rows: u64,
    /// The first row, until the second has come.
    first: Option<Record>,
    are_numbers: bool,
}

impl RowNumbers {
    /// Hands a row on; the first waits for the second.
    pub(super) fn push(&mut self, mut record: Record, sink: &mut Sink) -> io::Result<()> {
        self.rows += 1;
        if self.rows == 1 {
            self.first = Some(record);
            return Ok(());
        }
        if let Some(mut first) = self.first.take() {
            self.are_numbers = first.line == record.line;
            if self.are_numbers {
                first.line = 1;
            }
            sink(first)?;
        }
        if self.are_numbers {
            record.line = self.rows;
        }
        sink(record)
    }

    /// Hands on what still waits.
    pub(super) fn finish(&mut self, sink: &mut Sink) -> io::Result<()> {
        self.first.take().map_or(Ok(()), sink)
    }
}
