//! The rows of a dataset: those that are asked for, as a person reads them, and the problems of those that were read.

use serde_json::Value;

use tunesmith_sentence::Sentence;

use crate::{Count, Split, wire};

wire! {
    /// Ask for some rows.
    pub struct DatasetRows {
        /// The dataset.
        pub dataset: String,
        /// Which part; null is both.
        pub split: Option<Split>,
        /// The first row among those that are found, from 0.
        pub offset: u64,
        /// How many, at most 200.
        pub limit: u32,
        /// The base model whose tokens are counted; null counts none.
        pub model: Option<String>,
        /// Which rows; null is all.
        #[serde(default)]
        pub find: Option<RowQuery>,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// Rows that a person looks for. All that is said must hold.
    #[derive(Default, Eq)]
    pub struct RowQuery {
        /// A text that a message holds, in any case; empty is any.
        #[serde(default)]
        pub text: String,
        /// A finding of the doctor, by its kind.
        #[serde(default)]
        pub finding: Option<String>,
        /// The role of a message that the row has.
        #[serde(default)]
        pub role: Option<String>,
        /// Characters in all messages, at least.
        #[serde(default)]
        pub least_characters: Option<u64>,
        /// Characters in all messages, at most.
        #[serde(default)]
        pub most_characters: Option<u64>,
        /// The file it came from, by the name that its rows have for it.
        #[serde(default)]
        pub file: Option<String>,
        /// The line of the file it came from.
        #[serde(default)]
        pub line: Option<u64>,
    }

    /// Some rows.
    pub struct RowsPage {
        /// Rows found.
        pub total: u64,
        /// The rows asked for.
        pub rows: Vec<Row>,
    }

    /// One row as chat bubbles.
    pub struct Row {
        /// Its place in the version, from 0.
        pub number: u64,
        /// The side it is on.
        pub split: Split,
        /// The file it came from.
        pub file: String,
        /// The line (or record number) in it, from 1.
        pub line: u64,
        /// Its messages; a plain text row is one message of role `text`.
        pub messages: Vec<RowMessage>,
        /// Columns that are kept and not used, with their values.
        pub extra: Vec<Cell>,
        /// Its length in the model's tokens; null when no model was named.
        pub tokens: Option<u32>,
        /// Of these, how many are learned.
        pub learned_tokens: Option<u32>,
        /// What the model's chat template does not show of it, and where a chat would ask otherwise.
        pub remarks: Vec<Sentence>,
    }

    /// A column and its value as text.
    pub struct Cell {
        /// The column.
        pub column: String,
        /// The value.
        pub value: String,
    }

    /// One message of a row.
    pub struct RowMessage {
        /// system, user, assistant, tool, text, chosen, rejected or label.
        pub role: String,
        /// What it says.
        pub content: String,
        /// What it thinks before; null where it does not.
        pub reasoning: Option<String>,
        /// Whether the model learns to write it.
        pub learned: bool,
    }

    /// Ask for one row with all it has.
    pub struct DatasetRow {
        /// The dataset.
        pub dataset: String,
        /// Its place in the version in use, from 0.
        pub row: u64,
    }

    /// One row with all it has, to be edited.
    pub struct FullRow {
        /// The row as bubbles.
        pub row: Row,
        /// What it means, as JSON.
        #[ts(type = "unknown")]
        pub example: Value,
    }

    /// Ask what is different between two versions of a dataset.
    pub struct CompareVersions {
        /// The dataset.
        pub dataset: String,
        /// The number of the version that is compared with.
        pub before: u32,
        /// The number of the other.
        pub after: u32,
        /// Only rows that are different in this way; null is all.
        #[serde(default)]
        pub kind: Option<RowChange>,
        /// The first row among those, from 0.
        pub offset: u64,
        /// How many, at most 200.
        pub limit: u32,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// How a row is different in another version.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum RowChange {
        /// It is new.
        Added,
        /// It is gone.
        Removed,
        /// It says something else, and comes from the same line of a file.
        Changed,
        /// It says the same and is on the other side.
        Moved,
    }

    /// What is different between two versions.
    pub struct VersionChanges {
        /// Rows that are new.
        pub added: u64,
        /// Rows that are gone.
        pub removed: u64,
        /// Rows that say something else.
        pub changed: u64,
        /// Rows that are on the other side.
        pub moved: u64,
        /// Whether the rows that both have are in another order.
        pub reordered: bool,
        /// Rows of the kind that is asked for.
        pub total: u64,
        /// Some of these, in the order of the later version; a row that is gone stands where it was.
        pub rows: Vec<ChangedRow>,
    }

    /// A row that is different in another version.
    pub struct ChangedRow {
        /// How.
        pub kind: RowChange,
        /// The row as it was; null where it is new.
        pub before: Option<Row>,
        /// The row as it is; null where it is gone.
        pub after: Option<Row>,
    }

    /// A row that was dropped, or kept with something worth knowing.
    pub struct RowProblem {
        /// The file.
        pub file: String,
        /// The line (or record number) in it, from 1.
        pub line: u64,
        /// A stable name, e.g. `missing_messages_list`.
        pub kind: String,
        /// What is wrong, in a sentence.
        pub message: Sentence,
        /// Whether the row was left out; else it was kept, repaired if need be.
        pub dropped: bool,
        /// A row that was left out as it stood in the file; empty where nothing of it was kept.
        #[serde(default)]
        pub text: String,
        /// Only its beginning was kept.
        #[serde(default)]
        pub text_cut: bool,
    }

    /// Some problems.
    pub struct ProblemsPage {
        /// Problems of the kind that is asked for.
        pub total: u64,
        /// How many there are of each kind, the most frequent first.
        pub kinds: Vec<Count>,
        /// Those asked for.
        pub problems: Vec<RowProblem>,
    }

    /// Ask for some problems.
    pub struct DatasetProblems {
        /// The dataset.
        pub dataset: String,
        /// Those of one kind; null is all.
        #[serde(default)]
        pub kind: Option<String>,
        /// The first problem, from 0.
        pub offset: u64,
        /// How many, at most 200.
        pub limit: u32,
    }
}
