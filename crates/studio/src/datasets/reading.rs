//! Files on their way to the disk, row by row: as a new dataset, or behind the rows of one that is there.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{ImportError, ImportOptions, RowKey, Summary, Taken, import_into, inspect, split_keys};
use tunesmith_protocol::{Count, Dataset, DatasetVersion, Mapping, RowProblem, Validation, WireError};

use super::prompts;
use super::shelf::counts;
use super::store::{Entry, RowReader, RowWriter, version_of, write_entries};
use crate::home::DatasetFolder;
use crate::{clock, explain};

/// Splitting is a fact of the dataset, not of a run: the same rows are always held out.
pub(crate) const SPLIT_SEED: u64 = 42;

/// Rows by which the columns of one more file are recognised.
const FIRST_ROWS: usize = 50;

/// Which rows are held out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HoldOut {
    pub validation: Validation,
    pub seed: u64,
}

impl Default for HoldOut {
    fn default() -> Self {
        Self { validation: Validation::Auto, seed: SPLIT_SEED }
    }
}

/// Bytes read, bytes in all, rows found. `Break` cancels.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, u64, u64) -> ControlFlow<()>;

/// Reads files into a folder, split as the rule says, as the first version.
pub(crate) fn read(
    folder: &DatasetFolder,
    paths: &[PathBuf],
    mapping: &Mapping,
    hold_out: &HoldOut,
    progress: Progress,
) -> Result<Read, WireError> {
    let mut reading = Reading::begin(folder)?;
    let mut summary = reading.read(paths, mapping, false, progress)?;
    match &hold_out.validation {
        Validation::File(path) => {
            let held_out = reading.read(&[PathBuf::from(path)], mapping, true, progress)?;
            summary.rows_read += held_out.rows_read;
            summary.files.extend(held_out.files);
            held_out.dropped_because.into_iter().for_each(|because| add(&mut summary.dropped_because, because));
        }
        rule => reading.hold_out(rule, hold_out.seed)?,
    }
    let read = reading.finish(summary)?;
    write_entries(&folder.version(1), &read.entries)?;
    Ok(read)
}

/// Rows that were read behind others.
pub(crate) struct Appended {
    pub entries: Vec<Entry>,
    pub dropped: u64,
    /// Problems listed, of dropped rows and of kept ones.
    pub problems: u64,
}

/// Reads the rows of one more file, to be held out, behind those in a folder; in the columns of `mapping`, unless it has
/// others.
pub(crate) fn append(
    folder: &DatasetFolder,
    path: &Path,
    mapping: &Mapping,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Appended, WireError> {
    let paths = [path.to_path_buf()];
    let known = inspect(&paths, &ImportOptions { mapping: mapping.clone() }, FIRST_ROWS)?;
    let mapping = if known.rows.is_empty() { Mapping::default() } else { mapping.clone() };
    let mut reading = Reading::go_on(folder)?;
    let before = reading.problems.get_ref().metadata().map_err(explain::io(folder.problems()))?.len();
    let read = reading.read(&paths, &mapping, true, &mut |done, total, _| progress(done, total));
    let read = read.and_then(|summary| match reading.entries.len() {
        0 => Err(WireError::invalid(
            format!("No row of {} can be held out. {}", path.display(), summary.reason),
            "Choose another file",
        )),
        _ => Ok(summary),
    });
    let written = reading.problems.flush().map_err(explain::io(folder.problems()));
    let dropped = match read.and_then(|summary| written.map(|()| summary.rows_dropped())) {
        Ok(dropped) => dropped,
        Err(error) => {
            // Rows behind the last one that a version points to do no harm; problems would be listed.
            let _ = reading.problems.get_ref().set_len(before);
            return Err(error);
        }
    };
    reading.problems.get_ref().sync_all().map_err(explain::io(folder.problems()))?;
    reading.rows.finish()?;
    Ok(Appended { entries: reading.entries, dropped, problems: reading.problem_count })
}

/// Counts what was counted in another file, too; the most frequent stays first.
fn add(counts: &mut Vec<Count>, more: Count) {
    match counts.iter_mut().find(|known| known.what == more.what) {
        Some(known) => known.count += more.count,
        None => counts.push(more),
    }
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
}

/// An import on its way to the disk.
struct Reading {
    folder: DatasetFolder,
    rows: RowWriter,
    problems: BufWriter<File>,
    problem_count: u64,
    entries: Vec<Entry>,
    keys: Vec<RowKey>,
}

/// What a dataset is besides its rows.
pub(crate) struct Origin<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub files: Vec<String>,
    pub size_bytes: u64,
    pub hold_out: HoldOut,
}

/// What an import has read.
pub(crate) struct Read {
    pub entries: Vec<Entry>,
    problem_count: u64,
    system_prompt: Option<String>,
    summary: Summary,
}

impl Reading {
    fn begin(folder: &DatasetFolder) -> Result<Self, WireError> {
        Self::with(folder, File::create(folder.problems()))
    }

    /// Behind what is there.
    fn go_on(folder: &DatasetFolder) -> Result<Self, WireError> {
        Self::with(folder, File::options().create(true).append(true).open(folder.problems()))
    }

    fn with(folder: &DatasetFolder, problems: std::io::Result<File>) -> Result<Self, WireError> {
        let folder = folder.clone();
        let problems = problems.map_err(explain::io(folder.problems()))?;
        Ok(Self {
            rows: RowWriter::open(&folder.rows())?,
            folder,
            problems: BufWriter::new(problems),
            problem_count: 0,
            entries: Vec::new(),
            keys: Vec::new(),
        })
    }

    fn read(
        &mut self,
        paths: &[PathBuf],
        mapping: &Mapping,
        held_out: bool,
        progress: Progress,
    ) -> Result<Summary, WireError> {
        let options = ImportOptions { mapping: mapping.clone() };
        let (mut failed, rows) = (None, Cell::new(self.entries.len() as u64));
        let mut tell = |done, total| progress(done, total, rows.get());
        let read = import_into(paths, &options, &mut tell, &mut |taken| {
            self.take(taken, held_out).map_err(|error| {
                failed = Some(error);
                ImportError::Cancelled
            })?;
            rows.set(self.entries.len() as u64);
            Ok(())
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, read) => Ok(read?),
        }
    }

    fn take(&mut self, taken: Taken, held_out: bool) -> Result<(), WireError> {
        match taken {
            Taken::Row(row) => {
                self.entries.push(self.rows.push(&row, held_out)?);
                self.keys.push(RowKey::of(&row.example));
            }
            Taken::Problem(problem) => self.problem(&problem)?,
        }
        Ok(())
    }

    fn problem(&mut self, problem: &RowProblem) -> Result<(), WireError> {
        let path = self.folder.problems();
        let mut line = serde_json::to_vec(problem).map_err(|error| WireError::internal(error.to_string()))?;
        line.push(b'\n');
        self.problem_count += 1;
        self.problems.write_all(&line).map_err(explain::io(path))
    }

    fn hold_out(&mut self, rule: &Validation, seed: u64) -> Result<(), WireError> {
        let held_out = split_keys(&self.keys, &[], rule, seed)?;
        self.entries.iter_mut().zip(held_out).for_each(|(entry, held_out)| entry.held_out = held_out);
        Ok(())
    }

    fn finish(mut self, summary: Summary) -> Result<Read, WireError> {
        let path = self.folder.problems();
        self.rows.finish()?;
        self.problems.flush().map_err(explain::io(&path))?;
        self.problems.get_ref().sync_all().map_err(explain::io(&path))?;
        Ok(Read {
            system_prompt: prompts::shared(&self.entries, &mut RowReader::open(&self.folder.rows())?)?,
            entries: self.entries,
            problem_count: self.problem_count,
            summary,
        })
    }
}

impl Read {
    /// The hash of its rows.
    pub fn version(&self) -> String {
        version_of(self.entries.iter().map(|entry| (&entry.key, entry.held_out)))
    }

    pub fn describe(self, origin: Origin<'_>) -> Dataset {
        let Origin { id, name, files, size_bytes, hold_out } = origin;
        let summary = &self.summary;
        let (version, now) = (self.version(), clock::now_ms());
        let (training_rows, validation_rows) = counts(&self.entries);
        let kept = training_rows + validation_rows;
        let change = "As imported".into();
        let first = DatasetVersion {
            number: 1,
            version: version.clone(),
            change,
            training_rows,
            validation_rows,
            validation: hold_out.validation,
            seed: hold_out.seed,
            made_ms: now,
        };
        Dataset {
            id: id.into(),
            name: name.into(),
            files,
            row_files: distinct(summary.files.iter().cloned()),
            format: summary.format,
            mapping: summary.mapping.clone(),
            columns: summary.columns.clone(),
            reason: summary.reason.clone(),
            rows_read: summary.rows_read,
            rows_kept: kept,
            rows_dropped: summary.rows_read.saturating_sub(kept),
            dropped_because: summary.dropped_because.clone(),
            problems: self.problem_count,
            training_rows,
            validation_rows,
            system_prompt: self.system_prompt,
            size_bytes,
            version,
            number: 1,
            versions: vec![first],
            tags: Vec::new(),
            added_ms: now,
        }
    }
}

/// Names without those that were there before.
pub(crate) fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}
