//! The doctor's repairs, carried out on a version.

use std::collections::BTreeMap;

use tunesmith_data::ImportedRow;
use tunesmith_data_doctor::{self as doctor, AllRepairs, RepairKind, Report};
use tunesmith_protocol::{Dataset, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Progress;
use super::rows::{Rows, removed};
use crate::datasets::Datasets;
use crate::datasets::reading::HoldOut;
use crate::datasets::store::{RowReader, RowRef, RowWriter};
use crate::home::DatasetFolder;

impl Rows {
    pub(super) fn repair(
        &mut self,
        datasets: &Datasets,
        dataset: &Dataset,
        kind: &str,
        progress: Progress,
    ) -> Result<Sentence, WireError> {
        let finding = datasets.finding(dataset, kind)?.ok_or_else(nothing_to_repair)?;
        match finding.repair.ok_or_else(nothing_to_repair)? {
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => self.delete(&places(&finding.rows_to_remove())),
            repair => {
                let rows = finding.rows.into_iter().map(|row| (row, vec![repair])).collect();
                Ok(repaired(repair, self.mend(&rows, progress)?))
            }
        }
    }

    /// Carries out every repair of a report, as one change.
    pub(super) fn repair_all(&mut self, report: &Report, progress: Progress) -> Result<Sentence, WireError> {
        let AllRepairs { removed: gone, changed } = report.all_repairs();
        if gone.is_empty() && changed.is_empty() {
            return Err(nothing_to_repair());
        }
        // Rows have their places in the report only as long as none is gone.
        let mended = self.mend(&changed, progress)?;
        self.delete(&places(&gone))?;
        Ok(match (gone.len() as u64, mended) {
            (gone, 0) => removed(gone),
            (0, mended) => rows_repaired(mended),
            (gone, mended) => say!(
                "dataset-all-repaired",
                "{removed}, {repaired}",
                removed = removed(gone),
                repaired = say!("dataset-others-repaired", rows; "1 repaired", "{rows} repaired", rows = mended)
            ),
        })
    }

    /// Repairs rows, and returns how many of them had anything to repair.
    fn mend(&mut self, rows: &BTreeMap<u32, Vec<RepairKind>>, progress: Progress) -> Result<u64, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let mut mended = 0_u64;
        for (number, (&row, repairs)) in rows.iter().enumerate() {
            progress(number as u64, rows.len() as u64)?;
            let Some(entry) = self.entries.get_mut(row as usize) else { continue };
            let old = reader.row(entry)?;
            if let Some(example) = doctor::repair_with(repairs, &old.example) {
                *entry = writer.push(&ImportedRow { example, ..old }, entry.held_out)?;
                mended += 1;
            }
        }
        writer.finish()?;
        Ok(mended)
    }
}

/// Rows that are in no home after every repair of a report, and what was changed; nothing where there is nothing to repair.
pub(in crate::datasets) fn repair_all(
    folder: &DatasetFolder,
    entries: Vec<RowRef>,
    report: &Report,
    progress: Progress,
) -> Result<(Vec<RowRef>, Option<Sentence>), WireError> {
    if report.all_repairs() == AllRepairs::default() {
        return Ok((entries, None));
    }
    let folder = DatasetFolder(folder.0.clone());
    let mut rows = Rows { folder, entries, files: Vec::new(), hold_out: HoldOut::default(), problems: 0 };
    let change = rows.repair_all(report, progress)?;
    Ok((rows.entries, Some(change)))
}

pub(super) fn nothing_to_repair() -> WireError {
    WireError::invalid(
        say!("dataset-nothing-to-repair", "There is nothing left to repair here"),
        say!("dataset-nothing-to-repair-hint", "Let the doctor look again"),
    )
}

fn places(rows: &[u32]) -> Vec<usize> {
    rows.iter().map(|row| *row as usize).collect()
}

fn rows_repaired(rows: u64) -> Sentence {
    say!("dataset-rows-repaired", rows; "1 row repaired", "{rows} rows repaired", rows)
}

/// What was changed, in a sentence.
fn repaired(repair: RepairKind, rows: u64) -> Sentence {
    match repair {
        RepairKind::MaskSecrets => say!(
            "dataset-secrets-masked", rows;
            "Keys and passwords masked in 1 row", "Keys and passwords masked in {rows} rows", rows
        ),
        RepairKind::MaskPersonalData => say!(
            "dataset-personal-data-masked", rows;
            "Personal data masked in 1 row", "Personal data masked in {rows} rows", rows
        ),
        RepairKind::StripHtml => {
            say!("dataset-html-removed", rows; "HTML removed in 1 row", "HTML removed in {rows} rows", rows)
        }
        RepairKind::FixMojibake => say!(
            "dataset-garbled-text-repaired", rows;
            "Garbled text repaired in 1 row", "Garbled text repaired in {rows} rows", rows
        ),
        RepairKind::RemoveControlCharacters => say!(
            "dataset-control-characters-removed", rows;
            "Invisible characters removed in 1 row", "Invisible characters removed in {rows} rows", rows
        ),
        RepairKind::TrimAnswerStart => say!(
            "dataset-answer-starts-trimmed", rows;
            "Blanks before the answer removed in 1 row", "Blanks before the answers removed in {rows} rows", rows
        ),
        RepairKind::MergeSameRole => say!(
            "dataset-same-role-joined", rows;
            "Messages of one role joined in 1 row", "Messages of one role joined in {rows} rows", rows
        ),
        RepairKind::MergeSystem => say!(
            "dataset-system-messages-merged", rows;
            "System messages merged in 1 row", "System messages merged in {rows} rows", rows
        ),
        RepairKind::DropTrailingUser => say!(
            "dataset-unanswered-removed", rows;
            "Unanswered questions removed in 1 row", "Unanswered questions removed in {rows} rows", rows
        ),
        RepairKind::RemoveRows | RepairKind::RemoveDuplicates => removed(rows),
    }
}
