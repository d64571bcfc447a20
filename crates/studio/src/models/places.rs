//! Where base models lie, and what they are called there.

use std::path::PathBuf;

use tunesmith_protocol::{ItemKind, ModelSource, WireError};

use super::{Added, Models, cache};
use crate::bundled;
use crate::home::db::{Item, unlisted};
use crate::home::run_index::IndexedRun;

const STARTER: &str = "starter";
const TRAINED: &str = "trained-";

/// Where a model lies and what it is called.
pub(super) struct Place {
    pub id: String,
    pub name: String,
    pub source: ModelSource,
    pub path: PathBuf,
    pub added_ms: u64,
}

impl Place {
    /// The place under the name that the user gave it.
    pub fn named_by(mut self, item: Option<&Item>) -> Self {
        if let Some(item) = item {
            self.name.clone_from(&item.name);
        }
        self
    }

    /// A folder that the user added; none where the item is only the name of a model that lies elsewhere.
    ///
    /// # Errors
    /// The record of the folder cannot be read.
    fn added(item: &Item) -> Result<Option<Self>, WireError> {
        let Item { id, name, added_ms, .. } = item;
        let place = |Added { path }| {
            let (id, name, source) = (id.clone(), name.clone(), ModelSource::Folder);
            Self { id, name, source, path, added_ms: *added_ms }
        };
        Ok(Added::of(item)?.map(place))
    }

    /// The model that a run has trained: an adapter is none.
    fn trained(run: IndexedRun) -> Option<Self> {
        let path = run.result().filter(|_| !run.manifest.config.training.method.is_adapter())?;
        Some(Self {
            id: format!("{TRAINED}{}", run.item.id),
            name: run.item.name,
            source: ModelSource::Trained,
            path,
            added_ms: run.manifest.started_ms,
        })
    }

    fn cached(found: cache::Found) -> Self {
        Self { id: found.id, name: found.name, source: ModelSource::Cache, path: found.path, added_ms: 0 }
    }
}

impl Models {
    /// All places of models; of those in the cache, only what is at no other place.
    pub(super) fn places(&self, items: &[Item]) -> Result<Vec<Place>, WireError> {
        let mut places: Vec<Place> = self.starter_place().into_iter().collect();
        places.extend(items.iter().filter_map(|item| self.added_place(item)));
        places.extend(self.runs.list()?.into_iter().filter_map(Place::trained));
        for found in cache::find() {
            if !places.iter().any(|place| place.path == found.path) {
                places.push(Place::cached(found));
            }
        }
        Ok(places)
    }

    /// The place of one model, without looking at the others.
    pub(super) fn place(&self, id: &str, item: Option<&Item>) -> Result<Option<Place>, WireError> {
        if id == STARTER {
            return Ok(self.starter_place());
        }
        if let Some(place) = item.map(Place::added).transpose()?.flatten() {
            return Ok(Some(place));
        }
        if let Some(run) = id.strip_prefix(TRAINED)
            && let Ok(run) = self.runs.get(run)
        {
            return Ok(Place::trained(run));
        }
        Ok(cache::find().into_iter().find(|found| found.id == id).map(Place::cached))
    }

    /// One whose record is damaged is told, once, and left out.
    fn added_place(&self, item: &Item) -> Option<Place> {
        let tell = |WireError { message, hint, .. }| {
            if item.is_deleted() {
                return;
            }
            let (id, name) = (&item.id, &item.name);
            let what = format!("model {id} {}", item.facts);
            self.db.notices().tell_unlisted(&what, unlisted(ItemKind::Model, id, name), message, hint);
        };
        Place::added(item).map_err(tell).ok().flatten()
    }

    fn starter_place(&self) -> Option<Place> {
        bundled::has_starter().then(|| Place {
            id: STARTER.into(),
            name: "Tunesmith starter".into(),
            source: ModelSource::Starter,
            path: self.home.starter(),
            added_ms: 0,
        })
    }
}
