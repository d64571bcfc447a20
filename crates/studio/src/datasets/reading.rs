//! Files on their way to the disk, row by row: as a new dataset, or behind the rows of one that is there.

mod described;

use std::cell::Cell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{
    ImportError, ImportOptions, RowKey, RowKeys, Summary, Taken, import_into, inspect, is_named_for_holding_out,
    own_file, split_by_names, split_keys,
};
use tunesmith_protocol::{Count, Mapping, RowProblem, Validation, WireError};
use tunesmith_sentence::{Sentence, say};

use super::prompts;
use super::store::{ListReader, ListWriter, RowReader, RowRef, RowWriter, take_back};
use crate::errors;
use crate::home::DatasetFolder;
use crate::jobs::abandonable;
pub(crate) use described::{Origin, Read, distinct};

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
    let mut reading = Reading::begin(folder, hold_out.seed)?;
    let mut summary = reading.read(paths, mapping, false, progress)?;
    if let Validation::File(path) = &hold_out.validation {
        // It is another file, with sheets of its own.
        let mapping = Mapping { sheet: None, ..mapping.clone() };
        let held_out = reading.read(&[PathBuf::from(path.as_str())], &mapping, true, progress)?;
        summary.rows_read += held_out.rows_read;
        summary.files.extend(held_out.files);
        summary.remarks.extend(held_out.remarks);
        held_out.dropped_because.into_iter().for_each(|because| add(&mut summary.dropped_because, because));
    }
    let (rows, hold_out) = (reading.list.rows(), hold_out.clone());
    // How long this takes nobody knows, so there is no total.
    abandonable(move || reading.complete(summary, &hold_out), || progress(0, 0, rows))
        .unwrap_or_else(|| Err(ImportError::Cancelled.into()))
}

/// Rows that were read behind others.
pub(crate) struct Appended {
    pub entries: Vec<RowRef>,
    pub dropped: u64,
    /// Problems listed, of dropped rows and of kept ones.
    pub problems: u64,
    /// The names of the files that they came from.
    pub files: Vec<String>,
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
    let mapping = Mapping { sheet: None, ..mapping.clone() };
    let known = inspect(&paths, &ImportOptions { mapping: mapping.clone() }, FIRST_ROWS)?;
    let mapping = if known.rows.is_empty() { Mapping::default() } else { mapping };
    let mut reading = Reading::go_on(folder)?;
    let before = reading.problems.get_ref().metadata().map_err(errors::io(folder.problems()))?.len();
    let read = reading.read(&paths, &mapping, true, &mut |done, total, _| progress(done, total));
    let Reading { rows, mut problems, problem_count, list, .. } = reading;
    let appended = read.and_then(|summary| {
        if list.rows() == 0 {
            return Err(WireError::invalid(
                say!(
                    "import-no-row-to-hold-out",
                    "No row of {path} can be held out. {reason}",
                    path,
                    reason = &summary.reason
                ),
                say!("import-no-row-to-hold-out-hint", "Choose another file"),
            ));
        }
        problems.flush().map_err(errors::io(folder.problems()))?;
        let entries = list.read_back()?.collect::<Result<_, _>>()?;
        let dropped = summary.rows_dropped();
        Ok(Appended { entries, dropped, problems: problem_count, files: summary.files })
    });
    if appended.is_err() {
        if let Err(error) = take_back(&mut problems, before) {
            tracing::warn!("{} keeps problems of rows that are not there: {error}", folder.problems().display());
        }
        return appended;
    }
    problems.get_ref().sync_all().map_err(errors::io(folder.problems()))?;
    rows.finish()?;
    appended
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
    /// Not split yet.
    list: ListWriter,
    keys: RowKeys,
}

impl Reading {
    fn begin(folder: &DatasetFolder, seed: u64) -> Result<Self, WireError> {
        Self::with(folder, own_file::create(&folder.problems()), seed)
    }

    /// Behind what is there.
    fn go_on(folder: &DatasetFolder) -> Result<Self, WireError> {
        Self::with(folder, own_file::append(&folder.problems()), SPLIT_SEED)
    }

    fn with(folder: &DatasetFolder, problems: std::io::Result<File>, seed: u64) -> Result<Self, WireError> {
        let folder = folder.clone();
        let problems = problems.map_err(errors::io(folder.problems()))?;
        Ok(Self {
            rows: RowWriter::open(&folder.rows())?,
            list: ListWriter::begin(&folder.versions())?,
            folder,
            problems: BufWriter::new(problems),
            problem_count: 0,
            keys: RowKeys::new(seed),
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
        let (mut failed, rows) = (None, Cell::new(self.list.rows()));
        let mut tell = |done, total| progress(done, total, rows.get());
        let read = import_into(paths, &options, &mut tell, &mut |taken| {
            self.take(taken, held_out).map_err(|error| {
                failed = Some(error);
                ImportError::Cancelled
            })?;
            rows.set(self.list.rows());
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
                self.list.push(&self.rows.push(&row, held_out)?)?;
                self.keys.push(&RowKey::of_row(&row));
            }
            Taken::Problem(problem) => self.problem(&problem)?,
        }
        Ok(())
    }

    fn problem(&mut self, problem: &RowProblem) -> Result<(), WireError> {
        let path = self.folder.problems();
        let mut line = serde_json::to_vec(problem).map_err(errors::unwritable)?;
        line.push(b'\n');
        self.problem_count += 1;
        self.problems.write_all(&line).map_err(errors::io(path))
    }

    /// A sentence about the files that are held out because of their names.
    fn said_by_names(&self, rule: &Validation, files: &[String]) -> Option<Sentence> {
        if *rule != Validation::Auto {
            return None;
        }
        split_by_names(&self.keys)?;
        let named = files.iter().filter(|file| is_named_for_holding_out(file));
        let files = Sentence::listed(named.map(|file| say!("quoted", "“{text}”", text = file)));
        Some(say!("import-held-out-by-name", "Held out by the name of the file: {files}", files))
    }

    /// Splits what was read, and makes it last as the first version.
    fn complete(mut self, mut summary: Summary, hold_out: &HoldOut) -> Result<Read, WireError> {
        let mut held_out = None;
        if !matches!(hold_out.validation, Validation::File(_)) {
            held_out = Some(split_keys(&self.keys, &[], &hold_out.validation)?);
            summary.remarks.extend(self.said_by_names(&hold_out.validation, &summary.files));
        }
        // Of millions of rows they are what takes the most memory.
        drop(self.keys);
        self.rows.finish()?;
        self.problems.flush().map_err(errors::io(self.folder.problems()))?;
        self.problems.get_ref().sync_all().map_err(errors::io(self.folder.problems()))?;
        let mut split = ListWriter::begin(&self.folder.versions())?;
        for (number, entry) in self.list.read_back()?.enumerate() {
            let entry = entry?;
            let held_out = held_out.as_ref().map_or(entry.held_out, |held_out| held_out[number]);
            split.push(&RowRef { held_out, ..entry })?;
        }
        let first = self.folder.version(1);
        Ok(Read {
            listed: split.keep(&first)?,
            system_prompt: prompts::shared(|| ListReader::open(&first), &mut RowReader::open(&self.folder.rows())?)?,
            problem_count: self.problem_count,
            summary,
        })
    }
}
