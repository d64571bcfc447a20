//! The folder of a model, for one who does not hold the home: named by an id, by a name in the cache, or by a path.

use std::path::{Path, PathBuf};

use tunesmith_protocol::{ErrorCode, ItemKind, WireError};
use tunesmith_sentence::say;

use super::{Added, cache};
use crate::home::Home;
use crate::home::db::Db;
use crate::{bundled, errors};

/// The folder of a model named by the id of one in the home, or by its path. Needs no owner of the home.
///
/// # Errors
/// There is no such model, or it cannot be unpacked.
pub(crate) fn folder_of(home: &Home, name: &str) -> Result<PathBuf, WireError> {
    if name == "starter" {
        let folder = home.starter();
        if !bundled::has_starter() {
            return Err(bundled::no_starter());
        }
        bundled::unpack_starter(&folder)?;
        return Ok(folder);
    }
    let path = Path::new(name);
    if path.is_dir() {
        return model_folder(path);
    }
    if let Some(db) = Db::peek(home)?
        && let Some(item) = db.item(ItemKind::Model, name)?.filter(|item| !item.is_deleted())
        && let Some(added) = Added::of(&item)?
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
            say!("model-not-found", "“{name}” is neither a model in this home nor a folder", name),
            say!("model-not-found-hint", "`tunesmith models list` shows what there is"),
        )),
    }
}

/// The model folder that a path means: itself, the folder of a file in it, or the snapshot of a cached repository. However a
/// path is spelled, one folder has one name.
///
/// # Errors
/// There is nothing at the path, or something that is not a model folder.
pub(crate) fn model_folder(path: &Path) -> Result<PathBuf, WireError> {
    let path = std::path::absolute(path).map_err(errors::io(path))?;
    if !path.exists() {
        return Err(errors::missing(&path));
    }
    if path.extension().is_some_and(|extension| extension == "gguf") {
        return Err(is_gguf(&path));
    }
    if path.join("adapter_config.json").is_file() && !path.join("config.json").is_file() {
        return Err(is_adapter(&path));
    }
    let folder = if path.is_file() { path.parent().unwrap_or(&path).to_path_buf() } else { path };
    let folder = cache::snapshot(&folder).unwrap_or(folder);
    folder.canonicalize().map_err(errors::io(&folder))
}

fn is_gguf(path: &Path) -> WireError {
    WireError::invalid(
        say!("model-is-gguf", "{path} is a GGUF file, which is made for running a model, not for training it", path),
        say!(
            "model-is-gguf-hint",
            "Choose the model's Hugging Face folder: config.json, tokenizer.json and *.safetensors"
        ),
    )
}

fn is_adapter(path: &Path) -> WireError {
    WireError::invalid(
        say!("model-is-adapter", "{path} holds an adapter, which is only a part of a model", path),
        say!("model-is-adapter-hint", "Choose the folder of the base model that it was trained on"),
    )
}
