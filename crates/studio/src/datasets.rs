//! Datasets: copies of the user's rows that are never changed, only followed by new versions. One file each for how they
//! lie on disk, are imported, looked through, checked, changed, counted and exported.

pub(crate) mod checkup;
pub(crate) mod edits;
pub(crate) mod export;
pub(crate) mod facts;
mod gather;
pub(crate) mod import;
mod needle;
pub(crate) mod problems;
mod prompts;
pub(crate) mod reading;
pub(crate) mod rows;
mod search;
pub(crate) mod shelf;
pub(crate) mod store;
pub(crate) mod tokens;
mod turns;
mod visits;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tunesmith_data::Example;
use tunesmith_protocol::{Dataset, Split, WireError};

use crate::{Studio, explain};
pub(crate) use gather::{Gathered, gather, gather_version};
pub(crate) use prompts::shared_by;
pub(crate) use reading::SPLIT_SEED;
pub use shelf::named;
pub(crate) use shelf::{find, get, list, rebuild};
pub(crate) use store::version_of_examples;
use store::{Entry, ListReader, RowReader};

/// The rows of the version in use.
pub(crate) fn entries(studio: &Studio, dataset: &Dataset) -> Result<Arc<Vec<Entry>>, WireError> {
    studio.shelf.entries(&studio.home.dataset(&dataset.id)?, dataset)
}

/// A dataset as it is with this version in use; none is the one that is.
pub(crate) fn at(studio: &Studio, id: &str, version: Option<u32>) -> Result<Dataset, WireError> {
    let dataset = get(studio, id)?;
    let Some(number) = version.filter(|number| *number != dataset.number) else { return Ok(dataset) };
    let dataset = shelf::at_version(dataset, number)?;
    let folder = studio.home.dataset(id)?;
    let list = folder.version(number);
    let system_prompt = prompts::shared(|| ListReader::open(&list), &mut RowReader::open(&folder.rows())?)?;
    Ok(Dataset { system_prompt, ..dataset })
}

/// All examples on one side of the version in use.
pub(crate) fn examples(studio: &Studio, dataset: &Dataset, split: Split) -> Result<Vec<Example>, WireError> {
    gather::examples_in(&studio.home.dataset(&dataset.id)?, &entries(studio, dataset)?, split)
}

/// All rows of a file with one JSON object per line.
fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, WireError> {
    let reader = BufReader::new(File::open(path).map_err(explain::io(path))?);
    let row = |line: std::io::Result<String>| {
        serde_json::from_str(&line.map_err(explain::io(path))?).map_err(explain::damaged(path))
    };
    reader.lines().map(row).collect()
}
