//! Which rows of a version are held out: by a rule, or those of a file of their own.

use std::ops::ControlFlow;

use tunesmith_data::{RowKey, RowKeys, split_keys};
use tunesmith_protocol::{Dataset, ReadPath, Validation, WireError};

use super::Progress;
use super::rows::Rows;
use crate::datasets::Datasets;
use crate::datasets::catalog::counts;
use crate::datasets::incoming::lasting;
use crate::datasets::reading::{self, HoldOut};
use crate::datasets::store::RowReader;
use crate::errors;
use crate::format::count_of;
use crate::jobs::{abandonable, cancelled};

impl Rows {
    pub(super) fn hold_out(
        &mut self,
        datasets: &Datasets,
        dataset: &Dataset,
        hold_out: HoldOut,
        progress: Progress,
    ) -> Result<String, WireError> {
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
        Ok(format!("{} held out", count_of(counts(&self.entries).1 as usize, "row")))
    }

    /// All rows that are there are learned from, and those of a file held out, in the place of such that were.
    pub(super) fn hold_out_file(
        &mut self,
        dataset: &Dataset,
        path: &ReadPath,
        seed: u64,
        progress: Progress,
    ) -> Result<String, WireError> {
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
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let dropped = if more.dropped > 0 { format!(", {} dropped", more.dropped) } else { String::new() };
        let instead = if gone > 0 { format!(" in place of {}", count_of(gone, "row")) } else { String::new() };
        let change = format!("{} of “{name}” held out{instead}{dropped}", count_of(more.entries.len(), "row"));
        let kept = lasting(dataset.versions.len() + 1, &path, &self.folder, &self.folder)?;
        self.hold_out = HoldOut { validation: Validation::File(kept.into()), seed };
        Ok(change)
    }
}
