//! Datasets: what they are, how they are imported, and their rows.

use serde_json::Value;

use crate::{Count, Format, Mapping, Validation, wire};

wire! {
    /// A dataset: an imported copy of the rows, split into training and validation. What is said of rows is said of the
    /// version in use.
    pub struct Dataset {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// The files it was read from.
        pub files: Vec<String>,
        /// The names by which its rows say which file they came from.
        #[serde(default)]
        pub row_files: Vec<String>,
        /// The shape of its rows.
        pub format: Format,
        /// Which column was taken for what.
        #[serde(default)]
        pub mapping: Mapping,
        /// The columns that the files have.
        #[serde(default)]
        pub columns: Vec<String>,
        /// How the shape was recognised, in a sentence.
        pub reason: String,
        /// A sentence for each file with another shape, for what was left out, and for what is held out by its name.
        #[serde(default)]
        pub remarks: Vec<String>,
        /// Rows read; always kept + dropped.
        pub rows_read: u64,
        /// Rows kept at import.
        pub rows_kept: u64,
        /// Rows dropped at import, each with a problem.
        pub rows_dropped: u64,
        /// Why rows were dropped, the most frequent first.
        pub dropped_because: Vec<Count>,
        /// Problems listed: of dropped rows and of kept ones.
        #[serde(default)]
        pub problems: u64,
        /// Rows to learn from.
        pub training_rows: u64,
        /// Rows held out.
        pub validation_rows: u64,
        /// The system prompt that most rows share; null when there is none.
        pub system_prompt: Option<String>,
        /// Its folder on disk.
        pub size_bytes: u64,
        /// The hash of the resulting row sequence.
        pub version: String,
        /// The number of the version in use, from 1.
        #[serde(default)]
        pub number: u32,
        /// All versions, the oldest first.
        #[serde(default)]
        pub versions: Vec<DatasetVersion>,
        /// The user's tags.
        pub tags: Vec<String>,
        /// When it was imported, in milliseconds since 1970.
        pub added_ms: u64,
    }

    /// A state of a dataset that a change has made. It is never changed again.
    pub struct DatasetVersion {
        /// From 1, as imported.
        pub number: u32,
        /// The hash of its row sequence, which runs remember.
        pub version: String,
        /// What was changed, in a sentence.
        pub change: String,
        /// Rows to learn from.
        pub training_rows: u64,
        /// Rows held out.
        pub validation_rows: u64,
        /// The rule by which its rows were held out.
        #[serde(default)]
        pub validation: Validation,
        /// What decided the draw of the rows held out.
        #[serde(default)]
        pub seed: u64,
        /// When, in milliseconds since 1970.
        pub made_ms: u64,
    }

    /// Import dataset files.
    pub struct ImportDataset {
        /// Files and folders, read one after another.
        pub paths: Vec<String>,
        /// A name; null takes the first file's.
        pub name: Option<String>,
        /// The shape of a row and its columns, as far as they are not to be recognised.
        #[serde(default)]
        pub mapping: Mapping,
        /// Which rows are held out.
        #[serde(default)]
        pub validation: Validation,
        /// What decides the draw of the rows held out; null takes the usual.
        #[serde(default)]
        pub seed: Option<u64>,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub task: Option<String>,
        /// Takes a dataset of the very same rows, where there is one, instead of adding another.
        #[serde(default)]
        pub reuse: bool,
    }

    /// Look at the beginning of files without importing them.
    pub struct InspectFiles {
        /// Files and folders.
        pub paths: Vec<String>,
        /// The shape of a row and its columns, as far as they are not to be recognised.
        #[serde(default)]
        pub mapping: Mapping,
    }

    /// What files begin with.
    pub struct Inspection {
        /// The files, with what each holds.
        pub files: Vec<InspectedFile>,
        /// All columns of the first rows.
        pub columns: Vec<String>,
        /// Which column is taken for what.
        pub mapping: Mapping,
        /// The parts that the shape needs, and those it can have.
        pub parts: Vec<Part>,
        /// How the shape was recognised, in a sentence.
        pub reason: String,
        /// A sentence for what was left out.
        pub remarks: Vec<String>,
        /// The first rows, as they would be imported.
        pub rows: Vec<Row>,
        /// The problems of these rows.
        pub problems: Vec<RowProblem>,
    }

    /// A file that was looked at.
    pub struct InspectedFile {
        /// Its name.
        pub name: String,
        /// What it holds, such as “JSON Lines, gzip”.
        pub what: String,
        /// Its size.
        pub bytes: u64,
    }

    /// A part of a shape that a column stands for.
    pub struct Part {
        /// Its name, such as `prompt`.
        pub name: String,
        /// A row cannot do without it.
        pub required: bool,
    }

    /// One part of a dataset.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Split {
        /// Learned from.
        Training,
        /// Held out.
        Validation,
    }

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
        /// Tool calls in it that the model's chat template does not show, so that they cannot be learned.
        pub hidden_calls: u32,
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

    /// A row that was dropped, or kept with something worth knowing.
    pub struct RowProblem {
        /// The file.
        pub file: String,
        /// The line (or record number) in it, from 1.
        pub line: u64,
        /// A stable name, e.g. `missing_messages_list`.
        pub kind: String,
        /// What is wrong, in a sentence.
        pub message: String,
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
