//! What an import has read, told as a dataset.

use std::collections::HashSet;
use std::ops::Deref;

use tunesmith_data::Summary;
use tunesmith_protocol::{Dataset, DatasetVersion};
use tunesmith_sentence::say;

use super::HoldOut;
use crate::datasets::store::Listed;
use crate::ids;

/// What a dataset is besides its rows.
pub(crate) struct Origin<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub sample: Option<&'a str>,
    pub files: Vec<String>,
    pub size_bytes: u64,
    pub hold_out: HoldOut,
}

/// What an import has read.
pub(crate) struct Read {
    /// Its rows, as they lie in the first version.
    pub listed: Listed,
    pub problem_count: u64,
    pub system_prompt: Option<String>,
    pub summary: Summary,
}

impl Read {
    pub fn describe(self, origin: Origin<'_>) -> Dataset {
        let Origin { id, name, sample, files, size_bytes, hold_out } = origin;
        let summary = &self.summary;
        let Listed { version, training_rows, validation_rows } = self.listed;
        let now = ids::now_ms();
        let kept = training_rows + validation_rows;
        let change = say!("dataset-as-imported", "As imported");
        let first = DatasetVersion {
            number: 1,
            version: version.clone(),
            change,
            training_rows,
            validation_rows,
            validation: hold_out.validation,
            seed: hold_out.seed,
            made_ms: now,
        };
        Dataset {
            id: id.into(),
            name: name.into(),
            sample: sample.map(str::to_owned),
            files,
            row_files: distinct(summary.files.iter().cloned()),
            format: summary.format,
            mapping: summary.mapping.clone(),
            columns: summary.columns.clone(),
            reason: summary.reason.clone(),
            remarks: distinct(summary.remarks.iter().cloned()),
            rows_read: summary.rows_read,
            rows_kept: kept,
            rows_dropped: summary.rows_read.saturating_sub(kept),
            dropped_because: summary.dropped_because.clone(),
            problems: self.problem_count,
            training_rows,
            validation_rows,
            system_prompt: self.system_prompt,
            size_bytes,
            version,
            number: 1,
            versions: vec![first],
            tags: Vec::new(),
            added_ms: now,
        }
    }
}

/// Names or sentences without those that were there before.
pub(crate) fn distinct<T: Deref<Target = str>>(texts: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    texts.filter(|text| seen.insert(text.to_string())).collect()
}
