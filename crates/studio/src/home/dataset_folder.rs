//! What lies where in the folder of a dataset.

use std::path::PathBuf;

/// The folder of a dataset.
#[derive(Debug, Clone)]
pub(crate) struct DatasetFolder(pub PathBuf);

impl DatasetFolder {
    pub fn facts(&self) -> PathBuf {
        self.0.join("dataset.json")
    }

    /// All rows that were imported, edited or added, one after another.
    pub fn rows(&self) -> PathBuf {
        self.0.join("rows.jsonl")
    }

    pub fn versions(&self) -> PathBuf {
        self.0.join("versions")
    }

    /// Which rows a version has, in order.
    pub fn version(&self, number: u32) -> PathBuf {
        self.versions().join(format!("{number}.rows"))
    }

    /// What the doctor found in a version.
    pub fn report(&self, number: u32) -> PathBuf {
        self.versions().join(format!("{number}.report.json"))
    }

    /// The lengths of a version's rows for a model.
    pub fn lengths(&self, number: u32, key: &str) -> PathBuf {
        self.versions().join(format!("{number}.{key}.lengths"))
    }

    pub fn problems(&self) -> PathBuf {
        self.0.join("problems.jsonl")
    }

    /// Copies of files that will not stay where they are, so that a run file can name them.
    pub fn originals(&self) -> PathBuf {
        self.0.join("originals")
    }
}
