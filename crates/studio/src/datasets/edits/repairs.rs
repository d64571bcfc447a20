//! The doctor's repairs, carried out on a version.

use tunesmith_data::ImportedRow;
use tunesmith_data_doctor::{self as doctor, RepairKind};
use tunesmith_protocol::{Dataset, WireError};

use super::Progress;
use super::rows::Rows;
use crate::datasets::Datasets;
use crate::datasets::store::{RowReader, RowWriter};
use crate::format::count_of;

impl Rows {
    pub(super) fn repair(
        &mut self,
        datasets: &Datasets,
        dataset: &Dataset,
        kind: &str,
        progress: Progress,
    ) -> Result<String, WireError> {
        let nothing = || WireError::invalid("There is nothing left to repair here", "Let the doctor look again");
        let finding = datasets.finding(dataset, kind)?.ok_or_else(nothing)?;
        match finding.repair.ok_or_else(nothing)? {
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => {
                self.delete(&finding.rows_to_remove().iter().map(|row| *row as usize).collect::<Vec<_>>())
            }
            repair => self.mend(repair, &finding.rows, progress),
        }
    }

    fn mend(&mut self, repair: RepairKind, rows: &[u32], progress: Progress) -> Result<String, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let mut mended = 0;
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
        let what = match repair {
            RepairKind::MaskSecrets => "Keys and passwords masked",
            RepairKind::MaskPersonalData => "Personal data masked",
            RepairKind::StripHtml => "HTML removed",
            RepairKind::FixMojibake => "Garbled text repaired",
            RepairKind::RemoveControlCharacters => "Invisible characters removed",
            RepairKind::MergeSameRole => "Messages of one role joined",
            RepairKind::DropTrailingUser => "Unanswered questions removed",
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => "Rows removed",
        };
        Ok(format!("{what} in {}", count_of(mended, "row")))
    }
}
