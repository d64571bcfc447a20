//! The rows of a version while they are changed, and what is left of them as the next version.

use tunesmith_data::ImportedRow;
use tunesmith_protocol::{Dataset, DatasetVersion, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Progress;
use crate::datasets::Datasets;
use crate::datasets::catalog::{counts, take_over};
use crate::datasets::prompts;
use crate::datasets::reading::{HoldOut, distinct};
use crate::datasets::rows::no_row;
use crate::datasets::store::{RowReader, RowRef, RowWriter, write_entries};
use crate::home::{self, DatasetFolder};
use crate::ids;

/// The rows of a version while they are changed.
pub(super) struct Rows {
    pub folder: DatasetFolder,
    pub entries: Vec<RowRef>,
    /// The names of the files that rows came from.
    pub files: Vec<String>,
    /// The rule by which rows are held out; a change keeps it, unless it is about that.
    pub hold_out: HoldOut,
    /// Problems of rows that were read for this change.
    pub problems: u64,
}

impl Rows {
    pub(super) fn of(datasets: &Datasets, dataset: &Dataset) -> Result<Self, WireError> {
        Ok(Self {
            folder: datasets.home.dataset(&dataset.id)?,
            entries: datasets.entries(dataset)?.to_vec(),
            files: dataset.row_files.clone(),
            hold_out: hold_out(dataset),
            problems: 0,
        })
    }

    /// Refuses a change after which there is nothing, or nothing to learn from.
    pub(super) fn require_some(&self, before: &Dataset) -> Result<(), WireError> {
        match counts(&self.entries) {
            (0, 0) => Err(WireError::invalid(
                say!("dataset-no-row-left", "No row would be left"),
                say!("dataset-no-row-left-hint", "Keep at least one row"),
            )),
            (0, held_out) if before.training_rows > 0 => Err(WireError::invalid(
                say!(
                    "dataset-no-row-to-learn-from", held_out;
                    "No row would be left to learn from: 1 row held out",
                    "No row would be left to learn from: {held_out} rows held out",
                    held_out
                ),
                say!("dataset-no-row-to-learn-from-hint", "Hold out fewer rows, or take another file to hold out"),
            )),
            _ => Ok(()),
        }
    }

    /// Writes rows behind those that are there.
    pub(super) fn write(&self, rows: &[(ImportedRow, bool)]) -> Result<Vec<RowRef>, WireError> {
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let entries = rows.iter().map(|(row, held_out)| writer.push(row, *held_out)).collect::<Result<_, _>>()?;
        writer.finish()?;
        Ok(entries)
    }

    pub(super) fn delete(&mut self, gone: &[usize]) -> Result<Sentence, WireError> {
        if let Some(row) = gone.iter().find(|row| **row >= self.entries.len()) {
            return Err(no_row(*row as u64, self.entries.len()));
        }
        let mut keep = vec![true; self.entries.len()];
        gone.iter().for_each(|row| keep[*row] = false);
        let before = self.entries.len();
        let mut kept = keep.into_iter();
        self.entries.retain(|_| kept.next().unwrap_or(true));
        Ok(removed((before - self.entries.len()) as u64))
    }

    pub(super) fn merge(
        &mut self,
        datasets: &Datasets,
        other: &str,
        progress: Progress,
    ) -> Result<Sentence, WireError> {
        let other = datasets.get(other)?;
        let theirs = datasets.entries(&other)?;
        let mut reader = RowReader::open(&datasets.home.dataset(&other.id)?.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        for (number, entry) in theirs.iter().enumerate() {
            progress(number as u64, theirs.len() as u64)?;
            self.entries.push(writer.copy(reader.bytes(entry)?, entry)?);
        }
        writer.finish()?;
        self.files.extend(other.row_files);
        Ok(say!(
            "dataset-rows-merged", rows;
            "1 row of “{name}” added", "{rows} rows of “{name}” added", rows = theirs.len(), name = other.name
        ))
    }

    pub(super) fn system_prompt(&self) -> Result<Option<String>, WireError> {
        prompts::shared(|| Ok(self.entries.iter().copied().map(Ok)), &mut RowReader::open(&self.folder.rows())?)
    }

    /// Makes these rows the newest version and puts it in use.
    pub(super) fn keep(
        mut self,
        datasets: &Datasets,
        mut dataset: Dataset,
        change: Sentence,
    ) -> Result<Dataset, WireError> {
        let number = dataset.versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
        let listed = write_entries(&self.folder.version(number), &self.entries)?;
        let version = DatasetVersion {
            number,
            version: listed.version,
            change,
            training_rows: listed.training_rows,
            validation_rows: listed.validation_rows,
            validation: self.hold_out.validation.clone(),
            seed: self.hold_out.seed,
            made_ms: ids::now_ms(),
        };
        take_over(&mut dataset, &version);
        dataset.versions.push(version);
        // An import of an earlier day has told no names, and some are worse than none.
        if !dataset.row_files.is_empty() {
            dataset.row_files = distinct(std::mem::take(&mut self.files).into_iter());
        }
        dataset.system_prompt = self.system_prompt()?;
        dataset.problems += self.problems;
        dataset.size_bytes = home::size(&self.folder.0);
        datasets.write_facts(&dataset)?;
        Ok(dataset)
    }
}

/// What was changed where rows went.
pub(super) fn removed(rows: u64) -> Sentence {
    say!("dataset-rows-removed", rows; "1 row removed", "{rows} rows removed", rows)
}

/// The rule of the version in use.
fn hold_out(dataset: &Dataset) -> HoldOut {
    let version = dataset.versions.iter().find(|version| version.number == dataset.number);
    version.map_or(HoldOut::default(), |version| HoldOut { validation: version.validation.clone(), seed: version.seed })
}
