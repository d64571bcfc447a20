//! Files on their way to the disk, row by row, or into memory where a run file is trained without a home.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{Example, ImportError, ImportOptions, RowKey, Summary, Taken, import_into, split_keys};
use tunesmith_protocol::{Dataset, DatasetVersion, Mapping, RowProblem, Validation, WireError};

use super::prompts;
use super::shelf::counts;
use super::store::{Entry, RowReader, RowWriter, version_of, write_entries};
use crate::home::DatasetFolder;
use crate::{clock, explain};

/// Splitting is a fact of the dataset, not of a run: the same rows are always held out.
const SPLIT_SEED: u64 = 42;

/// Bytes read, bytes in all, rows found. `Break` cancels.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, u64, u64) -> ControlFlow<()>;

/// Reads files into a folder, split as the rule says, as the first version.
pub(crate) fn read(
    folder: &DatasetFolder,
    paths: &[PathBuf],
    mapping: &Mapping,
    validation: &Validation,
    progress: Progress,
) -> Result<Read, WireError> {
    let mut reading = Reading::begin(folder)?;
    let mut summary = reading.read(paths, mapping, false, progress)?;
    match validation {
        Validation::File(path) => {
            let held_out = reading.read(&[PathBuf::from(path)], mapping, true, progress)?;
            summary.rows_read += held_out.rows_read;
            summary.files.extend(held_out.files);
        }
        rule => reading.hold_out(rule)?,
    }
    let read = reading.finish(summary)?;
    write_entries(&folder.version(1), &read.entries)?;
    Ok(read)
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

/// What an import has read.
pub(crate) struct Read {
    pub entries: Vec<Entry>,
    problem_count: u64,
    system_prompt: Option<String>,
    summary: Summary,
}

impl Reading {
    fn begin(folder: &DatasetFolder) -> Result<Self, WireError> {
        let folder = folder.clone();
        let problems = File::create(folder.problems()).map_err(explain::io(folder.problems()))?;
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

    fn hold_out(&mut self, rule: &Validation) -> Result<(), WireError> {
        let held_out = split_keys(&self.keys, &[], rule, SPLIT_SEED)?;
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

    pub fn describe(self, id: &str, name: &str, files: Vec<String>, size_bytes: u64) -> Dataset {
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

/// Rows read into memory, for a run straight from a run file.
pub(crate) struct Gathered {
    pub training: Vec<Example>,
    pub validation: Vec<Example>,
}

/// Reads files and splits their rows, in memory.
pub(crate) fn gather(paths: &[PathBuf], mapping: &Mapping, validation: &Validation) -> Result<Gathered, WireError> {
    let read = |paths: &[PathBuf]| -> Result<Vec<Example>, WireError> {
        let mut rows = Vec::new();
        let options = ImportOptions { mapping: mapping.clone() };
        import_into(paths, &options, &mut |_, _| ControlFlow::Continue(()), &mut |taken| {
            if let Taken::Row(row) = taken {
                rows.push(row.example);
            }
            Ok(())
        })?;
        Ok(rows)
    };
    let rows = read(paths)?;
    if let Validation::File(path) = validation {
        return Ok(Gathered { training: rows, validation: read(&[Path::new(path).to_path_buf()])? });
    }
    let keys: Vec<RowKey> = rows.iter().map(RowKey::of).collect();
    let held_out = split_keys(&keys, &[], validation, SPLIT_SEED)?;
    let (validation, training): (Vec<_>, Vec<_>) = rows.into_iter().zip(held_out).partition(|(_, held_out)| *held_out);
    let examples = |rows: Vec<(Example, bool)>| rows.into_iter().map(|(row, _)| row).collect();
    Ok(Gathered { training: examples(training), validation: examples(validation) })
}
