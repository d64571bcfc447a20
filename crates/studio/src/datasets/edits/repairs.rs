//! The doctor's repairs, carried out on a version.

use tunesmith_data::ImportedRow;
use tunesmith_data_doctor::{self as doctor, RepairKind};
use tunesmith_protocol::{Dataset, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Progress;
use super::rows::{Rows, removed};
use crate::datasets::Datasets;
use crate::datasets::store::{RowReader, RowWriter};

impl Rows {
    pub(super) fn repair(
        &mut self,
        datasets: &Datasets,
        dataset: &Dataset,
        kind: &str,
        progress: Progress,
    ) -> Result<Sentence, WireError> {
        let nothing = || {
            WireError::invalid(
                say!("dataset-nothing-to-repair", "There is nothing left to repair here"),
                say!("dataset-nothing-to-repair-hint", "Let the doctor look again"),
            )
        };
        let finding = datasets.finding(dataset, kind)?.ok_or_else(nothing)?;
        match finding.repair.ok_or_else(nothing)? {
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => {
                self.delete(&finding.rows_to_remove().iter().map(|row| *row as usize).collect::<Vec<_>>())
            }
            repair => self.mend(repair, &finding.rows, progress),
        }
    }

    fn mend(&mut self, repair: RepairKind, rows: &[u32], progress: Progress) -> Result<Sentence, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let mut mended = 0_u64;
        for (number, &row) in rows.iter().enumerate() {
            progress(number as u64, rows.len() as u64)?;
            let Some(entry) = self.entries.get_mut(row as usize) else { continue };
            let old = reader.row(entry)?;
            if let Some(example) = doctor::repair(repair, &old.example) {
                *entry = writer.push(&ImportedRow { example, ..old }, entry.held_out)?;
                mended += 1;
            }
        }
        writer.finish()?;
        Ok(repaired(repair, mended))
    }
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
