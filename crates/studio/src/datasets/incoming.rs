//! A dataset on its way into the home: complete in its place, or gone. What it holds is left to those who fill it.

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_data::own_file;
use tunesmith_protocol::{Dataset, ItemKind, WireError};

use super::Datasets;
use super::catalog::text;
use crate::home::{self, DatasetFolder};
use crate::platform::{close_to_others, sync_folder};
use crate::{errors, ids};

/// A dataset on its way: a folder under a temporary name, which goes unless it is kept.
pub(crate) struct Incoming {
    pub id: String,
    pub folder: DatasetFolder,
    kept: bool,
}

impl Incoming {
    /// Makes the folder.
    pub fn begin(datasets: &Datasets, name: &str) -> Result<Self, WireError> {
        let id = ids::new_id(name);
        let folder = DatasetFolder(datasets.home.dataset(&id)?.0.with_extension("tmp"));
        fs::create_dir_all(folder.versions()).map_err(errors::io(&folder.0))?;
        Ok(Self { id, folder, kept: false })
    }

    /// Where it will lie.
    pub fn place(&self, datasets: &Datasets) -> Result<DatasetFolder, WireError> {
        datasets.home.dataset(&self.id)
    }

    /// Puts it in its place, complete.
    pub fn keep(mut self, datasets: &Datasets, dataset: &Dataset) -> Result<(), WireError> {
        let text = text(dataset)?;
        home::write_whole(&self.folder.facts(), text.as_bytes())?;
        let place = self.place(datasets)?;
        fs::rename(&self.folder.0, &place.0).map_err(errors::io(&place.0))?;
        self.kept = true;
        sync_folder(&datasets.home.datasets()).map_err(errors::io(&place.0))?;
        let Dataset { id, name, added_ms, .. } = dataset;
        datasets.db.add(ItemKind::Dataset, id, name, &text, *added_ms)?;
        datasets.topics.library_changed();
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_dir_all(&self.folder.0)
        {
            tracing::warn!("{} could not be removed: {error}", self.folder.0.display());
        }
    }
}

/// Where a file will still be tomorrow: a sample or an upload lies in a folder that is swept, and the copy that another
/// dataset keeps goes with that one, so the dataset keeps one of its own.
pub(crate) fn lasting(
    number: usize,
    path: &Path,
    incoming: &DatasetFolder,
    place: &DatasetFolder,
) -> Result<PathBuf, WireError> {
    let datasets = place.0.parent();
    let of_another = datasets.is_some_and(|datasets| path.starts_with(datasets));
    let uploads = datasets.and_then(|datasets| Some(datasets.parent()?.join("uploads")));
    let uploaded = uploads.is_some_and(|uploads| path.starts_with(uploads));
    let passes = uploaded || path.starts_with(std::env::temp_dir());
    // Nobody uploads a folder, and one may hold much that is no dataset.
    if path.is_dir() || !(of_another || passes) {
        return Ok(path.to_path_buf());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    fs::create_dir_all(incoming.originals()).map_err(errors::io(incoming.originals()))?;
    // Two uploads may have the same name.
    if incoming.originals().join(&name).exists() {
        name = format!("{}-{}", number + 1, name.to_string_lossy()).into();
    }
    let own = incoming.originals().join(&name);
    copy_privately(path, &own, uploaded || of_another).map_err(errors::io(path))?;
    Ok(place.originals().join(name))
}

/// Copies a file for its owner alone. A second name for the same bytes takes no room; where that cannot be, a copy does. A file
/// from outside the home gets no second name, as others may read it, and its owner may change it.
fn copy_privately(path: &Path, own: &Path, is_in_home: bool) -> std::io::Result<()> {
    if is_in_home && fs::hard_link(path, own).is_ok() {
        return close_to_others(own);
    }
    let mut copy = own_file::create(own)?;
    std::io::copy(&mut fs::File::open(path)?, &mut copy)?;
    copy.sync_all()
}
