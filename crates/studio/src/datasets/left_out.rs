//! What an import left out, in sentences, for one who sees no screen of the import.

use tunesmith_data::Summary;
use tunesmith_protocol::{Count, Dataset};
use tunesmith_sentence::{Sentence, say};

/// The keys of reasons that name columns or parts which are not used, or chosen columns that no row has.
const UNUSED: [&str; 3] = ["shape-columns-unused", "shape-chosen-absent", "shape-parts-aside"];

/// What was left out when a dataset was read: rows, sheets, files, columns and keys of messages.
pub fn left_out(dataset: &Dataset) -> Vec<Sentence> {
    told(dataset.rows_read, &dataset.dropped_because, &dataset.reason, &dataset.remarks)
}

/// The same of an import into memory.
pub(crate) fn left_out_of(summary: &Summary) -> Vec<Sentence> {
    told(summary.rows_read, &summary.dropped_because, &summary.reason, &summary.remarks)
}

/// `reason` is how the rows were recognised, and names columns that are not used.
fn told(rows_read: u64, dropped_because: &[Count], reason: &Sentence, remarks: &[Sentence]) -> Vec<Sentence> {
    let rows = dropped_because.iter().map(|Count { what, count }| {
        say!(
            "import-rows-left-out", rows;
            "1 of {all} rows was left out: {why}", "{rows} of {all} rows were left out: {why}",
            rows = *count, all = rows_read, why = what.replace('_', " ")
        )
    });
    let columns = Some(reason).filter(|reason| UNUSED.contains(&&*reason.key));
    rows.chain(columns.into_iter().chain(remarks).cloned()).collect()
}
