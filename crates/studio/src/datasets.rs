//! Datasets: copies of the user's rows that are never changed, only followed by new versions. One file each for how they
//! lie on disk, are imported, looked through, checked, changed, counted and exported.

mod cache;
mod catalog;
mod check;
mod differences;
mod edits;
mod export;
mod gather;
mod import;
mod incoming;
mod left_out;
mod mend;
mod on_files;
mod prefilter;
mod problems;
mod prompts;
mod reading;
mod rows;
mod search;
mod store;
mod tokens;
mod written;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tunesmith_data::{Example, own_file};
use tunesmith_protocol::{Dataset, Split, WireError};

use crate::errors;
use crate::home::Home;
use crate::home::db::Db;
use crate::jobs::Jobs;
use crate::models::Models;
use crate::topics::Topics;
use cache::Cache;
use store::{ListReader, RowReader, RowRef};

pub(crate) use catalog::find;
pub use catalog::named;
pub(crate) use gather::{Gathered, gather, gather_version};
pub(crate) use import::inspect_files;
pub use left_out::left_out;
pub(crate) use left_out::left_out_of;
pub use on_files::{Counting, DataFacts, RepairedFile, data_facts, repair_files};
pub(crate) use prompts::shared_by;
pub(crate) use reading::SPLIT_SEED;
pub(crate) use store::version_of_examples;
pub(crate) use written::template_file;

/// The datasets of a home.
pub(crate) struct Datasets {
    home: Home,
    db: Arc<Db>,
    topics: Arc<Topics>,
    jobs: Jobs,
    models: Arc<Models>,
    cache: Cache,
    /// The version of each dataset that the doctor was sent to since the program began, be it that this was cancelled.
    checked: Mutex<HashMap<String, u32>>,
}

impl Datasets {
    pub fn new(home: Home, db: Arc<Db>, topics: Arc<Topics>, jobs: Jobs, models: Arc<Models>) -> Self {
        Self { home, db, topics, jobs, models, cache: Cache::default(), checked: Mutex::default() }
    }

    /// A dataset as it is with this version in use; none is the one that is.
    pub fn at(&self, id: &str, version: Option<u32>) -> Result<Dataset, WireError> {
        let dataset = self.get(id)?;
        let Some(number) = version.filter(|number| *number != dataset.number) else { return Ok(dataset) };
        let dataset = catalog::at_version(dataset, number)?;
        let folder = self.home.dataset(id)?;
        let list = folder.version(number);
        let system_prompt = prompts::shared(|| ListReader::open(&list), &mut RowReader::open(&folder.rows())?)?;
        Ok(Dataset { system_prompt, ..dataset })
    }

    /// All examples on one side of the version in use.
    pub fn examples(&self, dataset: &Dataset, split: Split) -> Result<Vec<Example>, WireError> {
        gather::examples_in(&self.home.dataset(&dataset.id)?, &self.entries(dataset)?, split)
    }

    /// At most so many examples on one side of the version in use, spread over all of them.
    pub fn some_examples(&self, dataset: &Dataset, split: Split, most: usize) -> Result<Vec<Example>, WireError> {
        let entries = self.entries(dataset)?;
        let of_side: Vec<RowRef> = entries.iter().filter(|entry| entry.split() == split).copied().collect();
        let step = of_side.len().div_ceil(most.max(1)).max(1);
        let spread: Vec<RowRef> = of_side.into_iter().step_by(step).collect();
        gather::examples_in(&self.home.dataset(&dataset.id)?, &spread, split)
    }

    /// The file and the line that a row on one side, counted from 1, came from.
    pub fn place(&self, dataset: &Dataset, split: Split, row: u64) -> Option<(String, u64)> {
        let folder = self.home.dataset(&dataset.id).ok()?;
        gather::place_in(&folder, &self.entries(dataset).ok()?, split, row)
    }

    /// The rows of the version in use.
    fn entries(&self, dataset: &Dataset) -> Result<Arc<Vec<RowRef>>, WireError> {
        self.cache.entries(&self.home.dataset(&dataset.id)?, dataset)
    }
}

/// All rows of a file with one JSON object per line.
fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, WireError> {
    let reader = BufReader::new(own_file::open(path).map_err(errors::io(path))?);
    let row = |line: std::io::Result<String>| {
        serde_json::from_str(&line.map_err(errors::io(path))?).map_err(errors::damaged(path))
    };
    reader.lines().map(row).collect()
}
