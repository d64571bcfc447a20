//! Datasets as they stand in the home: their facts, the rows of their versions, and how a new one comes to be there.
//! How rows are read is left to `import`, how they are changed to `edits`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tunesmith_protocol::{DataVersion, Dataset, DatasetVersion, ErrorCode, ItemKind, Split, WireError};

use super::problems::ProblemIndex;
use super::store::{Entry, read_entries};
use super::visits::Visits;
use crate::db::Db;
use crate::home::{self, DatasetFolder, Home};
use crate::{Studio, clock, explain};

/// The rows of the dataset that was looked at last, which is mostly looked at again.
#[derive(Default)]
pub(crate) struct Shelf {
    rows: Mutex<Option<(String, Arc<Vec<Entry>>)>>,
    found: Mutex<Option<(String, Arc<Vec<u32>>)>>,
    problems: Mutex<Option<(String, Arc<ProblemIndex>)>>,
    /// Held by whoever changes a dataset: one change at a time.
    pub changing: Mutex<()>,
    /// Where the doctor is.
    pub visits: Arc<Visits>,
}

impl Shelf {
    /// The entries of the version in use.
    pub fn entries(&self, folder: &DatasetFolder, dataset: &Dataset) -> Result<Arc<Vec<Entry>>, WireError> {
        let path = folder.version(dataset.number);
        remembered(&self.rows, path.to_string_lossy().into_owned(), || read_entries(&path))
    }

    /// The rows that `look` finds for a question, asked anew only where it is another question.
    pub fn found(
        &self,
        question: String,
        look: impl FnOnce() -> Result<Vec<u32>, WireError>,
    ) -> Result<Arc<Vec<u32>>, WireError> {
        remembered(&self.found, question, look)
    }

    /// The index of a list of problems, which never changes.
    pub fn problems(
        &self,
        path: &Path,
        make: impl FnOnce() -> Result<ProblemIndex, WireError>,
    ) -> Result<Arc<ProblemIndex>, WireError> {
        remembered(&self.problems, path.to_string_lossy().into_owned(), make)
    }
}

fn remembered<T>(
    place: &Mutex<Option<(String, Arc<T>)>>,
    key: String,
    make: impl FnOnce() -> Result<T, WireError>,
) -> Result<Arc<T>, WireError> {
    let known = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, value)) = known.filter(|(known, _)| *known == key) {
        return Ok(value);
    }
    let value = Arc::new(make()?);
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, value.clone()));
    Ok(value)
}

/// All datasets, the newest first.
pub(crate) fn list(studio: &Studio) -> Result<Vec<Dataset>, WireError> {
    all(&studio.db)
}

fn all(db: &Db) -> Result<Vec<Dataset>, WireError> {
    let items = db.items(ItemKind::Dataset)?.into_iter().filter(|item| !item.deleted);
    let datasets = items.filter_map(|item| {
        let facts: Dataset = serde_json::from_str(&item.facts).ok()?;
        Some(Dataset { name: item.name, tags: item.tags, added_ms: item.added_ms, ..facts })
    });
    Ok(datasets.collect())
}

/// The dataset of a home that a run file names, for one who does not hold the home.
pub(crate) fn find(home: &Home, wanted: &DataVersion) -> Result<Dataset, WireError> {
    let datasets = Db::peek(&home.database())?.map_or(Ok(Vec::new()), |db| all(&db))?;
    let dataset = named(&datasets, &wanted.dataset)?.clone();
    let Some(number) = wanted.version.filter(|number| *number != dataset.number) else { return Ok(dataset) };
    at_version(dataset, number)
}

/// The dataset with this id, or the only one with this name.
pub fn named<'a>(datasets: &'a [Dataset], wanted: &str) -> Result<&'a Dataset, WireError> {
    if let Some(dataset) = datasets.iter().find(|dataset| dataset.id == wanted) {
        return Ok(dataset);
    }
    match datasets.iter().filter(|dataset| dataset.name == wanted).collect::<Vec<_>>()[..] {
        [dataset] => Ok(dataset),
        [] => Err(WireError::new(
            ErrorCode::NotFound,
            format!("There is no dataset “{wanted}” in this home"),
            "Name files in its place: data with a path",
        )),
        [first, ..] => Err(WireError::invalid(
            format!("Several datasets are called “{wanted}”"),
            format!("Name one by its id, such as {}", first.id),
        )),
    }
}

/// A dataset as it is with another version in use, but for the system prompt, for which the rows must be read.
pub(crate) fn at_version(mut dataset: Dataset, number: u32) -> Result<Dataset, WireError> {
    let found = dataset.versions.iter().find(|version| version.number == number).cloned();
    let version = found.ok_or_else(|| {
        WireError::not_found(format!(
            "There is no version {number} of “{}”; the newest is {}",
            dataset.name,
            dataset.versions.len()
        ))
    })?;
    take_over(&mut dataset, &version);
    Ok(dataset)
}

/// Makes a version the one in use.
pub(crate) fn take_over(dataset: &mut Dataset, version: &DatasetVersion) {
    dataset.number = version.number;
    dataset.version = version.version.clone();
    dataset.training_rows = version.training_rows;
    dataset.validation_rows = version.validation_rows;
}

/// One dataset.
pub(crate) fn get(studio: &Studio, id: &str) -> Result<Dataset, WireError> {
    let gone = || WireError::not_found(format!("There is no dataset “{id}”"));
    let item = studio.db.item(ItemKind::Dataset, id)?.filter(|item| !item.deleted).ok_or_else(gone)?;
    let facts: Dataset = serde_json::from_str(&item.facts).map_err(|_| gone())?;
    Ok(Dataset { name: item.name, tags: item.tags, ..facts })
}

/// A dataset on its way: a folder under a temporary name, which goes unless it is kept.
pub(crate) struct Fresh {
    pub id: String,
    pub folder: DatasetFolder,
    kept: bool,
}

impl Fresh {
    /// Makes the folder.
    pub fn begin(studio: &Studio, name: &str) -> Result<Self, WireError> {
        let id = clock::new_id(name);
        let folder = DatasetFolder(studio.home.dataset(&id)?.0.with_extension("tmp"));
        fs::create_dir_all(folder.versions()).map_err(explain::io(&folder.0))?;
        Ok(Self { id, folder, kept: false })
    }

    /// Where it will lie.
    pub fn place(&self, studio: &Studio) -> Result<DatasetFolder, WireError> {
        studio.home.dataset(&self.id)
    }

    /// Puts it in its place, complete.
    pub fn keep(mut self, studio: &Studio, dataset: &Dataset) -> Result<(), WireError> {
        let text = text(dataset)?;
        home::write_whole(&self.folder.facts(), text.as_bytes())?;
        let place = self.place(studio)?;
        fs::rename(&self.folder.0, &place.0).map_err(explain::io(&place.0))?;
        self.kept = true;
        home::sync_folder(&studio.home.datasets()).map_err(explain::io(&place.0))?;
        let Dataset { id, name, added_ms, .. } = dataset;
        studio.db.add(ItemKind::Dataset, id, name, &text, *added_ms)?;
        studio.library_changed();
        Ok(())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_dir_all(&self.folder.0)
        {
            tracing::warn!("{} could not be removed: {error}", self.folder.0.display());
        }
    }
}

/// Writes the facts of a dataset that is there: into its folder first, which is the truth.
pub(crate) fn write_facts(studio: &Studio, dataset: &Dataset) -> Result<(), WireError> {
    let folder = studio.home.dataset(&dataset.id)?;
    let text = text(dataset)?;
    home::write_whole(&folder.facts(), text.as_bytes())?;
    studio.db.set_facts(ItemKind::Dataset, &dataset.id, &text)?;
    studio.library_changed();
    Ok(())
}

fn text(dataset: &Dataset) -> Result<String, WireError> {
    serde_json::to_string_pretty(dataset).map_err(|error| WireError::internal(error.to_string()))
}

/// Gives the database what the folders hold, where it does not know it or knows it as it was before a crash.
pub(crate) fn rebuild(studio: &Studio) -> Result<(), WireError> {
    for path in home::entries(&studio.home.datasets()) {
        let facts = DatasetFolder(path).facts();
        let Ok(text) = fs::read_to_string(&facts) else { continue };
        match serde_json::from_str::<Dataset>(&text) {
            Ok(dataset) => {
                studio.db.add(ItemKind::Dataset, &dataset.id, &dataset.name, &text, dataset.added_ms)?;
                studio.db.set_facts(ItemKind::Dataset, &dataset.id, &text)?;
            }
            Err(error) => tracing::warn!("{} is damaged: {error}", facts.display()),
        }
    }
    Ok(())
}

/// Where a file will still be tomorrow: a sample or an upload lies in a temporary folder, and the copy that another
/// dataset keeps goes with that one, so the dataset keeps one of its own.
pub(crate) fn lasting(
    number: usize,
    path: &Path,
    fresh: &DatasetFolder,
    place: &DatasetFolder,
) -> Result<PathBuf, WireError> {
    let of_another = place.0.parent().is_some_and(|datasets| path.starts_with(datasets));
    // Nobody uploads a folder, and one may hold much that is no dataset.
    if path.is_dir() || (!of_another && !path.starts_with(std::env::temp_dir())) {
        return Ok(path.to_path_buf());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    fs::create_dir_all(fresh.originals()).map_err(explain::io(fresh.originals()))?;
    // Two uploads may have the same name.
    if fresh.originals().join(&name).exists() {
        name = format!("{}-{}", number + 1, name.to_string_lossy()).into();
    }
    let own = fresh.originals().join(&name);
    // A second name for the same bytes takes no room; where that cannot be, a copy does.
    if fs::hard_link(path, &own).is_err() {
        fs::copy(path, &own).map_err(explain::io(path))?;
    }
    Ok(place.originals().join(name))
}

/// Rows on each side.
pub(crate) fn counts(entries: &[Entry]) -> (u64, u64) {
    let held_out = entries.iter().filter(|entry| entry.held_out).count() as u64;
    (entries.len() as u64 - held_out, held_out)
}

impl Entry {
    /// The side it is on.
    pub fn split(&self) -> Split {
        if self.held_out { Split::Validation } else { Split::Training }
    }
}
