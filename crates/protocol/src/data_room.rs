//! The data room: what is checked about a dataset, changed in it, and seen of it through a model's eyes.

use serde_json::Value;

use crate::{LearnFrom, Split, Validation, wire};

wire! {
    /// What the doctor found in a version of a dataset.
    pub struct DatasetReport {
        /// The version's number.
        pub number: u32,
        /// Rows looked at.
        pub rows: u64,
        /// What was found, the gravest first.
        pub findings: Vec<Finding>,
        /// Messages per row, characters per answer and so on.
        pub distributions: Vec<Distribution>,
    }

    /// One thing that was found.
    pub struct Finding {
        /// A stable name, e.g. `near_duplicates`.
        pub kind: String,
        /// How grave it is.
        pub severity: Severity,
        /// How many rows it is about.
        pub rows: u64,
        /// The places of the first of them in the version, from 0.
        pub first: Vec<u64>,
        /// What was found and why it matters.
        pub sentence: String,
        /// What to do.
        pub advice: String,
        /// The repair that one click does; null where there is none.
        pub repair: Option<String>,
    }

    /// How grave a finding is.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Severity {
        /// Training would go wrong.
        Error,
        /// The result would be worse.
        Warning,
        /// Worth knowing.
        Note,
    }

    /// How something is spread over the rows.
    pub struct Distribution {
        /// What, e.g. `messages_per_row`.
        pub what: String,
        /// The least.
        pub min: f64,
        /// The most.
        pub max: f64,
        /// The mean.
        pub mean: f64,
        /// The median.
        pub median: f64,
        /// 5 % are below.
        pub p5: f64,
        /// 95 % are below.
        pub p95: f64,
    }

    /// Change a dataset: the result is a new version in use.
    pub struct EditDataset {
        /// The dataset.
        pub dataset: String,
        /// The number of the version that the change is meant for, refused where another is in use; null is the one in
        /// use.
        #[serde(default)]
        pub version: Option<u32>,
        /// What is changed.
        pub edit: Edit,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub task: Option<String>,
    }

    /// A change of rows. Places are of the version in use, from 0.
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum Edit {
        /// Another row in the place of one.
        Replace {
            /// Its place.
            row: u64,
            /// What it means now, as JSON.
            #[ts(type = "unknown")]
            example: Value,
        },
        /// A new row at the end.
        Add {
            /// What it means, as JSON.
            #[ts(type = "unknown")]
            example: Value,
            /// The side it is on.
            split: Split,
        },
        /// Rows go.
        Delete {
            /// Their places.
            rows: Vec<u64>,
        },
        /// The rows of another dataset follow, each on its side.
        Merge {
            /// The other dataset.
            dataset: String,
        },
        /// As many rows are kept, drawn by chance.
        Sample {
            /// How many.
            rows: u64,
            /// What decides the draw.
            seed: u64,
        },
        /// The rows get another order.
        Shuffle {
            /// What decides it.
            seed: u64,
        },
        /// Other rows are held out. Those of a file come in beside the rows that are there, in the place of such as came
        /// from another file to be held out.
        Split {
            /// Which.
            validation: Validation,
            /// What decides the draw.
            seed: u64,
        },
        /// A finding of the doctor is repaired.
        Repair {
            /// The finding's kind.
            finding: String,
        },
    }

    /// Put another version in use: undo, or redo.
    pub struct UseVersion {
        /// The dataset.
        pub dataset: String,
        /// The version's number.
        pub number: u32,
    }

    /// See a row as a base model sees it.
    pub struct XrayRow {
        /// The dataset.
        pub dataset: String,
        /// The row's place in the version in use, from 0.
        pub row: u64,
        /// The base model.
        pub model: String,
        /// Which tokens are learned.
        #[serde(default)]
        pub learn_from: LearnFrom,
        /// The longest row, in tokens.
        pub max_length: u32,
    }

    /// A row as tokens.
    pub struct Xray {
        /// All tokens of the rendered row, also those beyond the limit.
        pub tokens: Vec<XrayToken>,
        /// How many are learned.
        pub learned: u32,
        /// Tokens beyond the limit.
        pub cut: u32,
        /// Learned tokens beyond the limit.
        pub learned_cut: u32,
        /// Answers that the limit cuts, wholly or in part.
        pub answers_cut: u32,
    }

    /// One token.
    pub struct XrayToken {
        /// Its number in the vocabulary.
        pub id: u32,
        /// The text that it stands for. A part of a character is shown as its bytes, such as `\xE2`.
        pub text: String,
        /// The model learns to write it.
        pub learned: bool,
        /// It is a special token.
        pub special: bool,
        /// It ends an answer.
        pub end_of_turn: bool,
    }

    /// Count the tokens of all rows.
    pub struct CountTokens {
        /// The dataset.
        pub dataset: String,
        /// The base model.
        pub model: String,
        /// Which tokens are learned.
        #[serde(default)]
        pub learn_from: LearnFrom,
        /// Rows of a batch, for what padding would cost.
        pub batch_size: u32,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub task: Option<String>,
    }

    /// The lengths of all rows to learn from, in tokens, such that any limit can be judged without asking again.
    pub struct TokenCounts {
        /// Rows counted.
        pub rows: u64,
        /// Rows that the model's template cannot say.
        pub failed: u64,
        /// Answers in them.
        pub answers: u64,
        /// All tokens.
        pub tokens: u64,
        /// Of these, how many are learned.
        pub learned_tokens: u64,
        /// The longest row.
        pub longest: u32,
        /// Groups of rows of about the same length, the shortest first.
        pub buckets: Vec<LengthBucket>,
        /// The length that 50, 90, 95 and 99 % of the rows do not exceed.
        pub percentiles: Vec<Percentile>,
        /// How often OpenAI would show each row.
        pub suggested_epochs: u32,
        /// Tokens that batches padded to their longest row would compute.
        pub padded_tokens: u64,
    }

    /// Rows of about the same length.
    pub struct LengthBucket {
        /// The shortest, in tokens.
        pub from: u32,
        /// The longest.
        pub to: u32,
        /// How many rows.
        pub rows: u64,
        /// Answers that end here: a limit below cuts them.
        pub answers: u64,
        /// Tokens of these rows.
        pub tokens: u64,
        /// Of these, how many are learned.
        pub learned_tokens: u64,
    }

    /// A share of the rows, and the length they do not exceed.
    pub struct Percentile {
        /// The share, in percent.
        pub percent: u32,
        /// The length, in tokens.
        pub tokens: u32,
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
        pub path: Option<String>,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub task: Option<String>,
    }

    /// A file that was written.
    pub struct ExportedDataset {
        /// Where it is.
        pub path: String,
        /// Rows written.
        pub rows: u64,
        /// Rows that this kind of file cannot say, by why, the most frequent first.
        pub left_out: Vec<crate::Count>,
        /// What else is worth knowing about it, in sentences.
        pub notes: Vec<String>,
        /// Its size.
        pub bytes: u64,
    }
}
