//! Datasets as they stand in the home: their facts and versions. How a new one comes to be there is left to `incoming`, how
//! rows are read to `reading` and how they are changed to `edits`.

use std::fs;
use std::io::{self, ErrorKind};

use tunesmith_data::{io_reason, own_file};
use tunesmith_protocol::{
    DataVersion, Dataset, DatasetVersion, ErrorCode, ItemKind, ItemRef, Split, Unlisted, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::store::{RowRef, has_rows, last_row_end};
use crate::errors;
use crate::home::db::{Db, Item};
use crate::home::notices::as_written;
use crate::home::{self, DatasetFolder, Home};

/// The longest facts of a dataset that are read.
const LONGEST_FACTS: u64 = 64 << 20;

impl Datasets {
    /// All datasets, the newest first.
    pub fn list(&self) -> Result<Vec<Dataset>, WireError> {
        let datasets = all(&self.home, &self.db)?;
        datasets.iter().for_each(|dataset| self.tell_of_lost_rows(dataset));
        Ok(datasets)
    }

    /// Rows that are gone are told, once: the file ends before the last row of the version in use. Rows that were changed
    /// show when they are read.
    fn tell_of_lost_rows(&self, dataset: &Dataset) {
        let Ok(folder) = self.home.dataset(&dataset.id) else { return };
        let (rows, name) = (folder.rows(), &dataset.name);
        let left = match fs::metadata(&rows) {
            Ok(facts) => facts.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(_) => return,
        };
        let (list, listed) = (folder.version(dataset.number), dataset.training_rows + dataset.validation_rows);
        if !has_rows(&list, listed) {
            self.home.notices().tell_of(
                &list,
                say!("dataset-list-lost", "The rows of “{name}” cannot be read: {path} is damaged", name, path = &list),
                rows_lost_hint(),
            );
        } else if last_row_end(&list).is_some_and(|end| left < end) {
            self.home.notices().tell_of(
                &rows,
                say!(
                    "dataset-rows-lost",
                    "Rows of “{name}” are lost: {path} is shorter than it was",
                    name,
                    path = &rows
                ),
                rows_lost_hint(),
            );
        }
    }

    /// One dataset.
    pub fn get(&self, id: &str) -> Result<Dataset, WireError> {
        let gone = || WireError::not_found(say!("dataset-missing", "There is no dataset “{name}”", name = id));
        read(self.db.item(ItemKind::Dataset, id)?.filter(|item| !item.is_deleted()).ok_or_else(gone)?)
    }

    /// Writes the facts of a dataset that is there: into its folder first, which is the truth.
    pub(super) fn write_facts(&self, dataset: &Dataset) -> Result<(), WireError> {
        let folder = self.home.dataset(&dataset.id)?;
        let text = text(dataset)?;
        home::write_whole(&folder.facts(), text.as_bytes())?;
        self.db.set_facts(ItemKind::Dataset, &dataset.id, &text)?;
        self.topics.library_changed();
        Ok(())
    }

    /// Gives the database what the folders hold, where it does not know it or knows it as it was before a crash.
    pub fn rebuild(&self) -> Result<(), WireError> {
        let known = self.db.items(ItemKind::Dataset)?;
        for path in home::entries(&self.home.datasets()) {
            let folder = DatasetFolder(path);
            match facts_in(&folder) {
                Ok(None) => {}
                Ok(Some((_, text))) if known.iter().any(|item| item.facts == text) => {}
                Ok(Some((dataset, text))) => {
                    self.db.add(ItemKind::Dataset, &dataset.id, &dataset.name, &text, dataset.added_ms)?;
                    self.db.set_facts(ItemKind::Dataset, &dataset.id, &text)?;
                }
                Err(error) => tell_of_facts(&self.home, &known, &folder, &error),
            }
        }
        Ok(())
    }
}

fn rows_lost_hint() -> Sentence {
    say!(
        "dataset-rows-lost-hint",
        "Bring the file back from a backup, or train on the dataset's file again, which reads its rows anew"
    )
}

/// The facts in the folder of a dataset, and how they are written there; none where there are none.
fn facts_in(folder: &DatasetFolder) -> io::Result<Option<(Dataset, String)>> {
    let text = match own_file::read(&folder.facts(), LONGEST_FACTS) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        other => other?,
    };
    let text = String::from_utf8(text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    Ok(Some((serde_json::from_str(&text)?, text)))
}

/// The facts in the folder of a dataset are damaged; what the database knows of it holds, where it knows anything.
fn tell_of_facts(home: &Home, known: &[Item], folder: &DatasetFolder, error: &io::Error) {
    let facts = folder.facts();
    let message = say!("dataset-facts-damaged", "{path} is damaged: {error}", path = &facts, error = io_reason(error));
    let hint = say!(
        "dataset-facts-damaged-hint",
        "Bring it back from a backup. Where the dataset is not listed, import its rows again: rows.jsonl beside it"
    );
    let id = folder.0.file_name().unwrap_or_default().to_string_lossy();
    match known.iter().any(|item| item.id == id) {
        true => home.notices().tell_of(&facts, message, hint),
        false => home.notices().tell_unlisted(&as_written(&facts), unlisted(home, &id, &id), message, hint),
    }
}

/// A dataset that is in no list.
fn unlisted(home: &Home, id: &str, name: &str) -> Unlisted {
    let folder = home.dataset(id).ok().map(|folder| folder.0).filter(|folder| folder.is_dir());
    Unlisted {
        item: ItemRef { kind: ItemKind::Dataset, id: id.into() },
        name: name.into(),
        restorable: folder.is_some(),
        folder: folder.map(|folder| folder.to_string_lossy().into_owned()),
    }
}

/// A dataset as it is written to disk.
pub(super) fn text(dataset: &Dataset) -> Result<String, WireError> {
    serde_json::to_string_pretty(dataset).map_err(errors::unwritable)
}

fn all(home: &Home, db: &Db) -> Result<Vec<Dataset>, WireError> {
    let items = db.items(ItemKind::Dataset)?.into_iter().filter(|item| !item.is_deleted());
    // One dataset that is damaged must not hide the others, and not go without a word.
    let told = |item: Item| {
        let what = format!("dataset {} {}", item.id, item.facts);
        let about = unlisted(home, &item.id, &item.name);
        let tell = |WireError { message, hint, .. }| {
            let message = say!("dataset-left-out", "A dataset is left out of the list. {why}", why = message);
            db.notices().tell_unlisted(&what, about, message, hint);
        };
        read(item).map_err(tell).ok()
    };
    Ok(items.filter_map(told).collect())
}

/// What the database knows of a dataset.
fn read(item: Item) -> Result<Dataset, WireError> {
    let Item { id, name, tags, facts, added_ms, .. } = item;
    let facts: Dataset = serde_json::from_str(&facts).map_err(|error| {
        WireError::invalid(
            say!(
                "dataset-unreadable",
                "What is known of the dataset “{name}” cannot be read: {error}",
                name = &name,
                error = error.to_string()
            ),
            say!(
                "dataset-unreadable-hint",
                "It may have been written by a newer Tunesmith. Its rows lie in the folder datasets/{id} of the home",
                id
            ),
        )
    })?;
    Ok(Dataset { name, tags, added_ms, ..facts })
}

/// The dataset of a home that a run file names, for one who does not hold the home.
pub(crate) fn find(home: &Home, wanted: &DataVersion) -> Result<Dataset, WireError> {
    let datasets = Db::peek(home)?.map_or(Ok(Vec::new()), |db| all(home, &db))?;
    let dataset = named(&datasets, &wanted.dataset)?.clone();
    let Some(number) = wanted.version.filter(|number| *number != dataset.number) else { return Ok(dataset) };
    at_version(dataset, number)
}

/// The dataset with this id, or the only one with this name.
///
/// # Errors
/// There is none, or several have this name.
pub fn named<'a>(datasets: &'a [Dataset], wanted: &str) -> Result<&'a Dataset, WireError> {
    if let Some(dataset) = datasets.iter().find(|dataset| dataset.id == wanted) {
        return Ok(dataset);
    }
    match datasets.iter().filter(|dataset| dataset.name == wanted).collect::<Vec<_>>()[..] {
        [dataset] => Ok(dataset),
        [] => Err(WireError::new(
            ErrorCode::NotFound,
            say!("dataset-missing-in-home", "There is no dataset “{name}” in this home", name = wanted),
            say!("dataset-missing-in-home-hint", "Name files in its place: data with a path"),
        )),
        [first, ..] => Err(WireError::invalid(
            say!("dataset-name-of-several", "Several datasets are called “{name}”", name = wanted),
            say!("dataset-name-of-several-hint", "Name one by its id, such as {id}", id = &first.id),
        )),
    }
}

/// A dataset as it is with another version in use, but for the system prompt, for which the rows must be read.
pub(crate) fn at_version(mut dataset: Dataset, number: u32) -> Result<Dataset, WireError> {
    let version = version_of(&dataset, number)?.clone();
    take_over(&mut dataset, &version);
    Ok(dataset)
}

/// A version of a dataset, by its number.
pub(super) fn version_of(dataset: &Dataset, number: u32) -> Result<&DatasetVersion, WireError> {
    dataset.versions.iter().find(|version| version.number == number).ok_or_else(|| {
        WireError::not_found(say!(
            "dataset-version-missing",
            "There is no version {number} of “{name}”; the newest is {newest}",
            number,
            name = &dataset.name,
            newest = dataset.versions.len()
        ))
    })
}

/// Makes a version the one in use.
pub(crate) fn take_over(dataset: &mut Dataset, version: &DatasetVersion) {
    dataset.number = version.number;
    dataset.version = version.version.clone();
    dataset.training_rows = version.training_rows;
    dataset.validation_rows = version.validation_rows;
}

/// Rows on each side.
pub(crate) fn counts(entries: &[RowRef]) -> (u64, u64) {
    let held_out = entries.iter().filter(|entry| entry.held_out).count() as u64;
    (entries.len() as u64 - held_out, held_out)
}

impl RowRef {
    /// The side it is on.
    pub fn split(&self) -> Split {
        if self.held_out { Split::Validation } else { Split::Training }
    }
}
