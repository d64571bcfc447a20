//! The data room: what the doctor finds in a dataset, and what is changed in it.

use serde_json::Value;

use tunesmith_sentence::Sentence;

use crate::{Split, Validation, wire};

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
        /// What all one-click repairs together would do; null where there are none.
        #[serde(default)]
        pub all_repairs: Option<AllRepairs>,
    }

    /// What all one-click repairs of a report would do at once.
    #[derive(Copy, Eq)]
    pub struct AllRepairs {
        /// Findings that have a repair.
        pub findings: u32,
        /// Rows that would be removed.
        pub removed: u64,
        /// Rows that would stay and be changed.
        pub changed: u64,
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
        pub sentence: Sentence,
        /// What to do.
        pub advice: Sentence,
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
        pub job: Option<String>,
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
        /// All findings of the doctor that one click repairs are repaired, as one change.
        RepairAll,
    }

    /// Put another version in use: undo, or redo.
    pub struct UseVersion {
        /// The dataset.
        pub dataset: String,
        /// The version's number.
        pub number: u32,
    }
}
