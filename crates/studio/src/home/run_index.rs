//! The runs of a home as they lie on disk: what each was started with and what its records add up to, read once and kept.
//! Whether a run is at work now is left to `runs`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tunesmith_protocol::{ItemKind, WireError};
use tunesmith_sentence::say;

use super::db::{Db, Item};
use super::manifest::RunManifest;
use super::run_summary::RunSummary;
use super::{Home, RunFolder, entries};

/// A run as it lies on disk.
pub(crate) struct IndexedRun {
    pub item: Item,
    pub folder: RunFolder,
    pub manifest: Arc<RunManifest>,
    pub summary: RunSummary,
}

impl IndexedRun {
    /// Its adapter or model, where there is one yet.
    pub fn result(&self) -> Option<std::path::PathBuf> {
        Some(self.folder.result()).filter(|result| result.is_dir())
    }
}

/// Reads runs and remembers what does not change.
pub(crate) struct RunIndex {
    home: Home,
    db: Arc<Db>,
    known: Mutex<HashMap<String, Known>>,
}

/// What is in memory of a run.
#[derive(Default)]
struct Known {
    /// A manifest never changes.
    manifest: Option<Arc<RunManifest>>,
    summary: Option<RunSummary>,
}

impl RunIndex {
    pub fn new(home: Home, db: Arc<Db>) -> Self {
        Self { home, db, known: Mutex::default() }
    }

    /// All runs that are not in the bin, the newest first. One that cannot be read is logged and left out.
    pub fn list(&self) -> Result<Vec<IndexedRun>, WireError> {
        self.adopt()?;
        let items = self.db.items(ItemKind::Run)?.into_iter().filter(|item| !item.deleted);
        let logged = |error: &WireError| tracing::error!("A run is left out of the list. {error}");
        Ok(items.filter_map(|item| self.read(item).inspect_err(logged).ok()).collect())
    }

    /// One run.
    pub fn get(&self, id: &str) -> Result<IndexedRun, WireError> {
        let gone = || WireError::not_found(say!("run-missing", "There is no run “{id}”", id));
        self.read(self.db.item(ItemKind::Run, id)?.filter(|item| !item.deleted).ok_or_else(gone)?)
    }

    /// Adds runs to the database that it does not know: another process made them here, or the database is new.
    pub fn adopt(&self) -> Result<(), WireError> {
        let items = self.db.items(ItemKind::Run)?;
        let known: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        for (id, folder) in self.folders() {
            if !known.contains(id.as_str())
                && let Ok(manifest) = RunManifest::read(&folder)
            {
                self.db.add(ItemKind::Run, &id, &manifest.name, "null", manifest.started_ms)?;
            }
        }
        Ok(())
    }

    /// The folders of the home's runs with their ids.
    pub fn folders(&self) -> impl Iterator<Item = (String, RunFolder)> + use<> {
        entries(&self.home.runs()).into_iter().filter_map(|path| {
            let id = path.file_name()?.to_str()?.to_owned();
            Some((id, RunFolder::at(path)))
        })
    }

    /// Drops what is in memory of a run that goes.
    pub fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn read(&self, item: Item) -> Result<IndexedRun, WireError> {
        let folder = self.home.run(&item.id)?;
        let mut all = self.lock();
        let known = all.entry(item.id.clone()).or_default();
        let manifest = match &known.manifest {
            // A folder that someone deleted by hand is gone, whatever is remembered of it.
            Some(manifest) if folder.path().is_dir() => manifest.clone(),
            _ => known.manifest.insert(Arc::new(RunManifest::read(&folder)?)).clone(),
        };
        let summary = known.summary.get_or_insert_with(|| self.db.run_summary(&item.id).unwrap_or_default());
        let changed = summary.catch_up(&folder);
        // While a run goes, memory is enough; an index that is behind catches up by itself.
        if changed
            && !summary.is_going()
            && let Err(error) = self.db.set_run_summary(&item.id, summary)
        {
            tracing::warn!("{} could not be indexed: {error}", item.id);
        }
        let summary = summary.clone();
        drop(all);
        Ok(IndexedRun { item, folder, manifest, summary })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock()
    }
}
