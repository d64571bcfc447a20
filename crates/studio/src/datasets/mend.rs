//! Rows that are not what was written: found by their checksums, and mended where the same rows were just read again.

use std::collections::HashMap;

use tunesmith_protocol::{Dataset, WireError};
use tunesmith_sentence::say;

use super::Datasets;
use super::store::{ListReader, RowReader, RowRef, RowWriter, read_entries, write_entries};
use crate::home::DatasetFolder;

impl Datasets {
    /// Whether every row of the version in use is what was written.
    ///
    /// # Errors
    /// The first damage that is found.
    pub(super) fn check_rows(&self, dataset: &Dataset) -> Result<(), WireError> {
        let folder = self.home.dataset(&dataset.id)?;
        let mut rows = RowReader::open(&folder.rows())?;
        ListReader::open(&folder.version(dataset.number))?.try_for_each(|entry| rows.row(&entry?).map(drop))
    }

    /// Writes the rows of a version that was just read again behind those that are there, and lets all versions of the damaged
    /// dataset name them in the place of the damaged ones.
    pub(super) fn mend(&self, dataset: &Dataset, fresh: &DatasetFolder, damage: WireError) -> Result<(), WireError> {
        let folder = self.home.dataset(&dataset.id)?;
        let mut written = RowWriter::open(&folder.rows())?;
        let mut read = RowReader::open(&fresh.rows())?;
        let mut entries = Vec::new();
        for entry in ListReader::open(&fresh.version(1))? {
            let entry = entry?;
            entries.push(written.copy(read.bytes(&entry)?, &entry)?);
        }
        written.finish()?;
        let whole: HashMap<[u8; 16], RowRef> = entries.iter().map(|entry| (entry.key, *entry)).collect();
        for version in &dataset.versions {
            let list = folder.version(version.number);
            if version.number == dataset.number {
                write_entries(&list, &entries)?;
            } else if let Ok(mut others) = read_entries(&list) {
                replace_damaged(&mut others, &whole, &mut RowReader::open(&folder.rows())?);
                write_entries(&list, &others)?;
            }
        }
        self.cache.forget_rows();
        self.home.notices().tell_of(
            &folder.rows(),
            say!(
                "dataset-mended",
                "The rows of “{name}” were damaged, and were read again from their file: {why}",
                name = &dataset.name,
                why = damage.message
            ),
            say!(
                "dataset-mended-hint",
                "Rows that you edited or added may still be damaged. Look through {name}",
                name = &dataset.name
            ),
        );
        self.topics.library_changed();
        Ok(())
    }
}

/// Damaged rows of another version that say the same as whole ones are named in their place. The side that they are on stays.
fn replace_damaged(entries: &mut [RowRef], whole: &HashMap<[u8; 16], RowRef>, rows: &mut RowReader) {
    for entry in entries {
        if let Some(same) = whole.get(&entry.key)
            && rows.row(entry).is_err()
        {
            *entry = RowRef { held_out: entry.held_out, ..*same };
        }
    }
}
