//! The runs of a home as they lie on disk: what each was started with and what its records add up to, read once and kept.
//! Whether a run is at work now is left to `runs`.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tunesmith_protocol::{ErrorCode, ItemKind, ItemRef, Unlisted, WireError};
use tunesmith_sentence::say;

use super::checksums;
use super::db::{Db, Item};
use super::manifest::RunManifest;
use super::notices::as_written;
use super::run_summary::RunSummary;
use super::{Home, RunFolder, entries};
use crate::errors;

/// A run as it lies on disk.
pub(crate) struct IndexedRun {
    pub item: Item,
    pub folder: RunFolder,
    pub manifest: Arc<RunManifest>,
    pub summary: RunSummary,
    /// The records are not what was written: they take no more.
    pub damaged: bool,
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
    /// The records as they were when they were last found damaged.
    damaged: Option<String>,
    /// Its other files were compared with what was written. The whole result is, whenever it is loaded.
    looked_at: bool,
}

impl RunIndex {
    pub fn new(home: Home, db: Arc<Db>) -> Self {
        Self { home, db, known: Mutex::default() }
    }

    /// All runs that are not in the bin, the newest first. One that cannot be read is told and left out.
    pub fn list(&self) -> Result<Vec<IndexedRun>, WireError> {
        self.adopt()?;
        let items = self.db.items(ItemKind::Run)?.into_iter().filter(|item| !item.is_deleted());
        let told = |item: Item| {
            let (id, name) = (item.id.clone(), item.name.clone());
            self.read(item).inspect_err(|error| self.tell_of(&id, &name, error)).ok()
        };
        Ok(items.filter_map(told).collect())
    }

    /// One run.
    pub fn get(&self, id: &str) -> Result<IndexedRun, WireError> {
        let gone = || WireError::not_found(say!("run-missing", "There is no run “{id}”", id));
        self.read(self.db.item(ItemKind::Run, id)?.filter(|item| !item.is_deleted()).ok_or_else(gone)?)
    }

    /// Adds runs to the database that it does not know: another process made them here, or the database is new.
    pub fn adopt(&self) -> Result<(), WireError> {
        let items = self.db.items(ItemKind::Run)?;
        let known: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        for (id, folder) in self.folders() {
            if known.contains(id.as_str()) {
                continue;
            }
            match RunManifest::read(&folder) {
                Ok(manifest) => self.db.add(ItemKind::Run, &id, &manifest.name, "null", manifest.started_ms)?,
                // A folder without one is no run, or none yet.
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => self.tell_of(&id, &id, &error),
            }
        }
        Ok(())
    }

    /// The folders of the home's runs with their ids.
    pub fn folders(&self) -> impl Iterator<Item = (String, RunFolder)> + use<> {
        let home = self.home.clone();
        entries(&home.runs()).into_iter().filter_map(move |path| {
            let id = path.file_name()?.to_str()?.to_owned();
            // What is still on its way has a name that is no id.
            let folder = home.run(&id).ok()?;
            Some((id, folder))
        })
    }

    /// Measures a run's files anew, as some were removed.
    pub fn measure(&self, id: &str) {
        if let (Some(summary), Ok(folder)) =
            (self.lock().get_mut(id).and_then(|known| known.summary.as_mut()), self.home.run(id))
        {
            summary.measure(&folder);
            if let Err(error) = self.db.set_run_summary(id, summary) {
                tracing::warn!("{id} could not be indexed: {error}");
            }
        }
    }

    /// Drops what is in memory of a run that goes.
    pub fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// A run that is not shown is told, once.
    fn tell_of(&self, id: &str, name: &str, error: &WireError) {
        let Ok(folder) = self.home.run(id) else { return };
        let notices = self.home.notices();
        let (path, is_there) = (folder.path(), folder.path().is_dir());
        let about = Unlisted {
            item: ItemRef { kind: ItemKind::Run, id: id.into() },
            name: name.into(),
            folder: is_there.then(|| path.to_string_lossy().into_owned()),
            restorable: is_there,
        };
        if !is_there {
            let message = say!(
                "run-folder-gone",
                "The fine-tune “{name}” is gone: there is no folder {path} any more",
                name,
                path
            );
            let hint = say!("run-folder-gone-hint", "Bring the folder back from a backup, or train it again");
            return notices.tell_unlisted(&format!("run gone {id}"), about, message, hint);
        }
        notices.tell_unlisted(
            &as_written(&folder.manifest()),
            about,
            say!("run-not-shown", "The fine-tune “{name}” is not shown: {why}", name, why = error.message.clone()),
            say!("run-not-shown-hint", "Bring run.json back from a backup. What was trained lies in {path}", path),
        );
    }

    /// Lines of a run's records that cannot be read are told, once.
    fn tell_of_lines(&self, item: &Item, folder: &RunFolder, lines: u64) {
        let name = &item.name;
        self.home.notices().tell(
            &format!("records {} {lines}", item.id),
            say!(
                "run-records-damaged", lines;
                "A line of the records of “{name}” cannot be read: its charts and numbers do without it",
                "{lines} lines of the records of “{name}” cannot be read: its charts and numbers do without them",
                lines, name
            ),
            say!(
                "run-records-damaged-hint",
                "What was trained is as it was. Bring {path} back from a backup, if there is one",
                path = folder.metrics()
            ),
        );
    }

    /// Records that cannot be read at all are told, once.
    fn tell_of_records(&self, item: &Item, folder: &RunFolder, error: &io::Error) {
        let (name, path) = (&item.name, folder.metrics());
        let why = errors::io_at(&path, error);
        self.home.notices().tell(
            &format!("records {} {why}", item.id),
            say!("run-records-unreadable", "The records of “{name}” cannot be read: {why}", name, why = why.message),
            say!(
                "run-records-damaged-hint",
                "What was trained is as it was. Bring {path} back from a backup, if there is one",
                path
            ),
        );
    }

    fn read(&self, item: Item) -> Result<IndexedRun, WireError> {
        let folder = self.home.run(&item.id)?;
        let mut all = self.lock();
        let known = all.entry(item.id.clone()).or_default();
        let manifest = match &known.manifest {
            // A folder that someone deleted by hand is gone, whatever is remembered of it.
            Some(manifest) if folder.manifest().is_file() => manifest.clone(),
            _ => known.manifest.insert(Arc::new(RunManifest::read(&folder)?)).clone(),
        };
        let summary = known.summary.get_or_insert_with(|| self.db.run_summary(&item.id).unwrap_or_default());
        if !std::mem::replace(&mut known.looked_at, true) && !folder.is_locked() {
            let found = [checksums::check_manifest(&folder), checksums::check_result_lengths(&folder)];
            found.into_iter().filter_map(Result::err).for_each(|error| self.tell_of_file(&item, error));
        }
        let compared = summary.intact.clone();
        let damaged = self.are_damaged(&item, &folder, summary, &mut known.damaged);
        // What was known of damaged records holds; where nothing was, what can be read of them has to do.
        let caught_up = if damaged && summary.is_known() { Ok(false) } else { summary.catch_up(&folder) };
        let changed = matches!(caught_up, Ok(true)) || summary.intact != compared;
        // While a run goes, memory is enough; an index that is behind catches up by itself.
        if changed
            && !summary.is_going()
            && let Err(error) = self.db.set_run_summary(&item.id, summary)
        {
            tracing::warn!("{} could not be indexed: {error}", item.id);
        }
        let summary = summary.clone();
        drop(all);
        if let Err(error) = caught_up {
            self.tell_of_records(&item, &folder, &error);
        }
        if summary.damaged_lines > 0 {
            self.tell_of_lines(&item, &folder, summary.damaged_lines);
        }
        Ok(IndexedRun { item, folder, manifest, summary, damaged })
    }

    /// Whether the records are not what was written when the run ended; that is told, once. They are compared again only when
    /// the file was written again.
    fn are_damaged(
        &self,
        item: &Item,
        folder: &RunFolder,
        summary: &mut RunSummary,
        damaged: &mut Option<String>,
    ) -> bool {
        if summary.is_known() && summary.is_going() {
            return false;
        }
        let now = as_written(&folder.metrics());
        if summary.intact.as_ref() == Some(&now) || damaged.as_ref() == Some(&now) {
            return damaged.as_ref() == Some(&now);
        }
        let Err(error) = checksums::check_records(folder) else {
            if damaged.take().is_some() {
                // Brought back or begun anew: what was known may be of other records.
                *summary = RunSummary::default();
            }
            summary.intact = Some(now);
            return false;
        };
        self.tell_of_file(item, error);
        *damaged = Some(now);
        true
    }

    /// A file of a run that is not what was written is told, once.
    fn tell_of_file(&self, item: &Item, error: WireError) {
        let (name, why) = (&item.name, error.message);
        self.home.notices().tell(
            &format!("run file {} {why}", item.id),
            say!("run-file-of", "A file of the fine-tune “{name}” is not what it was: {why}", name, why),
            error.hint,
        );
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock()
    }
}
