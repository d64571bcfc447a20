//! What was asked of datasets last and is mostly asked for again, and who is at work on them.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tunesmith_protocol::{Dataset, WireError};

use crate::datasets::problems::ProblemIndex;
use crate::datasets::store::{Entry, read_entries};
use crate::datasets::turns::Turns;
use crate::datasets::visits::Visits;
use crate::home::DatasetFolder;

/// The rows of the dataset that was looked at last.
#[derive(Default)]
pub(crate) struct Shelf {
    rows: Last<Vec<Entry>>,
    problems: Last<ProblemIndex>,
    /// The places of the rows that a search found, by what was looked for.
    pub found: Last<Vec<u32>>,
    /// Held by whoever looks through all rows: one at a time, so that who asks the same meanwhile finds the answer.
    pub looking: Turns,
    /// Held by whoever changes a dataset: one change at a time.
    pub changing: Mutex<()>,
    /// Where the doctor is.
    pub visits: Arc<Visits>,
}

impl Shelf {
    /// The entries of the version in use.
    pub fn entries(&self, folder: &DatasetFolder, dataset: &Dataset) -> Result<Arc<Vec<Entry>>, WireError> {
        let path = folder.version(dataset.number);
        self.rows.get_or(path.to_string_lossy().into_owned(), || read_entries(&path))
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
pub(crate) struct Last<T>(Mutex<Option<(String, Arc<T>)>>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Last<T> {
    /// The answer, if that was the last question.
    pub fn get(&self, question: &str) -> Option<Arc<T>> {
        self.lock().as_ref().filter(|(known, _)| known == question).map(|(_, answer)| answer.clone())
    }

    /// Remembers an answer in place of the one before.
    pub fn keep(&self, question: String, answer: T) -> Arc<T> {
        let answer = Arc::new(answer);
        *self.lock() = Some((question, answer.clone()));
        answer
    }

    fn get_or(&self, question: String, make: impl FnOnce() -> Result<T, WireError>) -> Result<Arc<T>, WireError> {
        match self.get(&question) {
            Some(answer) => Ok(answer),
            None => Ok(self.keep(question, make()?)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(String, Arc<T>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
