//! What was asked of datasets last and is mostly asked for again.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_protocol::{Dataset, WireError};

use super::differences::Differences;
use super::problems::ProblemIndex;
use super::store::{RowRef, read_entries};
use crate::home::DatasetFolder;

/// The answers of the dataset that was looked at last.
#[derive(Default)]
pub(super) struct Cache {
    rows: LastAnswer<Vec<RowRef>>,
    problems: LastAnswer<ProblemIndex>,
    /// The places of the rows that a search found, by what was looked for.
    pub found: LastAnswer<Vec<u32>>,
    /// What is different between the two versions that were compared, by their lists.
    pub differences: LastAnswer<Differences>,
}

impl Cache {
    /// The rows of the version in use.
    pub fn entries(&self, folder: &DatasetFolder, dataset: &Dataset) -> Result<Arc<Vec<RowRef>>, WireError> {
        let path = folder.version(dataset.number);
        self.rows.get_or(path.to_string_lossy().into_owned(), || read_entries(&path))
    }

    /// Drops what is in memory of the rows: a list was written anew.
    pub fn forget_rows(&self) {
        self.rows.forget();
        self.found.forget();
    }

    /// The index of a list of so many problems; it only ever grows.
    pub fn problems(
        &self,
        path: &Path,
        count: u64,
        make: impl FnOnce() -> Result<ProblemIndex, WireError>,
    ) -> Result<Arc<ProblemIndex>, WireError> {
        self.problems.get_or(format!("{count} {}", path.display()), make)
    }
}

/// The last answer, and to what.
pub(super) struct LastAnswer<T>(Mutex<Option<(String, Arc<T>)>>);

impl<T> Default for LastAnswer<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> LastAnswer<T> {
    /// The answer, if that was the last question.
    pub fn get(&self, question: &str) -> Option<Arc<T>> {
        self.0.lock().as_ref().filter(|(known, _)| known == question).map(|(_, answer)| answer.clone())
    }

    /// Drops the answer.
    pub fn forget(&self) {
        *self.0.lock() = None;
    }

    /// Keeps an answer in place of the one before.
    pub fn keep(&self, question: String, answer: T) -> Arc<T> {
        let answer = Arc::new(answer);
        *self.0.lock() = Some((question, answer.clone()));
        answer
    }

    fn get_or(&self, question: String, make: impl FnOnce() -> Result<T, WireError>) -> Result<Arc<T>, WireError> {
        match self.get(&question) {
            Some(answer) => Ok(answer),
            None => Ok(self.keep(question, make()?)),
        }
    }
}
