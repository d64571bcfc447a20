//! The list of a version: which rows it has, in which order, and which of them are held out. It is written and read entry
//! by entry, as millions of them need not fit into memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use tunesmith_data::own_file;
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Sentence, say};

use super::RowRef;
use crate::datasets::prompts::MARK_BITS;
use crate::{errors, format, home};

/// What begins a list of entries.
const MAGIC: &[u8; 8] = b"TSROWS02";
/// What begins one of an earlier day, whose entries have no checksum.
const OLDER: &[u8; 8] = b"TSROWS01";
/// The bytes of an entry on disk.
const ENTRY: usize = 36;
/// Those of an earlier day, with which each entry begins.
const OLDER_ENTRY: usize = 32;
/// The bytes of the hash that ends a list.
const HASH: usize = 32;
/// Bytes that are written or read in one go.
const BUFFER: usize = 1 << 18;
const HELD_OUT: u32 = 1;
/// The bits above it are the mark of the row's system prompt; lists of an earlier day have none.
const MARKED: u32 = 2;

/// A list on its way to the disk.
pub(crate) struct ListWriter {
    folder: PathBuf,
    file: BufWriter<NamedTempFile>,
    /// Of what was written.
    hash: Sha256,
    /// Of the rows, however they lie.
    version: Sha256,
    training_rows: u64,
    validation_rows: u64,
}

/// What a list holds.
pub(crate) struct Listed {
    /// The hash of what the rows say and on which sides they are, in order.
    pub version: String,
    pub training_rows: u64,
    pub validation_rows: u64,
}

impl ListWriter {
    /// Begins a list in a folder, under a name that is swept away should the program end meanwhile.
    pub fn begin(folder: &Path) -> Result<Self, WireError> {
        let file = tempfile::Builder::new().suffix(".tmp").tempfile_in(folder).map_err(errors::io(folder))?;
        let mut list = Self {
            folder: folder.into(),
            file: BufWriter::with_capacity(BUFFER, file),
            hash: Sha256::new(),
            version: Sha256::new(),
            training_rows: 0,
            validation_rows: 0,
        };
        list.write(MAGIC)?;
        Ok(list)
    }

    /// Writes an entry behind the others.
    pub fn push(&mut self, entry: &RowRef) -> Result<(), WireError> {
        hash_row(&mut self.version, &entry.key, entry.held_out);
        match entry.held_out {
            true => self.validation_rows += 1,
            false => self.training_rows += 1,
        }
        self.write(&bytes_of(entry))
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.training_rows + self.validation_rows
    }

    /// Puts the list in its place: it is whole there, or not there.
    pub fn keep(mut self, path: &Path) -> Result<Listed, WireError> {
        let hash = self.hash.clone().finalize();
        self.write(&hash)?;
        let file = self.file.into_inner().map_err(|error| errors::io_at(&self.folder, error.error()))?;
        home::put(file, path)?;
        let version = format::hex(&self.version.finalize());
        Ok(Listed { version, training_rows: self.training_rows, validation_rows: self.validation_rows })
    }

    /// Reads what was written, and keeps nothing of it.
    pub fn read_back(self) -> Result<ListReader, WireError> {
        let left = self.rows();
        let file = self.file.into_inner().map_err(|error| errors::io_at(&self.folder, error.error()))?;
        let (mut file, path) = file.into_parts();
        file.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(errors::io(&path))?;
        let file = BufReader::with_capacity(BUFFER, file);
        Ok(ListReader { path: path.to_path_buf(), file, entry: ENTRY, left, _scratch: Some(path) })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(errors::io(&self.folder))
    }
}

/// The entries of a list, in order.
pub(crate) struct ListReader {
    path: PathBuf,
    file: BufReader<File>,
    /// The bytes of an entry.
    entry: usize,
    /// Entries that were not read yet.
    left: u64,
    /// Goes with the reader.
    _scratch: Option<TempPath>,
}

impl ListReader {
    /// Opens a list that is whole.
    pub fn open(path: &Path) -> Result<Self, WireError> {
        let mut file = own_file::open(path).map_err(errors::io(path))?;
        let bytes = file.metadata().map_err(errors::io(path))?.len();
        let damaged = || WireError::invalid(say!("dataset-list-damaged", "{path} is damaged", path), import_again());
        let list = bytes.checked_sub((MAGIC.len() + HASH) as u64).ok_or_else(damaged)?;
        let entry = entry_bytes(&mut file, bytes - HASH as u64).map_err(errors::io(path))?;
        let entry = entry.filter(|entry| list.is_multiple_of(*entry as u64)).ok_or_else(damaged)?;
        let file = BufReader::with_capacity(BUFFER, file);
        Ok(Self { path: path.into(), file, entry, left: list / entry as u64, _scratch: None })
    }

    /// Entries that are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }
}

impl Iterator for ListReader {
    type Item = Result<RowRef, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut bytes = [0; ENTRY];
        Some(self.file.read_exact(&mut bytes[..self.entry]).map(|()| entry_of(&bytes)).map_err(errors::io(&self.path)))
    }
}

/// Whether a list is as long as one of so many rows.
pub(crate) fn has_rows(path: &Path, rows: u64) -> bool {
    let length = std::fs::metadata(path).map_or(0, |facts| facts.len());
    let of = |entry: usize| (MAGIC.len() + HASH) as u64 + rows.saturating_mul(entry as u64);
    length == of(ENTRY) || length == of(OLDER_ENTRY)
}

/// Where the last row of a list ends in `rows.jsonl`; none where the list has none or cannot be read. The list is not
/// checked, as that takes reading all of it.
pub(crate) fn last_row_end(path: &Path) -> Option<u64> {
    let mut file = own_file::open(path).ok()?;
    let mut begins = [0; MAGIC.len()];
    file.read_exact(&mut begins).ok()?;
    let entry = if begins == *OLDER { OLDER_ENTRY } else { ENTRY };
    let before = file.metadata().ok()?.len().checked_sub((HASH + entry) as u64)?;
    file.seek(SeekFrom::Start(before.max(MAGIC.len() as u64))).ok()?;
    let mut bytes = [0; ENTRY];
    file.read_exact(&mut bytes[..entry]).ok()?;
    let last = entry_of(&bytes);
    (before >= MAGIC.len() as u64).then(|| last.at.saturating_add(last.bytes.into()))
}

/// What to do where rows are damaged.
pub(super) fn import_again() -> Sentence {
    say!("dataset-damaged-hint", "Import the file again")
}

/// The bytes of an entry, where a list begins and ends as it was written; the file then stands at its first entry.
fn entry_bytes(file: &mut File, end: u64) -> std::io::Result<Option<usize>> {
    let (mut hash, mut buffer, mut left) = (Sha256::new(), vec![0; BUFFER], end);
    let mut begins = [0; MAGIC.len()];
    file.read_exact(&mut begins)?;
    file.rewind()?;
    while left > 0 {
        let some = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut buffer[..some])?;
        hash.update(&buffer[..some]);
        left -= some as u64;
    }
    let mut ends = [0; HASH];
    file.read_exact(&mut ends)?;
    file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
    let entry = match &begins {
        MAGIC => ENTRY,
        OLDER => OLDER_ENTRY,
        _ => return Ok(None),
    };
    Ok((hash.finalize().as_slice() == ends).then_some(entry))
}

fn bytes_of(entry: &RowRef) -> [u8; ENTRY] {
    let side = if entry.held_out { HELD_OUT } else { 0 };
    let flags = side | entry.prompt.map_or(0, |mark| MARKED | mark << (u32::BITS - MARK_BITS));
    let mut bytes = [0; ENTRY];
    bytes[0..8].copy_from_slice(&entry.at.to_le_bytes());
    bytes[8..12].copy_from_slice(&entry.bytes.to_le_bytes());
    bytes[12..16].copy_from_slice(&flags.to_le_bytes());
    bytes[16..32].copy_from_slice(&entry.key);
    bytes[32..36].copy_from_slice(&entry.checksum.map_or(0, NonZeroU32::get).to_le_bytes());
    bytes
}

fn entry_of(bytes: &[u8; ENTRY]) -> RowRef {
    let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let mut key = [0; 16];
    key.copy_from_slice(&bytes[16..32]);
    let flags = number(12);
    RowRef {
        at: u64::from(number(4)) << 32 | u64::from(number(0)),
        bytes: number(8),
        held_out: flags & HELD_OUT != 0,
        key,
        prompt: (flags & MARKED != 0).then_some(flags >> (u32::BITS - MARK_BITS)),
        checksum: NonZeroU32::new(number(32)),
    }
}

/// Adds a row to the hash of a version.
pub(super) fn hash_row(version: &mut Sha256, key: &[u8; 16], held_out: bool) {
    version.update(key);
    version.update([u8::from(held_out)]);
}

/// Writes the list of a version.
pub(crate) fn write_entries(path: &Path, entries: &[RowRef]) -> Result<Listed, WireError> {
    let mut list = ListWriter::begin(path.parent().unwrap_or(Path::new(".")))?;
    entries.iter().try_for_each(|entry| list.push(entry))?;
    list.keep(path)
}

/// Reads the list of a version.
pub(crate) fn read_entries(path: &Path) -> Result<Vec<RowRef>, WireError> {
    let list = ListReader::open(path)?;
    let mut entries = Vec::with_capacity(usize::try_from(list.left()).unwrap_or_default());
    for entry in list {
        entries.push(entry?);
    }
    Ok(entries)
}
