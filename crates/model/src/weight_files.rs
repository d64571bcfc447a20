//! Which weight files a model folder has: one, or those that an index names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use candle_lora::regular_file::{self, Refusal};
use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use crate::ModelError;

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const LONGEST_INDEX: u64 = 64 << 20;
/// More files than any model has: the largest have some hundreds.
const MOST_FILES: usize = 4096;

/// The weight files, each once.
pub(crate) fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let single = folder.join(SINGLE);
    if single.exists() {
        return Ok(vec![single]);
    }
    let index = folder.join(INDEX);
    let text = match regular_file::read_text(&index, LONGEST_INDEX) {
        Err(Refusal::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Err(no_weights(folder)),
        other => other.map_err(ModelError::refused(&index, ModelError::weights))?,
    };
    let wrong = |reason: Sentence| ModelError::weights(index.clone(), reason);
    let too_long = || say!("model-index-too-long", "is too long to be an index of weight files");
    let names = named(&text.ok_or_else(|| wrong(too_long()))?).map_err(wrong)?;
    let files: Vec<PathBuf> = names.into_iter().map(|name| folder.join(name)).collect();
    // Before any of them is read.
    match files.iter().find(|file| !file.exists()) {
        Some(file) => Err(wrong(say!(
            "model-index-file-missing",
            "names {file}, which is not there; download or copy the missing files",
            file
        ))),
        None => Ok(files),
    }
}

/// The files that an index names, in order.
fn named(text: &str) -> Result<BTreeSet<String>, Sentence> {
    let index: Value = serde_json::from_str(text)
        .map_err(|error| say!("file-not-json", "is not valid JSON: {error}", error = error.to_string()))?;
    let map = index["weight_map"].as_object();
    let map = map.ok_or_else(|| say!("model-index-without-map", "has no weight_map"))?;
    let mut names = BTreeSet::new();
    for name in map.values() {
        let name = name.as_str().ok_or_else(|| say!("model-index-no-text", "names a file that is not text"))?;
        if !is_plain_name(name) {
            return Err(say!(
                "model-index-not-plain",
                "names the file {name}, which is not a plain .safetensors file of the folder",
                name = format!("{name:?}")
            ));
        }
        names.insert(name.to_string());
        if names.len() > MOST_FILES {
            return Err(say!(
                "model-index-too-many",
                "names more than {limit} weight files, which no model has",
                limit = MOST_FILES
            ));
        }
    }
    Ok(names)
}

/// A file of the folder itself: no separators, drives or dots that lead elsewhere.
fn is_plain_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain && !name.starts_with('.') && name.ends_with(".safetensors") && name.len() < 256
}

fn no_weights(folder: &Path) -> ModelError {
    let reason = match folder.join("pytorch_model.bin").exists() || folder.join("pytorch_model.bin.index.json").exists()
    {
        true => say!(
            "model-weights-pickled",
            "its weights are in PyTorch's pickle format, which can run code; save it as safetensors"
        ),
        false => say!("model-without-weights", "it has no model.safetensors and no model.safetensors.index.json"),
    };
    ModelError::NotAModel { folder: folder.into(), reason }
}
