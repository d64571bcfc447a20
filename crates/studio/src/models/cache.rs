//! The Hugging Face cache of this computer: `models--org--name/snapshots/<revision>`.

use std::path::{Path, PathBuf};

use tunesmith_model::regular_file;

use crate::home::entries;
use crate::ids;

/// A revision is a hash of forty digits.
const LONGEST_REVISION: u64 = 1024;

/// A repository in the cache with something like a model in it.
pub(super) struct Found {
    pub id: String,
    pub name: String,
    pub path: PathBuf,
}

/// The repositories in the cache that have a config and safetensors.
pub(super) fn find() -> Vec<Found> {
    let Some(hub) = hub() else { return Vec::new() };
    entries(&hub).iter().filter_map(|repository| found(repository)).collect()
}

/// The newest snapshot of a cached repository's folder.
pub(super) fn snapshot(repository: &Path) -> Option<PathBuf> {
    let snapshots = repository.join("snapshots");
    let main = regular_file::read_text(&repository.join("refs").join("main"), LONGEST_REVISION).ok().flatten();
    let named = main.map(|revision| snapshots.join(revision.trim())).filter(|path| path.is_dir());
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    named.or_else(|| entries(&snapshots).into_iter().max_by_key(changed))
}

fn found(repository: &Path) -> Option<Found> {
    let folder = repository.file_name()?.to_str()?;
    let name = folder.strip_prefix("models--")?.replace("--", "/");
    let path = snapshot(repository)?;
    let weights = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "safetensors");
    if !path.join("config.json").is_file() || !entries(&path).iter().any(weights) {
        return None;
    }
    let id = format!("{}-{}", ids::slug(&name), ids::short_hash(path.to_string_lossy().as_bytes()));
    Some(Found { id, name, path })
}

fn hub() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("HF_HUB_CACHE")
        .or_else(|| from("HF_HOME").map(|home| home.join("hub")))
        .or_else(|| from("XDG_CACHE_HOME").map(|cache| cache.join("huggingface/hub")))
        .or_else(|| from("HOME").map(|home| home.join(".cache/huggingface/hub")))
}
