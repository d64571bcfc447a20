//! Looks at the first rows of files as an import would, however large the files are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tunesmith_protocol::{Format, InspectedFile, Mapping, Part, RowProblem};
use tunesmith_sentence::{Sentence, say};

use crate::import::{FileImport, FileNames, SummaryBuilder};
use crate::{ImportError, ImportOptions, ImportedRow, Taken, columns, source};

/// What files begin with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inspection {
    /// The files in the order in which they would be read, and what each holds.
    pub files: Vec<InspectedFile>,
    /// The names of the first file's columns, in order.
    pub columns: Vec<String>,
    /// Which column is taken for which part of a row; only columns that the first rows have, and those chosen.
    pub mapping: Mapping,
    /// Which columns are likely the parts of a question and its answer, where no shape was recognised.
    pub suggested: BTreeMap<String, String>,
    /// The parts that this shape has.
    pub parts: Vec<Part>,
    /// How the shape was recognised, in a sentence.
    pub reason: Sentence,
    /// A sentence for what was left out.
    pub remarks: Vec<Sentence>,
    /// The first rows of the first file, as they would be imported.
    pub rows: Vec<ImportedRow>,
    /// The first problems.
    pub problems: Vec<RowProblem>,
    /// The first rows as they lie in the file.
    pub raw: Vec<RawRow>,
}

/// A row as it lies in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRow {
    /// The line it begins in, as problems say it.
    pub line: u64,
    /// Its columns and their values.
    pub columns: Map<String, Value>,
}

/// Looks at the first rows of the first file that has any, of which at most `rows` are given back, and at what the other
/// files hold. The shape is decided by as many rows as in an import, so that an import decides alike.
///
/// # Errors
///
/// When a file is missing, cannot be read or is no dataset.
pub fn inspect(paths: &[PathBuf], options: &ImportOptions, rows: usize) -> Result<Inspection, ImportError> {
    let found = source::expand(paths)?;
    let sizes = found.files.iter().map(|path| source::size(path)).collect::<Result<Vec<u64>, ImportError>>()?;
    let names = FileNames::of(&found.files);
    let mut looks = found.files.iter().map(|path| look(path, names.of_file(path), options, rows));
    let mut first = looks.next().unwrap_or(Err(ImportError::NoFile));
    if let Err(ImportError::Empty { .. }) = first {
        first = looks.find(|seen| !matches!(seen, Err(ImportError::Empty { .. }))).unwrap_or(first);
    }
    let mut inspection = first?;
    for (path, bytes) in found.files.iter().zip(sizes) {
        let name = names.of_file(path);
        let what = match source::recognise(path) {
            Err(ImportError::Empty { .. }) => say!("file-empty", "empty"),
            what => what?,
        };
        inspection.files.push(InspectedFile { name, what, bytes, sheets: source::sheets(path) });
    }
    inspection.remarks.splice(0..0, found.left_out);
    Ok(inspection)
}

/// The first rows of one file.
fn look(path: &Path, name: String, options: &ImportOptions, rows: usize) -> Result<Inspection, ImportError> {
    let (mut inspection, mut builder) = (Inspection::default(), SummaryBuilder::default());
    let mut take = |taken| {
        match taken {
            Taken::Row(row) if inspection.rows.len() < rows => inspection.rows.push(row),
            Taken::Problem(problem) if inspection.problems.len() < rows => inspection.problems.push(problem),
            _ => {}
        }
        Ok(())
    };
    let mut reading = FileImport::new(path, name, &options.mapping, &mut builder, &mut take);
    let (raw, mut pushed) = (&mut inspection.raw, Ok(()));
    let sheet = options.mapping.sheet.as_deref();
    let read = source::read(path, sheet, &mut |_| ControlFlow::Continue(()), &mut |record| {
        if let Ok(object) = &record.body
            && raw.len() < rows
        {
            raw.push(RawRow { line: record.line, columns: object.clone() });
        }
        pushed = reading.push(record);
        if pushed.is_err() || reading.is_decided() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    pushed?;
    reading.finish()?;
    read?;
    // More rows may have been read to recognise their shape.
    if let Some(last) = inspection.raw.get(rows.saturating_sub(1)).map(|row| row.line) {
        inspection.rows.retain(|row| row.line <= last);
        inspection.problems.retain(|problem| problem.line <= last);
    }
    let summary = builder.summary();
    inspection.parts = columns::parts_of(&summary.mapping);
    (inspection.columns, inspection.mapping) = (summary.columns, summary.mapping);
    inspection.mapping.sheet.clone_from(&options.mapping.sheet);
    if inspection.mapping.format == Format::Auto {
        let raw: Vec<_> = inspection.raw.iter().map(|row| &row.columns).collect();
        inspection.suggested = columns::suggest(&inspection.columns, &raw);
    }
    // A chosen shape has usual names of columns, which these rows need not have.
    let (known, chosen) = (&inspection.columns, &options.mapping.columns);
    inspection.mapping.columns.retain(|part, column| known.contains(column) || chosen.get(part) == Some(column));
    (inspection.reason, inspection.remarks) = (summary.reason, summary.remarks);
    Ok(inspection)
}
