//! The rows of one file on their way into the import: the first of them decide the shape, then each is kept or dropped.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use tunesmith_protocol::{Count, Format, Mapping, RowProblem};

use super::{Summary, Taken};
use crate::columns::{self, Shape};
use crate::source::{self, Bad, Beginning, Change, Record};
use crate::{ImportError, ImportedRow};

/// Rows looked at before the shape of a file is decided.
const SAMPLE_ROWS: usize = 200;

/// What of them is held in memory at most, in bytes: few rows are enough where each is huge.
const SAMPLE_BYTES: usize = 32 << 20;

/// A file of which more rows than this are dropped is the wrong file; nobody looks at them all.
const MOST_DROPPED: u64 = 1_000_000;

/// What is kept in all of the texts of rows that are dropped, in bytes.
const MOST_TEXT: usize = 64 << 20;

/// What was read so far.
#[derive(Default)]
pub(crate) struct SoFar {
    summary: Summary,
    dropped: BTreeMap<String, u64>,
    not_usable: u64,
    text_bytes: usize,
    first_problem: Option<String>,
}

impl SoFar {
    /// Notes what is true of a file or a folder, once.
    pub(crate) fn remark(&mut self, sentence: String) {
        if !self.summary.remarks.contains(&sentence) {
            self.summary.remarks.push(sentence);
        }
    }

    pub(crate) fn summary(self) -> Summary {
        let count = |(what, count): (String, u64)| Count { what, count };
        let mut dropped_because: Vec<Count> = self.dropped.into_iter().map(count).collect();
        dropped_because.sort_by_key(|count| std::cmp::Reverse(count.count));
        Summary { dropped_because, ..self.summary }
    }
}

/// The rows of one file on their way into the import.
pub(crate) struct Rows<'a> {
    path: &'a Path,
    file: String,
    wanted: &'a Mapping,
    sample: Vec<Record>,
    sample_bytes: usize,
    /// Decided once enough rows were seen; `Some(None)` when they have no known shape.
    shape: Option<Option<Shape>>,
    so_far: &'a mut SoFar,
    sink: &'a mut dyn FnMut(Taken) -> Result<(), ImportError>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        path: &'a Path,
        file: String,
        wanted: &'a Mapping,
        so_far: &'a mut SoFar,
        sink: &'a mut dyn FnMut(Taken) -> Result<(), ImportError>,
    ) -> Self {
        Self { path, file, wanted, sample: vec![], sample_bytes: 0, shape: None, so_far, sink }
    }

    pub(crate) fn push(&mut self, record: Record) -> Result<(), ImportError> {
        if self.shape.is_some() {
            return self.take(record);
        }
        self.sample_bytes += record.body.as_ref().map_or(0, source::weight);
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
            self.say(&guess.reason);
        }
        let summary = &mut self.so_far.summary;
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

    fn say(&mut self, reason: &str) {
        let first = &mut self.so_far.summary.reason;
        if first.is_empty() {
            *first = reason.into();
        } else if first != reason {
            self.so_far.remark(format!("{}: {reason}", self.file));
        }
    }

    fn take(&mut self, record: Record) -> Result<(), ImportError> {
        let Record { line, counts, beginning, body, changes } = record;
        if counts {
            self.so_far.summary.rows_read += 1;
        }
        let mut notes = Vec::new();
        let example = body.and_then(|mut object| match &self.shape {
            Some(Some(shape)) => shape.example(&mut object, &mut notes).map(|example| (example, object)),
            _ => Err(columns::unknown_shape(&object)),
        });
        match example {
            Ok((example, extra)) => {
                notes.extend(self.worth_saying(changes));
                for note in one_of_each_kind(notes) {
                    self.problem(line, note, None)?;
                }
                self.so_far.summary.rows_kept += 1;
                (self.sink)(Taken::Row(ImportedRow { file: self.file.clone(), line, example, extra }))
            }
            Err(bad) => self.problem(line, bad, counts.then_some(beginning)),
        }
    }

    /// Of what was changed in a row, what concerns a column that is used, or all of the row.
    fn worth_saying(&self, changes: Vec<Change>) -> Vec<Bad> {
        let Some(Some(shape)) = &self.shape else { return Vec::new() };
        let is_used = |change: &Change| match &change.column {
            Some(column) => shape.mapping().columns.values().any(|used| used == column),
            None => true,
        };
        changes.into_iter().filter(is_used).map(|change| change.bad).collect()
    }

    /// Something is wrong; `dropped` is how the row begins that is left out for it.
    fn problem(&mut self, line: u64, bad: Bad, dropped: Option<Beginning>) -> Result<(), ImportError> {
        let Bad { kind, message } = bad;
        if dropped.is_some() {
            self.so_far.not_usable += 1;
            let first = self.so_far.first_problem.get_or_insert_with(|| format!("Line {line}: {message}"));
            if self.so_far.not_usable > MOST_DROPPED {
                let (path, first) = (self.path.into(), first.clone());
                return Err(ImportError::TooManyProblems { path, limit: MOST_DROPPED, first });
            }
            *self.so_far.dropped.entry(kind.into()).or_insert(0) += 1;
        }
        let (file, kind, is_dropped) = (self.file.clone(), kind.into(), dropped.is_some());
        let (text, text_cut) = dropped.map(|beginning| self.keep(beginning)).unwrap_or_default();
        (self.sink)(Taken::Problem(RowProblem { file, line, kind, message, dropped: is_dropped, text, text_cut }))
    }

    /// The text of a row that is dropped, as long as there is room for it.
    fn keep(&mut self, beginning: Beginning) -> (String, bool) {
        let (text, cut) = beginning.into_text();
        self.so_far.text_bytes += text.len();
        if self.so_far.text_bytes > MOST_TEXT { Default::default() } else { (text, cut) }
    }
}

/// The notes on one row, those of one kind as one: every message of a row may have the same key that is not used.
fn one_of_each_kind(notes: Vec<Bad>) -> Vec<Bad> {
    let mut merged: Vec<(Bad, usize)> = Vec::new();
    for note in notes {
        match merged.iter_mut().find(|(first, _)| first.kind == note.kind) {
            Some((_, more)) => *more += 1,
            None => merged.push((note, 0)),
        }
    }
    let said = |(note, more): (Bad, usize)| match more {
        0 => note,
        more => Bad::new(note.kind, format!("{}; {more} more like this in the row", note.message)),
    };
    merged.into_iter().map(said).collect()
}
