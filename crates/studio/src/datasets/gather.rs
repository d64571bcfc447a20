//! All rows of a run in memory, for a run straight from a run file: of files, or of a version of a dataset in the home.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use tunesmith_data::{Example, ImportOptions, ImportedRow, RowKey, RowKeys, Taken, import_into, split_keys};
use tunesmith_protocol::{DataFiles, Dataset, Mapping, Split, Validation, WireError};
use tunesmith_sentence::Sentence;

use super::left_out::left_out_of;
use super::reading::SPLIT_SEED;
use super::store::{RowReader, RowRef, read_entries};
use crate::home::{DatasetFolder, Home};

/// The rows of both sides.
pub(crate) struct Gathered {
    pub training: Vec<Example>,
    pub validation: Vec<Example>,
    /// What was left out of the files.
    pub left_out: Vec<Sentence>,
    /// The file and the line of each row to learn from, and of each that is held out.
    places: [Places; 2],
}

/// Files and lines; rows of one file share its name.
type Places = Vec<(Arc<str>, u64)>;

impl Gathered {
    fn of(training: Vec<ImportedRow>, validation: Vec<ImportedRow>) -> Self {
        let places = [places(&training), places(&validation)];
        let examples = |rows: Vec<ImportedRow>| rows.into_iter().map(|row| row.example).collect();
        Self { training: examples(training), validation: examples(validation), left_out: Vec::new(), places }
    }

    /// Where a row on one side, counted from 1, came from.
    pub fn place(&self, split: Split, row: u64) -> Option<(String, u64)> {
        let places = &self.places[usize::from(split == Split::Validation)];
        let (file, line) = places.get(usize::try_from(row).ok()?.checked_sub(1)?)?;
        Some((file.to_string(), *line))
    }
}

fn places(rows: &[ImportedRow]) -> Places {
    let mut places = Places::with_capacity(rows.len());
    for row in rows {
        let file = match places.last() {
            Some((file, _)) if **file == *row.file => file.clone(),
            _ => row.file.as_str().into(),
        };
        places.push((file, row.line));
    }
    places
}

/// Reads files and splits their rows.
pub(crate) fn gather(files: &DataFiles) -> Result<Gathered, WireError> {
    let mapping = Mapping { format: files.format, columns: files.columns.clone(), sheet: files.sheet.clone() };
    let mut left_out = Vec::new();
    let mut read = |paths: &[PathBuf], mapping: Mapping| -> Result<Vec<ImportedRow>, WireError> {
        let mut rows = Vec::new();
        let options = ImportOptions { mapping };
        let summary = import_into(paths, &options, &mut |_, _| ControlFlow::Continue(()), &mut |taken| {
            if let Taken::Row(row) = taken {
                rows.push(row);
            }
            Ok(())
        })?;
        left_out.extend(left_out_of(&summary));
        Ok(rows)
    };
    let paths: Vec<PathBuf> = files.path.all().iter().map(PathBuf::from).collect();
    let rows = read(&paths, mapping.clone())?;
    if let Validation::File(path) = &files.validation {
        // It is another file, with sheets of its own.
        let validation = read(&[PathBuf::from(path.as_str())], Mapping { sheet: None, ..mapping })?;
        return Ok(Gathered { left_out, ..Gathered::of(rows, validation) });
    }
    let mut keys = RowKeys::new(SPLIT_SEED);
    rows.iter().for_each(|row| keys.push(&RowKey::of_row(row)));
    let held_out = split_keys(&keys, &[], &files.validation)?;
    let mut held_out = held_out.into_iter();
    let (validation, training) = rows.into_iter().partition(|_| held_out.next().unwrap_or(false));
    Ok(Gathered { left_out, ..Gathered::of(training, validation) })
}

/// The version in use of a dataset, for one who does not hold the home.
pub(crate) fn gather_version(home: &Home, dataset: &Dataset) -> Result<Gathered, WireError> {
    let folder = home.dataset(&dataset.id)?;
    let entries = read_entries(&folder.version(dataset.number))?;
    let rows = |split| rows_in(&folder, &entries, split)?.collect::<Result<Vec<ImportedRow>, WireError>>();
    Ok(Gathered::of(rows(Split::Training)?, rows(Split::Validation)?))
}

/// The file and the line of a row on one side, counted from 1.
pub(crate) fn place_in(folder: &DatasetFolder, entries: &[RowRef], split: Split, row: u64) -> Option<(String, u64)> {
    let at = usize::try_from(row).ok()?.checked_sub(1)?;
    let entry = entries.iter().filter(|entry| entry.split() == split).nth(at)?;
    let ImportedRow { file, line, .. } = RowReader::open(&folder.rows()).ok()?.row(entry).ok()?;
    Some((file, line))
}

/// All examples on one side.
pub(crate) fn examples_in(folder: &DatasetFolder, entries: &[RowRef], split: Split) -> Result<Vec<Example>, WireError> {
    rows_in(folder, entries, split)?.map(|row| Ok(row?.example)).collect()
}

fn rows_in(
    folder: &DatasetFolder,
    entries: &[RowRef],
    split: Split,
) -> Result<impl Iterator<Item = Result<ImportedRow, WireError>>, WireError> {
    let mut reader = RowReader::open(&folder.rows())?;
    Ok(entries.iter().filter(move |entry| entry.split() == split).map(move |entry| reader.row(entry)))
}
