//! How a row begins in its file. It is kept for those rows that cannot be used, so that one sees what stood there also
//! when the file is long gone.

use csv::ByteRecord;

/// What is kept of a row at most, in bytes: what is wrong with longer ones shows at their beginning.
const MOST: usize = 4000;

/// The first bytes of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Beginning {
    bytes: Vec<u8>,
    cut: bool,
}

impl Beginning {
    /// Of a whole row; the space around it says nothing.
    pub(super) fn of(row: &[u8]) -> Self {
        let row = row.trim_ascii();
        Self { bytes: row[..row.len().min(MOST)].to_vec(), cut: row.len() > MOST }
    }

    /// The cells of a table's row, written as they would stand in the file.
    pub(super) fn of_cells(record: &ByteRecord, delimiter: u8) -> Self {
        let mut row = Vec::with_capacity(record.as_slice().len().min(MOST) + record.len());
        for (number, cell) in record.iter().enumerate() {
            if row.len() > MOST {
                break;
            }
            if number > 0 {
                row.push(delimiter);
            }
            let cell = &cell[..cell.len().min(MOST + 1)];
            if memchr::memchr3(delimiter, b'"', b'\n', cell).is_none() {
                row.extend(cell);
                continue;
            }
            row.push(b'"');
            cell.iter().for_each(|byte| row.extend(std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 })));
            row.push(b'"');
        }
        Self::of(&row)
    }

    /// As text, and whether the end is missing. What is no text shows as the replacement character.
    pub(crate) fn into_text(mut self) -> (String, bool) {
        if self.cut
            && let Err(error) = std::str::from_utf8(&self.bytes)
            && error.error_len().is_none()
        {
            // The cut went through a character.
            self.bytes.truncate(error.valid_up_to());
        }
        (String::from_utf8_lossy(&self.bytes).into_owned(), self.cut)
    }
}
