//! `metrics.jsonl`: the records of a run, one JSON object per line, numbered by `seq`. Written first, told afterwards;
//! a line cut short by a crash is dropped when the run goes on.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_protocol::{Event, EventBody, RunRecord, RunState, WireError};
use tunesmith_sentence::say;

use super::RunFolder;
use crate::errors;

/// Enough for the records that a full disk makes.
const RESERVE_BYTES: usize = 64 * 1024;
/// The longest line that is read: the longest record is a plan, with some kilobytes.
const LONGEST_LINE: u64 = 1 << 20;
/// Records read at a time where all are read.
const GROUP: usize = 10_000;

#[derive(Serialize, Deserialize)]
struct Line<R> {
    seq: u64,
    #[serde(flatten)]
    record: R,
}

/// Which space a record was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// The disk has some.
    Free,
    /// The disk is full: what was set aside for this was used, and the next record may not fit.
    Reserve,
}

/// The file, open for more records.
pub(crate) struct Journal {
    file: File,
    seq: u64,
    reserve: PathBuf,
}

impl Journal {
    /// Opens the records of a run, at the end of the last whole line.
    pub fn open(folder: &RunFolder) -> io::Result<Self> {
        let path = folder.metrics();
        let mut file = own_file::append(&path)?;
        let whole = end_of_records(&mut file)?;
        file.set_len(whole)?;
        let mut tail = Tail::new(path, 0);
        let mut seq = 0;
        tail.read_all(|last, _| seq = last);
        let journal = Self { file, seq, reserve: folder.reserve() };
        journal.set_space_aside();
        Ok(journal)
    }

    /// Adds a record.
    pub fn append(&mut self, record: &RunRecord) -> io::Result<Space> {
        let mut line = serde_json::to_vec(&Line { seq: self.seq + 1, record })?;
        line.push(b'\n');
        let space = match self.write(&line) {
            Ok(()) => Space::Free,
            Err(error) if errors::disk_is_full(&error) && fs::remove_file(&self.reserve).is_ok() => {
                self.write(&line)?;
                Space::Reserve
            }
            Err(error) => return Err(error),
        };
        self.seq += 1;
        if !matches!(record, RunRecord::Step(_) | RunRecord::Preparing { .. } | RunRecord::Working { .. }) {
            self.file.sync_data()?;
        }
        Ok(space)
    }

    /// Sets space aside again, where there is any.
    pub fn set_space_aside(&self) {
        if self.reserve.exists() {
            return;
        }
        let write = || File::create_new(&self.reserve)?.write_all(&[0x5a; RESERVE_BYTES]);
        if write().is_err() {
            // A part of it helps no one.
            fs::remove_file(&self.reserve).unwrap_or_else(|error| tracing::debug!("no space to set aside: {error}"));
        }
    }

    /// Gives back what was set aside: the run has ended.
    pub fn give_space_back(&self) {
        if let Err(error) = fs::remove_file(&self.reserve) {
            tracing::debug!("{}: {error}", self.reserve.display());
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        self.file.write_all(line).inspect_err(|_| {
            // Half a line would spoil the next one.
            if let Err(error) = self.file.set_len(before) {
                tracing::error!("a half-written record could not be removed: {error}");
            }
        })
    }
}

/// Whether records can be written behind those of a run.
///
/// # Errors
/// Something else lies in the place of its files, or its records are damaged at their end.
pub(crate) fn check(folder: &RunFolder) -> Result<(), WireError> {
    folder.check_places()?;
    let path = folder.metrics();
    match own_file::open(&path).and_then(|mut file| end_of_records(&mut file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map(drop).map_err(errors::io(path)),
    }
}

/// Whether the records of a run can be read; those of one that has none yet can.
///
/// # Errors
/// Something else lies in their place.
pub(crate) fn check_readable(folder: &RunFolder) -> Result<(), WireError> {
    let path = folder.metrics();
    match own_file::open(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(errors::io_at(&path, &error)),
        _ => Ok(()),
    }
}

/// Where the last whole line ends. Behind it there is at most a line that a crash cut short.
fn end_of_records(file: &mut File) -> io::Result<u64> {
    let start = file.metadata()?.len().saturating_sub(LONGEST_LINE);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(LONGEST_LINE).read_to_end(&mut end)?;
    match end.iter().rposition(|byte| *byte == b'\n') {
        Some(newline) => Ok(start + newline as u64 + 1),
        None if start == 0 => Ok(0),
        None => Err(own_file::refusal(say!("run-records-without-end", "its last line is longer than any record"))),
    }
}

/// Adds a word on where a run stands, in the name of the process that trains no more.
pub(crate) fn note_status(folder: &RunFolder, status: RunState) -> Result<(), WireError> {
    let _lock = folder.lock()?;
    let mut journal = Journal::open(folder).map_err(errors::io(folder.metrics()))?;
    let written = journal.append(&RunRecord::Status { status }).map_err(errors::io(folder.metrics()));
    journal.give_space_back();
    written.map(drop)
}

/// Reads records as they are appended.
pub(crate) struct Tail {
    path: PathBuf,
    after_seq: u64,
    offset: u64,
    line: u64,
    damaged_lines: u64,
}

impl Tail {
    /// Reads the records after `after_seq`.
    pub fn new(path: PathBuf, after_seq: u64) -> Self {
        Self { path, after_seq, offset: 0, line: 0, damaged_lines: 0 }
    }

    /// Reads on where `offset` bytes and `line` lines are known already.
    pub fn at(path: PathBuf, offset: u64, line: u64) -> Self {
        Self { path, after_seq: 0, offset, line, damaged_lines: 0 }
    }

    /// Bytes of whole lines read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// How many of them could not be read.
    pub fn damaged_lines(&self) -> u64 {
        self.damaged_lines
    }

    /// The next records, among at most `limit` lines: `lines` tells whether there were so many.
    pub fn read(&mut self, limit: usize) -> Vec<Event> {
        let event = |(seq, record)| Event { seq, body: EventBody::Run { record } };
        self.read_group(limit).into_iter().map(event).collect()
    }

    /// Hands every record that is there to `take`, with its number. Few are held at a time.
    pub fn read_all(&mut self, mut take: impl FnMut(u64, RunRecord)) {
        loop {
            let before = self.line;
            let group = self.read_group(GROUP);
            if self.line == before {
                break;
            }
            group.into_iter().for_each(|(seq, record)| take(seq, record));
        }
    }

    fn read_group(&mut self, limit: usize) -> Vec<(u64, RunRecord)> {
        self.try_read(limit).unwrap_or_default()
    }

    fn try_read(&mut self, limit: usize) -> io::Result<Vec<(u64, RunRecord)>> {
        let mut file = own_file::open(&self.path)?;
        let length = file.metadata()?.len();
        if length <= self.offset {
            return Ok(Vec::new());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::new(file);
        let (mut records, mut text, mut again) = (Vec::new(), Vec::new(), false);
        // Lines and not records: who comes back to a long run must not hold up the others.
        let last = self.line + limit as u64;
        while self.line < last {
            text.clear();
            let bytes = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
            if text.last() != Some(&b'\n') {
                // Gigabytes may follow, so the end of what is no record is not looked for.
                if bytes as u64 == LONGEST_LINE {
                    self.offset = length.max(self.offset + LONGEST_LINE);
                    self.line += 1;
                    self.damaged_lines += 1;
                }
                break;
            }
            let line = serde_json::from_slice::<Line<RunRecord>>(&text);
            // What a crash has cut short may be replaced in the moment in which it is read: then it reads at the second try.
            if line.is_err() && !std::mem::replace(&mut again, true) {
                reader.seek(SeekFrom::Start(self.offset))?;
                continue;
            }
            again = false;
            self.offset += bytes as u64;
            self.line += 1;
            // A line that no longer reads is skipped and counted: the others still tell the run.
            let Ok(Line { seq, record }) = line else {
                self.damaged_lines += 1;
                continue;
            };
            if seq > self.after_seq {
                records.push((seq, record));
            }
        }
        Ok(records)
    }
}
