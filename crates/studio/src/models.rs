//! Base models: the starter, folders that the user added, models trained here, and what the Hugging Face cache holds.

mod cache;
mod facts;
mod renderers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tunesmith_data::Render;
use tunesmith_model::ModelError;
use tunesmith_protocol::{ErrorCode, Field, ItemKind, Kind, Model, ModelSource, WireError};

pub(crate) use facts::{FactsCache, Stamp, fingerprint, stamp};
pub(crate) use renderers::Renderers;
pub use renderers::{open_renderer, render_with};

use crate::db::{Db, Item};
use crate::home::Home;
use crate::{Studio, clock, explain, runs, samples};

/// What the database knows of an added folder.
#[derive(Serialize, Deserialize)]
struct Added {
    path: PathBuf,
}

/// Where a model lies and what it is called.
struct Place {
    id: String,
    name: String,
    source: ModelSource,
    path: PathBuf,
    added_ms: u64,
}

/// All base models, the starter first.
pub(crate) fn list(studio: &Studio) -> Result<Vec<Model>, WireError> {
    let items = studio.db.items(ItemKind::Model)?;
    let known = |id: &str| items.iter().find(|item| item.id == id);
    let mut models = Vec::new();
    for mut place in places(studio, &items)? {
        let item = known(&place.id);
        if item.is_some_and(|item| item.deleted) {
            continue;
        }
        if let Some(item) = item {
            place.name.clone_from(&item.name);
        }
        let tags = item.map(|item| item.tags.clone()).unwrap_or_default();
        models.extend(describe(studio, place, tags));
    }
    Ok(models)
}

/// One base model, whether it can be used or not.
pub(crate) fn get(studio: &Studio, id: &str) -> Result<Model, WireError> {
    list(studio)?.into_iter().find(|model| model.id == id).ok_or_else(|| {
        WireError::new(ErrorCode::NotFound, format!("There is no base model “{id}”"), "Choose another base model")
    })
}

/// A base model that can be used now.
pub(crate) fn usable(studio: &Studio, id: &str) -> Result<Model, WireError> {
    let model = get(studio, id)?;
    if let Some(problem) = &model.problem {
        return Err(WireError::invalid(
            format!("{} cannot be used: {problem}", model.name),
            "Choose another base model",
        ));
    }
    if model.source == ModelSource::Starter {
        unpacked_starter(studio)?;
    }
    Ok(model)
}

/// The folder of a model named by the id of one in the home, or by its path. Needs no owner of the home.
pub(crate) fn folder_of(home: &Home, name: &str) -> Result<PathBuf, WireError> {
    if name == "starter" {
        let folder = home.starter();
        if !samples::has_starter() {
            return Err(no_starter());
        }
        samples::unpack_starter(&folder)?;
        return Ok(folder);
    }
    let path = Path::new(name);
    if path.is_dir() {
        return model_folder(path);
    }
    if let Some(db) = Db::peek(&home.database())?
        && let Some(item) = db.item(ItemKind::Model, name)?.filter(|item| !item.deleted)
        && let Ok(added) = serde_json::from_str::<Added>(&item.facts)
    {
        return Ok(added.path);
    }
    if let Some(found) = cache::find().into_iter().find(|found| found.id == name || found.name == name) {
        return Ok(found.path);
    }
    let trained = name.strip_prefix("trained-").unwrap_or(name);
    match home.run(trained).map(|folder| folder.result()) {
        Ok(result) if result.join("config.json").is_file() => Ok(result),
        _ => Err(WireError::new(
            ErrorCode::NotFound,
            format!("“{name}” is neither a model in this home nor a folder"),
            "`tunesmith models list` shows what there is",
        )),
    }
}

/// Adds a folder; it stays where it is.
pub(crate) fn add(studio: &Studio, path: &Path) -> Result<Model, WireError> {
    let folder = model_folder(path)?;
    let facts = tunesmith_model::facts(&folder).map_err(model_error)?;
    studio.renderer(&folder)?;
    let text = folder.to_string_lossy();
    let found = list(studio)?.into_iter().find(|model| model.path == text && model.source != ModelSource::Cache);
    if let Some(model) = found {
        return Ok(model);
    }
    let name = folder.file_name().map_or_else(|| facts.family.clone(), |name| name.to_string_lossy().into_owned());
    let id = format!("{}-{}", clock::slug(&name), clock::short_hash(text.as_bytes()));
    let added = serde_json::to_string(&Added { path: folder.clone() })
        .map_err(|error| WireError::internal(error.to_string()))?;
    studio.db.add(ItemKind::Model, &id, &name, &added, clock::now_ms())?;
    studio.db.set_deleted(ItemKind::Model, &id, None)?;
    studio.library_changed();
    get(studio, &id)
}

/// Unpacks and verifies the starter model, once per start.
pub(crate) fn unpacked_starter(studio: &Studio) -> Result<(), WireError> {
    if !samples::has_starter() {
        return Err(no_starter());
    }
    let mut verified = studio.starter_verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !*verified {
        samples::unpack_starter(&studio.home.starter())?;
        *verified = true;
    }
    Ok(())
}

/// What a person reads when a model cannot be used.
pub(crate) fn model_error(error: ModelError) -> WireError {
    let hint = match &error {
        ModelError::NotAModel { .. } => "Choose a folder with config.json, tokenizer.json and *.safetensors",
        ModelError::UnsupportedFamily { .. } => "Choose a model of a supported family",
        ModelError::Weights { .. } | ModelError::Tensor { .. } => "Download or copy the model again",
        ModelError::Device(_) => "Choose the processor in Settings, or mend what is missing",
        _ => "",
    };
    let code = match &error {
        ModelError::Io { source, .. } if explain::disk_is_full(source) => ErrorCode::DiskFull,
        ModelError::Cancelled => ErrorCode::Cancelled,
        ModelError::Candle(_) | ModelError::UnknownParameter(_) => ErrorCode::Internal,
        _ => ErrorCode::Invalid,
    };
    WireError::new(code, explain::sentence(&error), hint)
}

/// The model folder that a path means: itself, the folder of a file in it, or the snapshot of a cached repository.
fn model_folder(path: &Path) -> Result<PathBuf, WireError> {
    let path = std::path::absolute(path).map_err(explain::io(path))?;
    if !path.exists() {
        return Err(WireError::new(
            ErrorCode::NotFound,
            format!("{} does not exist", path.display()),
            "Check the path",
        ));
    }
    if path.extension().is_some_and(|extension| extension == "gguf") {
        return Err(WireError::invalid(
            format!("{} is a GGUF file, which is made for running a model, not for training it", path.display()),
            "Choose the model's Hugging Face folder: config.json, tokenizer.json and *.safetensors",
        ));
    }
    if path.join("adapter_config.json").is_file() && !path.join("config.json").is_file() {
        return Err(WireError::invalid(
            format!("{} holds an adapter, which is only a part of a model", path.display()),
            "Choose the folder of the base model that it was trained on",
        ));
    }
    let folder = if path.is_file() { path.parent().unwrap_or(&path).to_path_buf() } else { path };
    Ok(cache::snapshot(&folder).unwrap_or(folder))
}

fn places(studio: &Studio, items: &[Item]) -> Result<Vec<Place>, WireError> {
    let mut places = Vec::new();
    if samples::has_starter() {
        places.push(Place {
            id: "starter".into(),
            name: "Tunesmith starter".into(),
            source: ModelSource::Starter,
            path: studio.home.starter(),
            added_ms: 0,
        });
    }
    for item in items {
        let Ok(added) = serde_json::from_str::<Added>(&item.facts) else { continue };
        let (id, name) = (item.id.clone(), item.name.clone());
        places.push(Place { id, name, source: ModelSource::Folder, path: added.path, added_ms: item.added_ms });
    }
    for run in runs::list(studio)?.into_iter().filter(|run| !run.config.training.method.is_adapter()) {
        let Some(result) = run.result_path else { continue };
        let id = format!("trained-{}", run.id);
        places.push(Place {
            id,
            name: run.name,
            source: ModelSource::Trained,
            path: result.into(),
            added_ms: run.started_ms,
        });
    }
    for found in cache::find() {
        if !places.iter().any(|place| place.path == found.path) {
            places.push(Place {
                id: found.id,
                name: found.name,
                source: ModelSource::Cache,
                path: found.path,
                added_ms: 0,
            });
        }
    }
    Ok(places)
}

/// The model at a place; nothing for what lies in the cache and is no model of ours.
fn describe(studio: &Studio, place: Place, tags: Vec<String>) -> Option<Model> {
    if place.source == ModelSource::Starter
        && let Err(error) = unpacked_starter(studio)
    {
        tracing::error!("the starter model could not be unpacked: {error}");
    }
    let facts = studio.facts.get(&place.path);
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
        tags,
        added_ms: place.added_ms,
        problem,
    })
}

/// A form offers the modules that the model has: families that fuse projections name them otherwise.
pub(crate) fn offer_its_modules(studio: &Studio, model: &Model, fields: &mut [Field]) {
    let Ok(facts) = &*studio.facts.get(model.path.as_ref()) else { return };
    for field in fields {
        if let Kind::Modules(modules) = &mut field.kind {
            *modules = facts.modules.iter().map(|module| module.to_string()).collect();
        }
    }
}

fn no_starter() -> WireError {
    WireError::new(ErrorCode::NotFound, "This build carries no starter model", "Choose another base model")
}

impl Studio {
    /// The renderer of a model folder.
    pub(crate) fn renderer(&self, folder: &Path) -> Result<Arc<dyn Render>, WireError> {
        self.renderers.get(folder)
    }
}
