//! Datasets: what they are, how they are imported, and how they are written to files.

use std::collections::BTreeMap;

use tunesmith_sentence::Sentence;

use crate::{Count, Format, Mapping, ReadPath, Row, RowProblem, Validation, WritePath, wire};

wire! {
    /// A dataset: an imported copy of the rows, split into training and validation. What is said of rows is said of the
    /// version in use.
    pub struct Dataset {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// The id of the bundled sample that it is; null for the user's own rows.
        #[serde(default)]
        pub sample: Option<String>,
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
        pub reason: Sentence,
        /// A sentence for each file with another shape, for what was left out, and for what is held out by its name.
        #[serde(default)]
        pub remarks: Vec<Sentence>,
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
        pub change: Sentence,
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
        pub paths: Vec<ReadPath>,
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
        pub job: Option<String>,
        /// Takes a dataset of the very same rows, where there is one, instead of adding another.
        #[serde(default)]
        pub reuse: bool,
    }

    /// Look at the beginning of files without importing them.
    pub struct InspectFiles {
        /// Files and folders.
        pub paths: Vec<ReadPath>,
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
        pub reason: Sentence,
        /// A sentence for what was left out.
        pub remarks: Vec<Sentence>,
        /// The first rows, as they would be imported.
        pub rows: Vec<Row>,
        /// The problems of these rows.
        pub problems: Vec<RowProblem>,
        /// The first rows as they lie in the file.
        pub raw: Vec<RawRow>,
        /// Which columns are likely the parts of a question and its answer, where no shape was recognised, by part.
        pub suggested: BTreeMap<String, String>,
    }

    /// A row as it lies in a file.
    pub struct RawRow {
        /// The line it begins in, as problems say it.
        pub line: u64,
        /// What its columns hold, as text; long texts are cut.
        pub cells: BTreeMap<String, String>,
    }

    /// Keep rows that somebody pasted or typed as a file to import. It goes when the home is next opened; a dataset made of
    /// it keeps a copy.
    pub struct KeepRows {
        /// What to call the file; its ending says what it holds.
        pub name: String,
        /// What it holds.
        pub text: String,
    }

    /// Ask for a file that shows a shape of rows, to be filled in.
    pub struct TemplateRequest {
        /// The shape.
        pub format: Format,
        /// Where to write it; null returns its bytes.
        pub save_to: Option<WritePath>,
    }

    /// A file that was looked at.
    pub struct InspectedFile {
        /// Its name.
        pub name: String,
        /// What it holds, such as “JSON Lines, gzip”.
        pub what: Sentence,
        /// Its size.
        pub bytes: u64,
        /// The sheets of a workbook that have rows; none of another file.
        #[serde(default)]
        pub sheets: Vec<Sheet>,
    }

    /// A sheet of a workbook.
    #[derive(Eq)]
    pub struct Sheet {
        /// Its name.
        pub name: String,
        /// Rows below its header, as far as they were counted.
        pub rows: u64,
        /// It has more rows than were counted.
        pub more: bool,
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

    /// Write a dataset to a file.
    pub struct ExportDataset {
        /// The dataset.
        pub dataset: String,
        /// The kind of file: chat, sharegpt, alpaca, completion, completion_lists, csv, parquet or openai.
        pub format: String,
        /// Which rows; null is both sides.
        pub split: Option<Split>,
        /// Writes the columns, too, that have no part in what a row means, where the kind of file has room for them:
        /// chat, csv and parquet.
        #[serde(default)]
        pub other_columns: bool,
        /// Where to write it; null puts it among the home's exports.
        pub path: Option<WritePath>,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// Rows that a kind of file cannot say.
    pub struct LeftOut {
        /// Why.
        pub why: Sentence,
        /// How many.
        pub count: u64,
    }

    /// A file that was written.
    pub struct ExportedDataset {
        /// Where it is.
        pub path: String,
        /// Rows written.
        pub rows: u64,
        /// Rows that this kind of file cannot say, by why, the most frequent first.
        pub left_out: Vec<LeftOut>,
        /// What else is worth knowing about it, in sentences.
        pub notes: Vec<Sentence>,
        /// Its size.
        pub bytes: u64,
    }
}
