//! Which rows of a version are held out: by a rule, or those of a file of their own.

use std::ops::ControlFlow;
use std::path::Path;

use tunesmith_data::{RowKey, RowKeys, split_keys};
use tunesmith_protocol::{Dataset, ReadPath, Validation, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Progress;
use super::rows::Rows;
use crate::datasets::Datasets;
use crate::datasets::catalog::counts;
use crate::datasets::incoming::lasting;
use crate::datasets::reading::{self, HoldOut};
use crate::datasets::store::RowReader;
use crate::errors;
use crate::jobs::{abandonable, cancelled};

impl Rows {
    pub(super) fn hold_out(
        &mut self,
        datasets: &Datasets,
        dataset: &Dataset,
        hold_out: HoldOut,
        progress: Progress,
    ) -> Result<Sentence, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut keys = RowKeys::new(hold_out.seed);
        for (number, entry) in self.entries.iter().enumerate() {
            progress(number as u64, self.entries.len() as u64)?;
            keys.push(&RowKey::of_row(&reader.row(entry)?));
        }
        let (alike, rule) = (datasets.alike(dataset)?, hold_out.validation.clone());
        let rows = keys.len() as u64;
        let go_on = || match progress(rows, rows) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let split = abandonable(move || split_keys(&keys, &alike, &rule), go_on);
        let held_out = split.ok_or_else(cancelled)??;
        self.entries.iter_mut().zip(held_out).for_each(|(entry, held_out)| entry.held_out = held_out);
        self.hold_out = hold_out;
        let rows = counts(&self.entries).1;
        Ok(say!("dataset-rows-held-out", rows; "1 row held out", "{rows} rows held out", rows))
    }

    /// All rows that are there are learned from, and those of a file held out, in the place of such that were.
    pub(super) fn hold_out_file(
        &mut self,
        dataset: &Dataset,
        path: &ReadPath,
        seed: u64,
        progress: Progress,
    ) -> Result<Sentence, WireError> {
        let path = std::path::absolute(path).map_err(errors::io(path))?;
        let before = self.entries.len();
        if let Validation::File(_) = self.hold_out.validation {
            self.entries.retain(|entry| !entry.held_out);
        }
        let gone = before - self.entries.len();
        self.entries.iter_mut().for_each(|entry| entry.held_out = false);
        let more =
            reading::append(&self.folder, &path, &dataset.mapping, &mut |done, total| match progress(done, total) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })?;
        self.problems += more.problems;
        self.entries.extend(&more.entries);
        self.files.extend(more.files);
        let change = held_out(&path, more.entries.len(), gone, more.dropped);
        let kept = lasting(dataset.versions.len() + 1, &path, &self.folder, &self.folder)?;
        self.hold_out = HoldOut { validation: Validation::File(kept.into()), seed };
        Ok(change)
    }
}

/// What was changed: rows of a file are held out, perhaps in the place of others, and perhaps not all of them.
fn held_out(path: &Path, rows: usize, instead_of: usize, dropped: u64) -> Sentence {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let change = say!("dataset-file-held-out", rows; "1 row of “{file}” held out", "{rows} rows of “{file}” held out", rows, file);
    let change = match instead_of {
        0 => change,
        _ => say!(
            "dataset-file-held-out-instead", instead_of;
            "{change} in place of 1 row", "{change} in place of {instead_of} rows", change, instead_of
        ),
    };
    match dropped {
        0 => change,
        _ => say!("dataset-file-held-out-dropped", "{change}, {dropped} dropped", change, dropped),
    }
}
