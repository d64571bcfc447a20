//! The rows of a dataset on disk. `rows.jsonl` only ever grows: imported rows first, then what was edited or added. A
//! version is a list of entries that point into it, so every change is a new, small list, and the old ones stay.

mod list;

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tunesmith_data::{Example, ImportedRow, own_file, row_key};
use tunesmith_protocol::WireError;
use tunesmith_sentence::say;

use super::prompts::mark;
use crate::{errors, format};
use list::hash_row;
pub(crate) use list::{ListReader, ListWriter, Listed, has_rows, last_row_end, read_entries, write_entries};

/// Rows that are read in one go, in bytes: large enough to be fast, small enough to be cancelled soon.
const SPAN: u64 = 4 << 20;
/// The same where rows do not lie behind each other, as after a shuffle.
const FIRST_SPAN: u64 = 8 << 10;

/// Where a row lies, which side it is on, and what it says in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowRef {
    /// Its first byte in `rows.jsonl`.
    pub at: u64,
    /// Its length in bytes, without the line end.
    pub bytes: u32,
    /// Held out for validation.
    pub held_out: bool,
    /// The same for rows that say the same.
    pub key: [u8; 16],
    /// The mark of its system prompt; none in a list of an earlier day.
    pub prompt: Option<u32>,
    /// What its bytes add up to; none where it was imported on an earlier day.
    pub checksum: Option<NonZeroU32>,
}

/// What the bytes of a row add up to, as their CRC-32: a single flipped byte always shows.
fn checksum(row: &[u8]) -> Option<NonZeroU32> {
    // Zero says that there is none.
    NonZeroU32::new(crc32fast::hash(row)).or(Some(NonZeroU32::MIN))
}

/// Writes rows behind those that are there.
pub(crate) struct RowWriter {
    path: PathBuf,
    file: BufWriter<File>,
    at: u64,
    line: Vec<u8>,
    /// Where the file ended before; it ends there again unless the rows are finished.
    start: u64,
    finished: bool,
}

impl RowWriter {
    /// Goes on behind the last row, or begins the file.
    pub fn open(path: &Path) -> Result<Self, WireError> {
        let file = own_file::append(path).map_err(errors::io(path))?;
        let at = file.metadata().map_err(errors::io(path))?.len();
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { path: path.into(), file, at, line: Vec::new(), start: at, finished: false })
    }

    /// Writes a row.
    pub fn push(&mut self, row: &ImportedRow, held_out: bool) -> Result<RowRef, WireError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, row).map_err(errors::unwritable)?;
        let bytes = u32::try_from(self.line.len()).map_err(|_| {
            WireError::invalid(
                say!(
                    "import-row-too-long",
                    "Line {line} of {file} is longer than 4 GB",
                    line = row.line,
                    file = &row.file
                ),
                say!("import-row-too-long-hint", "Leave it out"),
            )
        })?;
        let checksum = checksum(&self.line);
        self.line.push(b'\n');
        self.file.write_all(&self.line).map_err(errors::io(&self.path))?;
        let prompt = Some(mark(&row.example));
        let entry = RowRef { at: self.at, bytes, held_out, key: row_key(&row.example), prompt, checksum };
        self.at += self.line.len() as u64;
        Ok(entry)
    }

    /// Writes a row of another dataset as it lies there.
    pub fn copy(&mut self, row: &[u8], entry: &RowRef) -> Result<RowRef, WireError> {
        let written = self.file.write_all(row).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(errors::io(&self.path))?;
        let copied = RowRef { at: self.at, checksum: checksum(row), ..*entry };
        self.at += row.len() as u64 + 1;
        Ok(copied)
    }

    /// Makes what was written last.
    pub fn finish(mut self) -> Result<(), WireError> {
        self.file.flush().map_err(errors::io(&self.path))?;
        self.finished = true;
        self.file.get_ref().sync_all().map_err(errors::io(&self.path))
    }
}

impl Drop for RowWriter {
    /// What a change has written that was cancelled or has failed is taken back: no version points to it.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Err(error) = take_back(&mut self.file, self.start) {
            tracing::warn!("{} keeps rows of no version: {error}", self.path.display());
        }
    }
}

/// Ends a file where it ended before.
pub(super) fn take_back(file: &mut BufWriter<File>, end: u64) -> std::io::Result<()> {
    file.get_ref().set_len(end)?;
    // What is still buffered would be written when the buffer goes; on a full disk there is room for it only now.
    file.flush()?;
    file.get_ref().set_len(end)
}

/// Reads rows wherever they lie.
pub(crate) struct RowReader {
    path: PathBuf,
    file: File,
    /// The bytes from `start`.
    span: Vec<u8>,
    start: u64,
    /// Bytes to be read in one go.
    step: u64,
}

impl RowReader {
    pub fn open(path: &Path) -> Result<Self, WireError> {
        let file = own_file::open(path).map_err(errors::io(path))?;
        Ok(Self { path: path.into(), file, span: Vec::new(), start: 0, step: FIRST_SPAN })
    }

    /// The row of an entry.
    pub fn row(&mut self, entry: &RowRef) -> Result<ImportedRow, WireError> {
        let path = self.path.clone();
        serde_json::from_slice(self.bytes(entry)?).map_err(|_| damaged(&path, entry))
    }

    /// Its bytes, as they lie in the file and were written to it.
    pub fn bytes(&mut self, entry: &RowRef) -> Result<&[u8], WireError> {
        let end = entry.at + u64::from(entry.bytes);
        if entry.at < self.start || end > self.start + self.span.len() as u64 {
            self.read_span(entry)?;
        }
        let from = (entry.at - self.start) as usize;
        let bytes = self.span.get(from..from + entry.bytes as usize).ok_or_else(|| {
            WireError::invalid(
                say!("dataset-cut-short", "{path} is damaged: it ends before one of its rows", path = &self.path),
                list::import_again(),
            )
        })?;
        match entry.checksum.is_none() || entry.checksum == checksum(bytes) {
            true => Ok(bytes),
            false => Err(damaged(&self.path, entry)),
        }
    }

    /// Reads from the entry's first byte, and the further on the longer rows lie behind each other.
    fn read_span(&mut self, entry: &RowRef) -> Result<(), WireError> {
        let end = self.start + self.span.len() as u64;
        let goes_on = (end..end + self.step).contains(&entry.at) || (self.start..end).contains(&entry.at);
        self.step = if goes_on { (self.step * 2).min(SPAN) } else { FIRST_SPAN };
        self.start = entry.at;
        self.span.clear();
        let wanted = self.step.max(u64::from(entry.bytes));
        self.file.seek(SeekFrom::Start(entry.at)).map_err(errors::io(&self.path))?;
        (&mut self.file).take(wanted).read_to_end(&mut self.span).map_err(errors::io(&self.path))?;
        Ok(())
    }
}

/// A row is not what was written. Without a checksum only a row that cannot be read at all shows that.
fn damaged(path: &Path, entry: &RowRef) -> WireError {
    let hint = match entry.checksum {
        Some(_) => list::import_again(),
        None => say!(
            "dataset-damaged-unchecked-hint",
            "Import the file again: an earlier Tunesmith wrote its rows without checksums, so others may be damaged unnoticed"
        ),
    };
    WireError::invalid(
        say!(
            "dataset-row-damaged",
            "{path} is damaged: the row at byte {at} is not what was written there",
            path,
            at = entry.at
        ),
        hint,
    )
}

/// The hash of a version whose rows are in memory: what each says and on which side it is, in order.
pub(crate) fn version_of_examples(training: &[Example], validation: &[Example]) -> String {
    let mut version = Sha256::new();
    training.iter().for_each(|row| hash_row(&mut version, &row_key(row), false));
    validation.iter().for_each(|row| hash_row(&mut version, &row_key(row), true));
    format::hex(&version.finalize())
}
