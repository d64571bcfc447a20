//! All rows of a run in memory, for a run straight from a run file: of files, or of a version of a dataset in the home.

use std::ops::ControlFlow;
use std::path::PathBuf;

use tunesmith_data::{Example, ImportOptions, ImportedRow, RowKey, RowKeys, Taken, import_into, split_keys};
use tunesmith_protocol::{DataFiles, Dataset, Mapping, Split, Validation, WireError};

use super::reading::SPLIT_SEED;
use super::store::{RowReader, RowRef, read_entries};
use crate::home::{DatasetFolder, Home};

/// The rows of both sides.
pub(crate) struct Gathered {
    pub training: Vec<Example>,
    pub validation: Vec<Example>,
}

/// Reads files and splits their rows.
pub(crate) fn gather(files: &DataFiles) -> Result<Gathered, WireError> {
    let mapping = Mapping { format: files.format, columns: files.columns.clone() };
    let read = |paths: &[PathBuf]| -> Result<Vec<ImportedRow>, WireError> {
        let mut rows = Vec::new();
        let options = ImportOptions { mapping: mapping.clone() };
        import_into(paths, &options, &mut |_, _| ControlFlow::Continue(()), &mut |taken| {
            if let Taken::Row(row) = taken {
                rows.push(row);
            }
            Ok(())
        })?;
        Ok(rows)
    };
    let paths: Vec<PathBuf> = files.path.all().iter().map(PathBuf::from).collect();
    let rows = read(&paths)?;
    let examples = |rows: Vec<ImportedRow>| rows.into_iter().map(|row| row.example).collect();
    if let Validation::File(path) = &files.validation {
        let validation = read(&[PathBuf::from(path.as_str())])?;
        return Ok(Gathered { training: examples(rows), validation: examples(validation) });
    }
    let mut keys = RowKeys::new(SPLIT_SEED);
    rows.iter().for_each(|row| keys.push(&RowKey::of_row(row)));
    let held_out = split_keys(&keys, &[], &files.validation)?;
    let mut held_out = held_out.into_iter();
    let (validation, training) = rows.into_iter().partition(|_| held_out.next().unwrap_or(false));
    Ok(Gathered { training: examples(training), validation: examples(validation) })
}

/// The version in use of a dataset, for one who does not hold the home.
pub(crate) fn gather_version(home: &Home, dataset: &Dataset) -> Result<Gathered, WireError> {
    let folder = home.dataset(&dataset.id)?;
    let entries = read_entries(&folder.version(dataset.number))?;
    let examples = |split| examples_in(&folder, &entries, split);
    Ok(Gathered { training: examples(Split::Training)?, validation: examples(Split::Validation)? })
}

/// All examples on one side.
pub(crate) fn examples_in(folder: &DatasetFolder, entries: &[RowRef], split: Split) -> Result<Vec<Example>, WireError> {
    let mut reader = RowReader::open(&folder.rows())?;
    entries.iter().filter(|entry| entry.split() == split).map(|entry| Ok(reader.row(entry)?.example)).collect()
}
