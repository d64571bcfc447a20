//! Imports the rows of one file: the first rows decide the shape, then each row is kept or dropped.

use std::collections::HashSet;
use std::path::Path;

use tunesmith_protocol::{Format, Mapping, RowProblem};
use tunesmith_sentence::{Sentence, say};

use super::summary::{SummaryBuilder, Taken};
use crate::columns::{self, Shape};
use crate::record::{Beginning, Change, Object, Problem, Record, memory_bytes};
use crate::{ImportError, ImportedRow};

/// Rows looked at before the shape of a file is decided.
const SAMPLE_ROWS: usize = 200;
/// Problems with lists of rows in a file, which are told as remarks, too.
const OF_LISTS: [&str; 2] = ["left_out_list", "list_not_held_out"];

/// Columns that are told; rows with keys of their own may have any number.
const MOST_COLUMNS: usize = 200;

/// The most memory for these rows, in bytes: where rows are huge, fewer are looked at.
const SAMPLE_BYTES: usize = 32 << 20;

/// An import is given up after this many dropped rows: it must be the wrong file.
const MOST_DROPPED: u64 = 1_000_000;

/// The most text kept of dropped rows, in bytes for all of them together.
const MOST_TEXT: usize = 64 << 20;

/// The import of one file.
pub(crate) struct FileImport<'a> {
    path: &'a Path,
    file: String,
    wanted: &'a Mapping,
    sample: Vec<Record>,
    sample_bytes: usize,
    /// Decided once enough rows were seen; `Some(None)` when they have no known shape.
    shape: Option<Option<Shape>>,
    builder: &'a mut SummaryBuilder,
    sink: &'a mut dyn FnMut(Taken) -> Result<(), ImportError>,
}

impl<'a> FileImport<'a> {
    pub(crate) fn new(
        path: &'a Path,
        file: String,
        wanted: &'a Mapping,
        builder: &'a mut SummaryBuilder,
        sink: &'a mut dyn FnMut(Taken) -> Result<(), ImportError>,
    ) -> Self {
        Self { path, file, wanted, sample: vec![], sample_bytes: 0, shape: None, builder, sink }
    }

    pub(crate) fn push(&mut self, record: Record) -> Result<(), ImportError> {
        if self.shape.is_some() {
            return self.take(record);
        }
        self.sample_bytes += record.body.as_ref().map_or(0, memory_bytes);
        self.sample.push(record);
        match self.sample.len() == SAMPLE_ROWS || self.sample_bytes > SAMPLE_BYTES {
            true => self.decide(),
            false => Ok(()),
        }
    }

    /// Whether the shape is decided, and all rows seen so far are handed on.
    pub(crate) fn is_decided(&self) -> bool {
        self.shape.is_some()
    }

    /// Hands on what is left.
    pub(crate) fn finish(mut self) -> Result<(), ImportError> {
        if self.shape.is_none() { self.decide() } else { Ok(()) }
    }

    /// Decides the shape by the rows seen so far, and takes them.
    fn decide(&mut self) -> Result<(), ImportError> {
        let objects = self.sample.iter().filter_map(|record| record.body.as_ref().ok());
        let guess = columns::guess(objects, self.wanted);
        // A file without a row has no shape, and the next one may have.
        if !self.sample.is_empty() {
            self.say(guess.reason);
        }
        let summary = &mut self.builder.summary;
        if summary.format == Format::Auto
            && let Some(shape) = &guess.shape
        {
            summary.mapping = shape.mapping();
            summary.format = summary.mapping.format;
        }
        let known: HashSet<String> = summary.columns.iter().cloned().collect();
        summary.columns.extend(guess.columns.into_iter().filter(|column| !known.contains(column)));
        self.shape = Some(guess.shape);
        std::mem::take(&mut self.sample).into_iter().try_for_each(|record| self.take(record))
    }

    fn say(&mut self, reason: Sentence) {
        let first = &mut self.builder.summary.reason;
        if first.is_empty() {
            *first = reason;
        } else if *first != reason {
            self.builder.remark(say!("import-other-shape", "{file}: {reason}", file = &self.file, reason));
        }
    }

    fn take(&mut self, record: Record) -> Result<(), ImportError> {
        let Record { line, counts, beginning, body, changes } = record;
        if counts {
            self.builder.summary.rows_read += 1;
        } else if let Err(Problem { kind: Problem::OF_FILE, message, .. }) = body {
            self.builder.remark(message);
            return Ok(());
        }
        if let Err(problem) = &body
            && OF_LISTS.contains(&problem.kind)
        {
            self.builder.remark(problem.message.clone());
        }
        let mut notes = Vec::new();
        let example = body.and_then(|mut object| match &self.shape {
            Some(Some(shape)) => shape.example(&mut object, &mut notes).map(|example| (example, object)),
            _ => Err(columns::unknown_shape(&object)),
        });
        match example {
            Ok((example, extra)) => {
                self.tell_late_columns(line, &extra);
                self.builder.count_unused_keys(&notes);
                notes.extend(self.worth_saying(changes));
                self.builder.count_unused(&notes);
                for note in one_of_each_kind(notes) {
                    self.problem(line, note, None)?;
                }
                self.builder.summary.rows_kept += 1;
                (self.sink)(Taken::Row(ImportedRow { file: self.file.clone(), line, example, extra }))
            }
            Err(problem) => self.problem(line, problem, counts.then_some(beginning)),
        }
    }

    /// Tells of columns that the first rows do not have, so that nobody could decide about them.
    fn tell_late_columns(&mut self, line: u64, extra: &Object) {
        for column in extra.keys() {
            let columns = &mut self.builder.summary.columns;
            if columns.len() >= MOST_COLUMNS || columns.contains(column) {
                continue;
            }
            columns.push(column.clone());
            let file = &self.file;
            self.builder.remark(say!(
                "import-column-late",
                "{file}: the column “{column}” first comes in line {line} and is not used",
                file,
                column,
                line
            ));
        }
    }

    /// The changes worth a remark: those to a used column, or to the row as a whole.
    fn worth_saying(&self, changes: Vec<Change>) -> Vec<Problem> {
        let Some(Some(shape)) = &self.shape else { return Vec::new() };
        let is_used = |change: &Change| match &change.column {
            Some(column) => shape.mapping().columns.values().any(|used| used == column),
            None => true,
        };
        changes.into_iter().filter(is_used).map(|change| change.problem).collect()
    }

    /// Passes a problem on; `dropped` is the beginning of the row if the row is dropped for it.
    fn problem(&mut self, line: u64, problem: Problem, dropped: Option<Beginning>) -> Result<(), ImportError> {
        let Problem { kind, message, .. } = problem;
        if dropped.is_some() {
            self.builder.not_usable += 1;
            let in_line = || say!("row-in-line", "Line {line}: {problem}", line, problem = &message);
            let first = self.builder.first_problem.get_or_insert_with(in_line);
            if self.builder.not_usable > MOST_DROPPED {
                let (path, first) = (self.path.into(), first.clone());
                return Err(ImportError::TooManyProblems { path, limit: MOST_DROPPED, first });
            }
            *self.builder.dropped.entry(kind.into()).or_insert(0) += 1;
        }
        let (file, kind, is_dropped) = (self.file.clone(), kind.into(), dropped.is_some());
        let (text, text_cut) = dropped.map(|beginning| self.keep(beginning)).unwrap_or_default();
        (self.sink)(Taken::Problem(RowProblem { file, line, kind, message, dropped: is_dropped, text, text_cut }))
    }

    /// The text of a dropped row, as long as not too much was kept already.
    fn keep(&mut self, beginning: Beginning) -> (String, bool) {
        let (text, cut) = beginning.into_text();
        self.builder.text_bytes += text.len();
        if self.builder.text_bytes > MOST_TEXT { Default::default() } else { (text, cut) }
    }
}

/// The notes on one row, those of one kind as one: every message of a row may have the same key that is not used.
fn one_of_each_kind(notes: Vec<Problem>) -> Vec<Problem> {
    let mut merged: Vec<(Problem, usize)> = Vec::new();
    for note in notes {
        match merged.iter_mut().find(|(first, _)| first.kind == note.kind) {
            Some((_, more)) => *more += 1,
            None => merged.push((note, 0)),
        }
    }
    let said = |(note, more): (Problem, usize)| match more {
        0 => note,
        more => {
            let message = say!("row-more-alike", "{note}; {more} more like this in the row", note = note.message, more);
            Problem::new(note.kind, message)
        }
    };
    merged.into_iter().map(said).collect()
}
