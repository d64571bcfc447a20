//! What the user owns: base models and datasets.

use crate::{Format, wire};

wire! {
    /// A kind of thing the user owns and can rename, tag and delete.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ItemKind {
        /// A base model.
        Model,
        /// A dataset.
        Dataset,
        /// A run and its adapter.
        Run,
        /// A chat and what was said in it; it has no tags.
        Chat,
    }

    /// One thing the user owns.
    pub struct ItemRef {
        /// What it is.
        pub kind: ItemKind,
        /// Its id.
        pub id: String,
    }

    /// A new name for a thing.
    pub struct Rename {
        /// The thing.
        pub item: ItemRef,
        /// Its new name.
        pub name: String,
    }

    /// New tags for a thing; they replace the old ones.
    pub struct SetTags {
        /// The thing.
        pub item: ItemRef,
        /// All its tags.
        pub tags: Vec<String>,
    }

    /// Where a base model comes from.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ModelSource {
        /// Bundled with Tunesmith.
        Starter,
        /// A Hugging Face folder the user chose; it stays where it is.
        Folder,
        /// Found in this computer's Hugging Face cache; it stays where it is.
        Cache,
        /// Trained here with method full or scratch.
        Trained,
    }

    /// A base model.
    pub struct Model {
        /// Its id; `starter` for the bundled one.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// Where it comes from.
        pub source: ModelSource,
        /// Its folder.
        pub path: String,
        /// Its family, e.g. `llama`.
        pub family: String,
        /// Number of weights.
        pub parameters: u64,
        /// Its files on disk.
        pub size_bytes: u64,
        /// The longest context it was made for, in tokens.
        pub context_length: u32,
        /// Whether it brings a chat template.
        pub has_chat_template: bool,
        /// The user's tags.
        pub tags: Vec<String>,
        /// When it was added, in milliseconds since 1970.
        pub added_ms: u64,
        /// Why it cannot be used now (its folder is gone, say); null when it can.
        pub problem: Option<String>,
    }

    /// Add a model folder.
    pub struct AddModel {
        /// A Hugging Face folder.
        pub path: String,
    }

    /// A dataset: an imported copy of the rows, split into training and validation.
    pub struct Dataset {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// The files it was read from.
        pub files: Vec<String>,
        /// The shape of its rows.
        pub format: Format,
        /// How the shape was recognised, in a sentence.
        pub reason: String,
        /// Rows read; always kept + dropped.
        pub rows_read: u64,
        /// Rows kept.
        pub rows_kept: u64,
        /// Rows dropped, each with a problem.
        pub rows_dropped: u64,
        /// Why rows were dropped, the most frequent first.
        pub dropped_because: Vec<Count>,
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
        /// The user's tags.
        pub tags: Vec<String>,
        /// When it was imported, in milliseconds since 1970.
        pub added_ms: u64,
    }

    /// How often something occurred.
    pub struct Count {
        /// What.
        pub what: String,
        /// How often.
        pub count: u64,
    }

    /// Import dataset files.
    pub struct ImportDataset {
        /// The files, read one after another.
        pub paths: Vec<String>,
        /// A name; null takes the first file's.
        pub name: Option<String>,
        /// The shape of a row, or auto.
        #[serde(default)]
        pub format: Format,
        /// Which rows are held out.
        #[serde(default)]
        pub validation: crate::Validation,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub task: Option<String>,
        /// Takes a dataset of the very same rows, where there is one, instead of adding another.
        #[serde(default)]
        pub reuse: bool,
    }

    /// A bundled sample dataset.
    pub struct Sample {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub title: String,
        /// What the model learns from it, in a sentence.
        pub summary: String,
        /// Number of rows.
        pub rows: u32,
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
        /// Which part.
        pub split: Split,
        /// The first row, from 0.
        pub offset: u64,
        /// How many, at most 200.
        pub limit: u32,
        /// The base model whose tokens are counted; null counts none.
        pub model: Option<String>,
    }

    /// Some rows.
    pub struct RowsPage {
        /// Rows in this part.
        pub total: u64,
        /// The rows asked for.
        pub rows: Vec<Row>,
    }

    /// One row as chat bubbles.
    pub struct Row {
        /// The file it came from.
        pub file: String,
        /// The line (or record number) in it, from 1.
        pub line: u64,
        /// Its messages; a plain text row is one message of role `text`.
        pub messages: Vec<RowMessage>,
        /// Its length in the model's tokens; null when no model was named.
        pub tokens: Option<u32>,
        /// Of these, how many are learned.
        pub learned_tokens: Option<u32>,
        /// Tool calls in it that the model's chat template does not show, so that they cannot be learned.
        pub hidden_calls: u32,
    }

    /// One message of a row.
    pub struct RowMessage {
        /// system, user, assistant, tool or text.
        pub role: String,
        /// What it says.
        pub content: String,
        /// Whether the model learns to write it.
        pub learned: bool,
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
    }

    /// Ask for some problems.
    pub struct DatasetProblems {
        /// The dataset.
        pub dataset: String,
        /// The first problem, from 0.
        pub offset: u64,
        /// How many, at most 500.
        pub limit: u32,
    }
}
