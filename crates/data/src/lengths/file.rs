//! The table on disk, beside the dataset it was counted for. What cannot be read is counted again.
//!
//! A checksummed file with the magic `TSLENGTH`: the key's length u32 and its bytes; the numbers of rows, answers and failed
//! rows u32; then u32 each: the tokens of every row, the answers up to and with every row, and every answer's first token
//! and the one after its last.

use std::path::Path;

use super::LengthTable;
use crate::checksummed_file::{FileFormat, Reader};
use crate::{TokensFileError, own_file};

const FORMAT: FileFormat = FileFormat { magic: b"TSLENGTH", version: 1 };
/// Enough for fifty million rows.
const LONGEST: u64 = 1 << 30;

impl LengthTable {
    /// Writes the table atomically. The key says what was counted: the rows, the model and what is learned.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, key: &str) -> Result<(), TokensFileError> {
        let written = FORMAT.write(path, |bytes| {
            let mut add = |number: u32| bytes.extend(number.to_le_bytes());
            add(key.len() as u32);
            bytes.extend(key.as_bytes());
            let mut add = |number: u32| bytes.extend(number.to_le_bytes());
            [self.tokens.len() as u32, self.answers.len() as u32, self.failed].into_iter().for_each(&mut add);
            self.tokens.iter().chain(&self.answers_until).copied().for_each(&mut add);
            self.answers.iter().flat_map(|answer| [answer.start, answer.end]).for_each(&mut add);
        });
        written.map_err(|reason| TokensFileError::Io { path: path.into(), reason })
    }

    /// The table that was written under this key; none where there is none, it was for something else, or it is damaged.
    pub fn read(path: &Path, key: &str) -> Option<Self> {
        let bytes = own_file::read(path, LONGEST).ok()?;
        let mut reader = FORMAT.open(&bytes).ok()?;
        let length = reader.u32()? as usize;
        if reader.take(length)? != key.as_bytes() {
            return None;
        }
        table(&mut reader).filter(|table| reader.is_empty() && table.fits())
    }

    /// Whether its parts are consistent.
    fn fits(&self) -> bool {
        let ordered = self.answers_until.is_sorted()
            && self.answers_until.last().is_none_or(|last| *last as usize == self.answers.len());
        ordered
            && self.failed as usize <= self.tokens.len()
            && (!self.answers_until.is_empty() || self.answers.is_empty())
            && self.answers.iter().all(|answer| answer.start < answer.end)
    }
}

fn table(reader: &mut Reader) -> Option<LengthTable> {
    let (rows, answers, failed) = (reader.u32()? as usize, reader.u32()? as usize, reader.u32()?);
    let (tokens, answers_until) = (reader.u32s(rows)?, reader.u32s(rows)?);
    let ends = reader.u32s(answers.checked_mul(2)?)?;
    let answers = ends.chunks_exact(2).map(|ends| ends[0]..ends[1]).collect();
    Some(LengthTable { tokens, answers_until, answers, failed })
}
