//! Base models: the starter, folders that the user added, models trained here, and what the Hugging Face cache holds.

mod cache;
mod chat_templates;
mod facts;
mod generation_config;
mod lookup;
mod opened;
mod places;
mod templates;

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tunesmith_data::Render;
use tunesmith_protocol::{ErrorCode, Field, ItemKind, ItemRef, Kind, Model, ModelSource, WireError};
use tunesmith_sentence::say;

pub(crate) use lookup::{folder_of, model_folder};
pub(crate) use opened::{Opened, remarks_alone};

use crate::errors::{another_model_hint, model_error, unwritable};
use crate::home::Home;
use crate::home::db::{Db, Item};
use crate::home::run_index::RunIndex;
use crate::pool::Renderers;
use crate::topics::Topics;
use crate::{bundled, ids};
use facts::{FactsCache, Known};
use places::Place;

/// The base models of a home.
pub(crate) struct Models {
    home: Home,
    db: Arc<Db>,
    topics: Arc<Topics>,
    runs: Arc<RunIndex>,
    renderers: Arc<Renderers>,
    facts: FactsCache,
    /// Whether the starter was unpacked and verified since the program began.
    starter_verified: Mutex<bool>,
}

/// What the database knows of an added folder.
#[derive(Serialize, Deserialize)]
struct Added {
    path: std::path::PathBuf,
}

impl Added {
    /// What an item says of it; none where the item says only how a model is called.
    ///
    /// # Errors
    /// It cannot be read.
    fn of(item: &Item) -> Result<Option<Self>, WireError> {
        if item.is_hidden() {
            return Ok(None);
        }
        serde_json::from_str(&item.facts).map_err(|error| {
            let error = error.to_string();
            WireError::invalid(
                say!(
                    "model-record-damaged",
                    "The model “{name}” is not shown: its record cannot be read: {error}",
                    name = &item.name,
                    error
                ),
                say!("model-record-damaged-hint", "Add its folder again"),
            )
        })
    }
}

impl Models {
    pub fn new(home: Home, db: Arc<Db>, topics: Arc<Topics>, runs: Arc<RunIndex>, renderers: Arc<Renderers>) -> Self {
        let (facts, starter_verified) = (FactsCache::default(), Mutex::new(false));
        Self { home, db, topics, runs, renderers, facts, starter_verified }
    }

    /// All base models, the starter first.
    pub fn list(&self) -> Result<Vec<Model>, WireError> {
        let items = self.db.items(ItemKind::Model)?;
        let mut models = Vec::new();
        for place in self.places(&items)? {
            let item = items.iter().find(|item| item.id == place.id);
            if item.is_none_or(|item| !item.is_deleted()) {
                models.extend(self.describe(place.named_by(item), item.map(|item| item.tags.clone())));
            }
        }
        Ok(models)
    }

    /// One base model, whether it can be used or not.
    pub fn get(&self, id: &str) -> Result<Model, WireError> {
        let item = self.db.item(ItemKind::Model, id)?;
        let is_there = item.as_ref().is_none_or(|item| !item.is_deleted());
        let place = if is_there { self.place(id, item.as_ref())? } else { None };
        let tags = item.as_ref().map(|item| item.tags.clone());
        let model = place.and_then(|place| self.describe(place.named_by(item.as_ref()), tags));
        model.ok_or_else(|| {
            let message = say!("model-missing", "There is no base model “{id}”", id);
            WireError::new(ErrorCode::NotFound, message, another_model_hint())
        })
    }

    /// A base model that can be used now.
    pub fn usable(&self, id: &str) -> Result<Model, WireError> {
        let model = self.get(id)?;
        if let Some(problem) = &model.problem {
            let message = say!("model-unusable", "{name} cannot be used: {problem}", name = &model.name, problem);
            return Err(WireError::invalid(message, another_model_hint()));
        }
        if model.source == ModelSource::Starter {
            self.unpack_starter()?;
        }
        Ok(model)
    }

    /// Adds a folder; it stays where it is.
    pub fn add(&self, path: &Path) -> Result<Model, WireError> {
        let folder = model_folder(path)?;
        let facts = tunesmith_model::facts(&folder).map_err(model_error)?;
        self.renderers.get(&folder)?;
        let text = folder.to_string_lossy();
        // What was added on an earlier day may be spelled otherwise.
        let is_it = |path: &str| path == text || Path::new(path).canonicalize().is_ok_and(|known| known == folder);
        let found = self.list()?.into_iter().find(|model| model.source != ModelSource::Cache && is_it(&model.path));
        if let Some(model) = found {
            return Ok(model);
        }
        if let Some(cached) = self.bring_back(&folder)? {
            return Ok(cached);
        }
        let name = folder.file_name().map_or_else(|| facts.family.clone(), |name| name.to_string_lossy().into_owned());
        let id = format!("{}-{}", ids::slug(&name), ids::short_hash(text.as_bytes()));
        let added = serde_json::to_string(&Added { path: folder.clone() }).map_err(unwritable)?;
        self.db.add(ItemKind::Model, &id, &name, &added, ids::now_ms())?;
        // One of this id may be there, deleted or with a record that cannot be read.
        self.db.set_facts(ItemKind::Model, &id, &added)?;
        self.db.set_deleted(ItemKind::Model, &id, None)?;
        self.db.notices().forget(&ItemRef { kind: ItemKind::Model, id: id.clone() });
        self.topics.library_changed();
        self.get(&id)
    }

    /// Whether it is a model in the cache of this computer.
    pub fn is_cached(&self, id: &str) -> bool {
        cache::find().iter().any(|found| found.id == id)
    }

    /// Lists a model of the cache again that was deleted, in the bin or for good.
    fn bring_back(&self, folder: &Path) -> Result<Option<Model>, WireError> {
        let is_it = |found: &cache::Found| found.path.canonicalize().is_ok_and(|path| path == folder);
        let Some(found) = cache::find().into_iter().find(is_it) else { return Ok(None) };
        let item = self.db.item(ItemKind::Model, &found.id)?;
        let Some(item) = item.filter(Item::is_deleted) else { return Ok(None) };
        match item.is_hidden() {
            true => self.db.forget(ItemKind::Model, &found.id)?,
            false => drop(self.db.set_deleted(ItemKind::Model, &found.id, None)?),
        }
        self.topics.library_changed();
        self.get(&found.id).map(Some)
    }

    /// The renderer of a model.
    pub fn renderer(&self, model: &Model) -> Result<Arc<dyn Render>, WireError> {
        self.renderers.get(model.path.as_ref())
    }

    /// What is known of a model folder without loading it, or why it cannot be used.
    pub fn facts(&self, folder: &Path) -> Known {
        self.facts.get(folder)
    }

    /// Unpacks and verifies the starter model, once per start.
    pub fn unpack_starter(&self) -> Result<(), WireError> {
        if !bundled::has_starter() {
            return Err(bundled::no_starter());
        }
        let mut verified = self.starter_verified.lock();
        if !*verified {
            bundled::unpack_starter(&self.home.starter())?;
            *verified = true;
        }
        Ok(())
    }

    /// A form offers the modules that the model has: families that fuse projections name them otherwise.
    pub fn offer_its_modules(&self, model: &Model, fields: &mut [Field]) {
        let Ok(facts) = &*self.facts.get(model.path.as_ref()) else { return };
        for field in fields {
            let its = || facts.modules.iter().map(|module| module.to_string());
            match &mut field.kind {
                Kind::Modules(modules) => *modules = its().collect(),
                // Every family has norms, which are no projections.
                Kind::Names(modules) => modules.retain(|module| module == "norm" || its().any(|its| its == *module)),
                _ => {}
            }
        }
    }

    /// The model at a place; nothing for what lies in the cache and is no model of ours.
    fn describe(&self, place: Place, tags: Option<Vec<String>>) -> Option<Model> {
        if place.source == ModelSource::Starter
            && let Err(error) = self.unpack_starter()
        {
            tracing::error!("the starter model could not be unpacked: {error}");
        }
        let chosen_template = self.chosen_template(&place.path);
        let facts = self.facts.get(&place.path);
        let (problem, facts) = match &*facts {
            Ok(facts) => (None, Some(facts)),
            Err(unusable) if place.source == ModelSource::Cache && !unusable.ours => return None,
            Err(unusable) => (Some(unusable.why.clone()), None),
        };
        Some(Model {
            id: place.id,
            name: place.name,
            source: place.source,
            path: place.path.to_string_lossy().into_owned(),
            family: facts.map(|facts| facts.family.clone()).unwrap_or_default(),
            parameters: facts.map_or(0, |facts| facts.parameters),
            size_bytes: facts.map_or(0, |facts| facts.size_bytes),
            context_length: facts.map_or(0, |facts| facts.context_length),
            has_chat_template: facts.is_some_and(|facts| facts.has_chat_template),
            tags: tags.unwrap_or_default(),
            added_ms: place.added_ms,
            remarks: facts.map(|facts| facts.remarks.clone()).unwrap_or_default(),
            problem,
            chosen_template,
        })
    }
}
