//! The rows of a dataset on disk. `rows.jsonl` only ever grows: imported rows first, then what was edited or added. A
//! version is a list of entries that point into it, so every change is a new, small list, and the old ones stay.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tunesmith_data::{Example, ImportedRow, row_key};
use tunesmith_protocol::WireError;

use super::prompts::{MARK_BITS, mark};
use crate::{clock, explain};

/// What begins a list of entries.
const MAGIC: &[u8; 8] = b"TSROWS01";
/// The bytes of an entry on disk.
const ENTRY: usize = 32;
const HELD_OUT: u32 = 1;
/// The bits above it are the mark of the row's system prompt; lists of an earlier day have none.
const MARKED: u32 = 2;
/// Rows that are read in one go, in bytes: large enough to be fast, small enough to be cancelled soon.
const SPAN: u64 = 4 << 20;
/// The same where rows do not lie behind each other, as after a shuffle.
const FIRST_SPAN: u64 = 8 << 10;

/// Where a row lies, which side it is on, and what it says in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
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
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(explain::io(path))?;
        let at = file.metadata().map_err(explain::io(path))?.len();
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { path: path.into(), file, at, line: Vec::new(), start: at, finished: false })
    }

    /// Writes a row.
    pub fn push(&mut self, row: &ImportedRow, held_out: bool) -> Result<Entry, WireError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, row).map_err(|error| WireError::internal(error.to_string()))?;
        let bytes = u32::try_from(self.line.len()).map_err(|_| {
            WireError::invalid(format!("Line {} of {} is longer than 4 GB", row.line, row.file), "Leave it out")
        })?;
        self.line.push(b'\n');
        self.file.write_all(&self.line).map_err(explain::io(&self.path))?;
        let prompt = Some(mark(&row.example));
        let entry = Entry { at: self.at, bytes, held_out, key: row_key(&row.example), prompt };
        self.at += self.line.len() as u64;
        Ok(entry)
    }

    /// Writes a row of another dataset as it lies there.
    pub fn copy(&mut self, row: &[u8], entry: &Entry) -> Result<Entry, WireError> {
        let written = self.file.write_all(row).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(explain::io(&self.path))?;
        let copied = Entry { at: self.at, ..*entry };
        self.at += row.len() as u64 + 1;
        Ok(copied)
    }

    /// Makes what was written last.
    pub fn finish(mut self) -> Result<(), WireError> {
        self.file.flush().map_err(explain::io(&self.path))?;
        self.finished = true;
        self.file.get_ref().sync_all().map_err(explain::io(&self.path))
    }
}

impl Drop for RowWriter {
    /// What a change has written that was cancelled or has failed is taken back: no version points to it.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // What is still buffered would be written behind the end when the buffer goes.
        let flushed = self.file.flush();
        if let Err(error) = flushed.and_then(|()| self.file.get_ref().set_len(self.start)) {
            tracing::warn!("{} keeps rows of no version: {error}", self.path.display());
        }
    }
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
        let file = File::open(path).map_err(explain::io(path))?;
        Ok(Self { path: path.into(), file, span: Vec::new(), start: 0, step: FIRST_SPAN })
    }

    /// The row of an entry.
    pub fn row(&mut self, entry: &Entry) -> Result<ImportedRow, WireError> {
        let path = self.path.clone();
        serde_json::from_slice(self.bytes(entry)?).map_err(explain::damaged(&path))
    }

    /// Its bytes, as they lie in the file.
    pub fn bytes(&mut self, entry: &Entry) -> Result<&[u8], WireError> {
        let end = entry.at + u64::from(entry.bytes);
        if entry.at < self.start || end > self.start + self.span.len() as u64 {
            self.read_span(entry)?;
        }
        let from = (entry.at - self.start) as usize;
        self.span.get(from..from + entry.bytes as usize).ok_or_else(|| {
            WireError::invalid(
                format!("{} is damaged: it ends before one of its rows", self.path.display()),
                "Import the file again",
            )
        })
    }

    /// Reads from the entry's first byte, and the further on the longer rows lie behind each other.
    fn read_span(&mut self, entry: &Entry) -> Result<(), WireError> {
        let end = self.start + self.span.len() as u64;
        let goes_on = (end..end + self.step).contains(&entry.at) || (self.start..end).contains(&entry.at);
        self.step = if goes_on { (self.step * 2).min(SPAN) } else { FIRST_SPAN };
        self.start = entry.at;
        self.span.clear();
        let wanted = self.step.max(u64::from(entry.bytes));
        self.file.seek(SeekFrom::Start(entry.at)).map_err(explain::io(&self.path))?;
        (&mut self.file).take(wanted).read_to_end(&mut self.span).map_err(explain::io(&self.path))?;
        Ok(())
    }
}

/// Writes the entries of a version; it is whole or not there.
pub(crate) fn write_entries(path: &Path, entries: &[Entry]) -> Result<(), WireError> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + entries.len() * ENTRY + 32);
    bytes.extend(MAGIC);
    for entry in entries {
        bytes.extend(entry.at.to_le_bytes());
        bytes.extend(entry.bytes.to_le_bytes());
        bytes.extend(flags(entry).to_le_bytes());
        bytes.extend(entry.key);
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    crate::home::write_whole(path, &bytes)
}

fn flags(entry: &Entry) -> u32 {
    let side = if entry.held_out { HELD_OUT } else { 0 };
    side | entry.prompt.map_or(0, |mark| MARKED | mark << (u32::BITS - MARK_BITS))
}

/// Reads the entries of a version.
pub(crate) fn read_entries(path: &Path) -> Result<Vec<Entry>, WireError> {
    let bytes = std::fs::read(path).map_err(explain::io(path))?;
    let damaged = || WireError::invalid(format!("{} is damaged", path.display()), "Import the file again");
    let (body, hash) = bytes.split_at_checked(bytes.len().saturating_sub(32)).ok_or_else(damaged)?;
    let list = body.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
    if Sha256::digest(body).as_slice() != hash || !list.len().is_multiple_of(ENTRY) {
        return Err(damaged());
    }
    let entry = |bytes: &[u8]| -> Option<Entry> {
        let flags = u32::from_le_bytes(bytes[12..16].try_into().ok()?);
        Some(Entry {
            at: u64::from_le_bytes(bytes[0..8].try_into().ok()?),
            bytes: u32::from_le_bytes(bytes[8..12].try_into().ok()?),
            held_out: flags & HELD_OUT != 0,
            key: bytes[16..32].try_into().ok()?,
            prompt: (flags & MARKED != 0).then_some(flags >> (u32::BITS - MARK_BITS)),
        })
    };
    list.chunks_exact(ENTRY).map(entry).collect::<Option<_>>().ok_or_else(damaged)
}

/// The hash of a sequence of rows: what each says and on which side it is, in order.
pub(crate) fn version_of<'a>(rows: impl Iterator<Item = (&'a [u8; 16], bool)>) -> String {
    let mut hash = Sha256::new();
    for (key, held_out) in rows {
        hash.update(key);
        hash.update([u8::from(held_out)]);
    }
    clock::hex(&hash.finalize())
}

/// The same of rows that are in memory.
pub(crate) fn version_of_examples(training: &[Example], validation: &[Example]) -> String {
    let keys: Vec<([u8; 16], bool)> = training
        .iter()
        .map(|row| (row_key(row), false))
        .chain(validation.iter().map(|row| (row_key(row), true)))
        .collect();
    version_of(keys.iter().map(|(key, held_out)| (key, *held_out)))
}
