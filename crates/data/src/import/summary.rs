//! What an import gives: rows and problems one by one, and a summary at the end.

use std::collections::{BTreeMap, HashSet};

use tunesmith_protocol::{Count, Format, Mapping, RowProblem};
use tunesmith_sentence::{Sentence, say};

use crate::ImportedRow;
use crate::quoted::quoted;
use crate::record::Problem;

/// What an import hands on, in the order of the files.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// A row that is kept.
    Row(ImportedRow),
    /// A row that is dropped, or something worth knowing about a row that is kept, which follows.
    Problem(RowProblem),
}

/// What was read. `rows_read` is always `rows_kept` plus the counts of `dropped_because`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Rows read.
    pub rows_read: u64,
    /// Rows kept.
    pub rows_kept: u64,
    /// Why rows were dropped, the most frequent first.
    pub dropped_because: Vec<Count>,
    /// The shape of the first file's rows; auto when no row was recognised.
    pub format: Format,
    /// How the shape was recognised, in a sentence.
    pub reason: Sentence,
    /// A sentence for each file with another shape, and for what was left out.
    pub remarks: Vec<Sentence>,
    /// The names by which rows say which file they came from, in order.
    pub files: Vec<String>,
    /// The names of the columns of the files, in the order in which they come.
    pub columns: Vec<String>,
    /// Which column was taken for which part of a row in the first file.
    pub mapping: Mapping,
}

impl Summary {
    /// Rows dropped.
    pub fn rows_dropped(&self) -> u64 {
        self.rows_read - self.rows_kept
    }
}

/// The summary of what was read so far.
#[derive(Default)]
pub(crate) struct SummaryBuilder {
    pub summary: Summary,
    pub dropped: BTreeMap<String, u64>,
    pub not_usable: u64,
    pub text_bytes: usize,
    pub first_problem: Option<Sentence>,
    /// The texts of all remarks: of a folder with many files there may be as many.
    remarked: HashSet<String>,
    /// The keys of messages that are not used, as they come, and the rows that have one.
    unused_keys: Vec<String>,
    rows_with_unused_keys: u64,
    /// Of each kind of note that tells of something unused, the rows that have it, and the first of them.
    unused: BTreeMap<&'static str, (u64, Sentence)>,
}

/// Notes on rows that are kept without a part of them.
const UNUSED: [&str; 6] = [
    "reasoning_column_unused",
    "repeated_column",
    "repeated_key",
    "request_keys_unused",
    "system_column_unused",
    "thought_unused",
];

/// The most keys of messages that are remembered, and that a remark names.
const MOST_KEYS: usize = 200;
const MOST_NAMES: usize = 8;

impl SummaryBuilder {
    /// Adds a remark about a file or a folder, each only once.
    pub(crate) fn remark(&mut self, sentence: Sentence) {
        if self.remarked.insert(sentence.text.clone()) {
            self.summary.remarks.push(sentence);
        }
    }

    /// Counts a row whose messages have keys that are not used.
    pub(crate) fn count_unused_keys(&mut self, notes: &[Problem]) {
        let mut keys = notes.iter().flat_map(|note| &note.unused_keys).peekable();
        self.rows_with_unused_keys += u64::from(keys.peek().is_some());
        for key in keys {
            if self.unused_keys.len() < MOST_KEYS && !self.unused_keys.contains(key) {
                self.unused_keys.push(key.clone());
            }
        }
    }

    /// Counts the notes on a row that tell of something unused.
    pub(crate) fn count_unused(&mut self, notes: &[Problem]) {
        for kind in UNUSED {
            if let Some(note) = notes.iter().find(|note| note.kind == kind) {
                self.unused.entry(kind).or_insert_with(|| (0, note.message.clone())).0 += 1;
            }
        }
    }

    /// What to say of the rest that is not used of rows.
    fn unused(&self) -> impl Iterator<Item = Sentence> {
        self.unused.values().map(|(rows, first)| {
            say!(
                "import-rows-noted", rows;
                "A part of 1 row is not used: {first}", "A part of {rows} rows is not used. In the first: {first}",
                rows = *rows, first
            )
        })
    }

    /// What to say of keys of messages that are not used.
    fn unused_keys(&self) -> Option<Sentence> {
        (self.rows_with_unused_keys > 0).then(|| {
            say!(
                "import-keys-unused", rows;
                "1 row has messages with keys that are not used: {keys}",
                "{rows} rows have messages with keys that are not used: {keys}",
                rows = self.rows_with_unused_keys, keys = quoted(self.unused_keys.iter(), MOST_NAMES)
            )
        })
    }

    pub(crate) fn summary(mut self) -> Summary {
        let unused_keys = self.unused_keys();
        let unused: Vec<Sentence> = self.unused().collect();
        self.summary.remarks.extend(unused_keys.into_iter().chain(unused));
        self.summary.remarks.extend(what_is_learned(self.summary.format));
        let count = |(what, count): (String, u64)| Count { what, count };
        let mut dropped_because: Vec<Count> = self.dropped.into_iter().map(count).collect();
        dropped_because.sort_by_key(|count| std::cmp::Reverse(count.count));
        Summary { dropped_because, ..self.summary }
    }
}

/// What a run takes of rows of this shape, where that is not all of it.
fn what_is_learned(format: Format) -> Option<Sentence> {
    match format {
        Format::Preference => Some(say!(
            "import-better-learned",
            "Of the two answers of a row, a run learns only the better one (chosen)"
        )),
        Format::Unpaired => Some(say!("import-good-learned", "A run learns only from answers that are judged good")),
        _ => None,
    }
}
