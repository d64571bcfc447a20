//! Imports dataset files: every row is kept as an example or dropped with a reason. Reading bytes is left to
//! `source`, understanding rows to `columns` and `checks`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_protocol::{Count, Format, RowProblem};

use crate::columns::{self, Shape};
use crate::source::{self, Bad, Record};
use crate::{ImportError, ImportedRow};

/// Rows looked at before the shape of a file is decided.
const SAMPLE_ROWS: usize = 200;

/// The most problems that are listed (they take some 300 MB). A file with more is the wrong file.
const MOST_PROBLEMS: usize = 1_000_000;

/// How to read dataset files.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The shape of a row, or auto.
    pub format: Format,
}

/// What was read. `rows_read` is always the kept rows plus the dropped ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The rows kept, in order.
    pub rows: Vec<ImportedRow>,
    /// Rows dropped, and kept rows with something worth knowing.
    pub problems: Vec<RowProblem>,
    /// Rows read.
    pub rows_read: u64,
    /// The shape of the rows; auto when no row was recognised.
    pub format: Format,
    /// How the shape was recognised, in a sentence.
    pub reason: String,
}

impl Imported {
    /// Rows dropped.
    pub fn rows_dropped(&self) -> u64 {
        self.rows_read - self.rows.len() as u64
    }

    /// Why rows were dropped, the most frequent first.
    pub fn dropped_because(&self) -> Vec<Count> {
        let mut counts = BTreeMap::new();
        for problem in self.problems.iter().filter(|problem| problem.dropped) {
            *counts.entry(problem.kind.as_str()).or_insert(0) += 1;
        }
        let count = |(what, count): (&str, u64)| Count { what: what.into(), count };
        let mut counts: Vec<Count> = counts.into_iter().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        counts
    }
}

/// Imports the files one after another, each with the shape that its own rows have. `progress(bytes_read,
/// bytes_total)` is called as the files are read; its `Break` cancels.
pub fn import(
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Imported, ImportError> {
    if paths.is_empty() {
        return Err(ImportError::NoFile);
    }
    let sizes = paths.iter().map(|path| source::size(path)).collect::<Result<Vec<u64>, ImportError>>()?;
    let total = sizes.iter().sum();
    let mut all =
        Imported { rows: vec![], problems: vec![], rows_read: 0, format: Format::Auto, reason: String::new() };
    let mut before = 0;
    for (path, size) in paths.iter().zip(sizes) {
        let too_many = Cell::new(false);
        let mut report = |bytes: u64| match too_many.get() {
            true => ControlFlow::Break(()),
            false => progress(before + bytes, total),
        };
        let mut rows = Rows::new(display_name(path, paths), options.format, &mut all);
        let read = source::read(path, &mut report, &mut |record| {
            rows.push(record);
            too_many.set(rows.all.problems.len() > MOST_PROBLEMS);
        });
        rows.finish();
        if too_many.get() {
            let first = all.problems.first().map(|problem| format!("Line {}: {}", problem.line, problem.message));
            let (path, first) = (path.clone(), first.unwrap_or_default());
            return Err(ImportError::TooManyProblems { path, limit: MOST_PROBLEMS, first });
        }
        read?;
        before += size;
    }
    Ok(all)
}

/// The file's name, or its whole path where another file has the same name.
fn display_name(path: &Path, paths: &[PathBuf]) -> String {
    let alike = paths.iter().filter(|other| other.file_name() == path.file_name()).count();
    match path.file_name() {
        Some(name) if alike == 1 => name.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    }
}

/// The rows of one file on their way into the import.
struct Rows<'a> {
    file: String,
    wanted: Format,
    sample: Vec<Record>,
    /// Decided once enough rows were seen; `Some(None)` when they have no known shape.
    shape: Option<Option<Shape>>,
    all: &'a mut Imported,
}

impl<'a> Rows<'a> {
    fn new(file: String, wanted: Format, all: &'a mut Imported) -> Self {
        Self { file, wanted, sample: vec![], shape: None, all }
    }

    fn push(&mut self, record: Record) {
        if self.shape.is_some() {
            return self.take(record);
        }
        self.sample.push(record);
        if self.sample.len() == SAMPLE_ROWS {
            self.decide();
        }
    }

    fn finish(mut self) {
        if self.shape.is_none() {
            self.decide();
        }
    }

    /// Decides the shape by the rows seen so far, and takes them.
    fn decide(&mut self) {
        let objects = self.sample.iter().filter_map(|record| record.body.as_ref().ok());
        let guess = columns::guess(objects, self.wanted);
        self.say(&guess.reason);
        if self.all.format == Format::Auto
            && let Some(shape) = &guess.shape
        {
            self.all.format = shape.format();
        }
        self.shape = Some(guess.shape);
        for record in std::mem::take(&mut self.sample) {
            self.take(record);
        }
    }

    fn say(&mut self, reason: &str) {
        if self.all.reason.is_empty() {
            self.all.reason = reason.into();
        } else if self.all.reason != reason && !self.all.reason.ends_with(&format!(": {reason}")) {
            self.all.reason += &format!("; {}: {reason}", self.file);
        }
    }

    fn take(&mut self, record: Record) {
        if record.counts {
            self.all.rows_read += 1;
        }
        let mut notes = Vec::new();
        let example = record.body.and_then(|object| match &self.shape {
            Some(Some(shape)) => shape.example(object, &mut notes),
            _ => Err(columns::unknown_shape(&object)),
        });
        match example {
            Ok(example) => {
                for note in notes {
                    self.problem(record.line, note, false);
                }
                self.all.rows.push(ImportedRow { file: self.file.clone(), line: record.line, example });
            }
            Err(bad) => self.problem(record.line, bad, record.counts),
        }
    }

    fn problem(&mut self, line: u64, bad: Bad, dropped: bool) {
        let Bad { kind, message } = bad;
        self.all.problems.push(RowProblem { file: self.file.clone(), line, kind: kind.into(), message, dropped });
    }
}
