//! Changes of rows. None touches what was imported: each writes new rows behind it, where there are any, and makes a new
//! version of the list of rows. Undoing is putting an older version in use.

mod hold_out;
mod repairs;
mod rows;

use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportedRow, TYPED_IN, draw};
use tunesmith_protocol::{Dataset, Edit, EditDataset, ItemKind, JobKind, Split, UseVersion, Validation, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::catalog::at_version;
use super::reading::HoldOut;
use super::rows::no_row;
use super::store::RowReader;
use crate::jobs::{Claim, NewJob, cancelled};
pub(super) use repairs::repair_all;
use rows::Rows;

impl Datasets {
    /// Changes a dataset.
    pub fn edit(&self, args: EditDataset) -> Result<Dataset, WireError> {
        let dataset = self.get(&args.dataset)?;
        let job =
            NewJob::new(JobKind::Edit, &dataset.name).id_of_call(args.job).claims(Claim::Dataset(dataset.id.clone()));
        self.jobs.run(job.on(ItemKind::Dataset, &dataset.id), |job| {
            // Whoever was before has changed it.
            let dataset = self.get(&args.dataset)?;
            require_version(&dataset, args.version)?;
            let mut rows = Rows::of(self, &dataset)?;
            let note = say!("job-changing-rows", "Changing the rows");
            let mut progress = |done, total| match job.rows(&note, done, total) {
                ControlFlow::Break(()) => Err(cancelled()),
                ControlFlow::Continue(()) => Ok(()),
            };
            let change = apply(self, &dataset, &mut rows, args.edit, &mut progress)?;
            rows.require_some(&dataset)?;
            let dataset = rows.keep(self, dataset, change)?;
            self.check_in_background(&dataset.id);
            Ok(dataset)
        })
    }

    /// Puts another version in use.
    pub fn use_version(&self, args: &UseVersion) -> Result<Dataset, WireError> {
        let name = self.get(&args.dataset)?.name;
        let job = NewJob::new(JobKind::Edit, name).claims(Claim::Dataset(args.dataset.clone()));
        self.jobs.run(job.on(ItemKind::Dataset, &args.dataset), |_| {
            let mut dataset = at_version(self.get(&args.dataset)?, args.number)?;
            dataset.system_prompt = Rows::of(self, &dataset)?.system_prompt()?;
            self.write_facts(&dataset)?;
            self.check_in_background(&args.dataset);
            Ok(dataset)
        })
    }
}

/// Places are of one version: in another there may be other rows.
fn require_version(dataset: &Dataset, meant: Option<u32>) -> Result<(), WireError> {
    match meant.filter(|meant| *meant != dataset.number) {
        None => Ok(()),
        Some(meant) => Err(WireError::invalid(
            say!(
                "dataset-version-outdated",
                "Version {number} is in use by now, and this change was meant for version {meant}",
                number = dataset.number,
                meant
            ),
            say!("dataset-version-outdated-hint", "Look at the rows as they are now, and make the change there"),
        )),
    }
}

type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> Result<(), WireError>;

/// What was changed, in a sentence.
fn apply(
    datasets: &Datasets,
    dataset: &Dataset,
    rows: &mut Rows,
    edit: Edit,
    progress: Progress,
) -> Result<Sentence, WireError> {
    Ok(match edit {
        Edit::Replace { row, example } => {
            let old = *rows.entries.get(row as usize).ok_or_else(|| no_row(row, rows.entries.len()))?;
            let kept = RowReader::open(&rows.folder.rows())?.row(&old)?;
            let new = ImportedRow { example: meant(example)?, ..kept };
            rows.entries[row as usize] = rows.write(&[(new, old.held_out)])?[0];
            say!("dataset-row-edited", "Row {row} edited", row = row + 1)
        }
        Edit::Add { example, split } => {
            let line = rows.entries.len() as u64 + 1;
            let row = ImportedRow { file: TYPED_IN.into(), line, example: meant(example)?, extra: Default::default() };
            let new = rows.write(&[(row, split == Split::Validation)])?;
            rows.entries.extend(new);
            rows.files.push(TYPED_IN.into());
            say!("dataset-row-added", "A row added")
        }
        Edit::Delete { rows: gone } => rows.delete(&gone.iter().map(|row| *row as usize).collect::<Vec<_>>())?,
        Edit::Merge { dataset: other } => rows.merge(datasets, &other, progress)?,
        Edit::Sample { rows: count, seed } => {
            let before = rows.entries.len();
            let count = (count as usize).min(before);
            let mut kept: Vec<usize> = draw(seed, before).take(count).collect();
            kept.sort_unstable();
            rows.entries = kept.into_iter().map(|row| rows.entries[row]).collect();
            say!("dataset-rows-drawn", "{drawn} of {rows} rows drawn", drawn = count, rows = before)
        }
        Edit::Shuffle { seed } => {
            rows.entries = draw(seed, rows.entries.len()).map(|row| rows.entries[row]).collect();
            say!("dataset-rows-shuffled", "Rows shuffled")
        }
        Edit::Split { validation: Validation::File(path), seed } => {
            rows.hold_out_file(dataset, &path, seed, progress)?
        }
        Edit::Split { validation, seed } => rows.hold_out(datasets, dataset, HoldOut { validation, seed }, progress)?,
        Edit::Repair { finding } => rows.repair(datasets, dataset, &finding, progress)?,
        Edit::RepairAll => {
            let report = datasets.known_report(dataset)?.ok_or_else(repairs::nothing_to_repair)?;
            rows.repair_all(&report, progress)?
        }
    })
}

/// What was typed in, held to what an import would have accepted.
fn meant(example: serde_json::Value) -> Result<Example, WireError> {
    let example: Example = serde_json::from_value(example).map_err(|error| {
        WireError::invalid(
            say!("dataset-not-a-row", "This is not a row: {error}", error = error.to_string()),
            say!("dataset-not-a-row-hint", "Check roles and texts"),
        )
    })?;
    let hint = || say!("dataset-row-refused-hint", "Change the row and save again");
    tunesmith_data::check(example).map_err(|problem| WireError::invalid(problem, hint()))
}
