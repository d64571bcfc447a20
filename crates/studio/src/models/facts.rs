//! What is known about model folders without loading them, remembered as long as their files do not change.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tunesmith_model::ModelError;
use tunesmith_protocol::WireError;

use crate::home::entries;
use crate::{clock, explain};

/// What a list of models shows of one.
pub(crate) struct Facts {
    pub family: String,
    pub parameters: u64,
    pub size_bytes: u64,
    pub context_length: u32,
    /// What can have an adapter.
    pub modules: Vec<&'static str>,
    pub has_chat_template: bool,
}

/// Why a folder cannot be used.
pub(crate) struct Unusable {
    /// Whether it would be a model of ours, if it were whole.
    pub ours: bool,
    pub why: String,
}

type Known = Arc<Result<Facts, Unusable>>;
pub(crate) type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Facts by folder.
#[derive(Default)]
pub(crate) struct FactsCache {
    known: Mutex<HashMap<PathBuf, (Stamp, Known)>>,
}

impl FactsCache {
    pub fn get(&self, folder: &Path) -> Known {
        let stamp = stamp(folder);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, facts)) = known.get(folder)
            && *seen == stamp
        {
            return facts.clone();
        }
        let facts = Arc::new(read(folder));
        known.insert(folder.to_path_buf(), (stamp, facts.clone()));
        facts
    }
}

fn read(folder: &Path) -> Result<Facts, Unusable> {
    if !folder.is_dir() {
        return Err(Unusable { ours: true, why: format!("{} is gone", folder.display()) });
    }
    let facts = tunesmith_model::facts(folder).map_err(|error| Unusable {
        ours: matches!(error, ModelError::Weights { .. } | ModelError::Tensor { .. } | ModelError::Io { .. }),
        why: explain::sentence(&error),
    })?;
    if !folder.join("tokenizer.json").is_file() {
        return Err(Unusable { ours: true, why: format!("{} has no tokenizer.json", folder.display()) });
    }
    Ok(Facts {
        family: facts.family,
        parameters: facts.parameters,
        size_bytes: facts.size_bytes,
        context_length: facts.context_length,
        modules: tunesmith_model::modules(&facts.config),
        has_chat_template: has_chat_template(folder),
    })
}

fn has_chat_template(folder: &Path) -> bool {
    let config = || {
        let text = std::fs::read(folder.join("tokenizer_config.json")).ok()?;
        let config: serde_json::Value = serde_json::from_slice(&text).ok()?;
        Some(!config.get("chat_template")?.is_null())
    };
    folder.join("chat_template.jinja").is_file() || config().unwrap_or(false)
}

/// Size and time of each file that is read of a model: another one in the same folder shows here.
pub(crate) fn stamp(folder: &Path) -> Stamp {
    let facts = |path: PathBuf| {
        let facts = std::fs::metadata(&path).ok();
        (path, facts.as_ref().map_or(0, |facts| facts.len()), facts.and_then(|facts| facts.modified().ok()))
    };
    entries(folder).into_iter().filter(|path| is_part_of_a_model(path)).map(facts).collect()
}

/// A hash that tells models apart without reading gigabytes: all of the small files, and of each weight file its size,
/// its header and its end.
pub(crate) fn fingerprint(folder: &Path) -> Result<String, WireError> {
    const SMALL: u64 = 16 << 20;
    const PART: u64 = 1 << 20;
    let mut hash = Sha256::new();
    for path in entries(folder).iter().filter(|path| is_part_of_a_model(path)) {
        let mut read = || {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update(length.to_le_bytes());
            let mut bytes = Vec::new();
            file.by_ref().take(if length <= SMALL { SMALL } else { PART }).read_to_end(&mut bytes)?;
            hash.update(&bytes);
            if length > SMALL {
                bytes.clear();
                file.seek(SeekFrom::Start(length - PART))?;
                file.read_to_end(&mut bytes)?;
                hash.update(&bytes);
            }
            Ok(())
        };
        read().map_err(explain::io(path))?;
    }
    Ok(clock::hex(&hash.finalize()))
}

fn is_part_of_a_model(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    path.is_file() && matches!(extension, "safetensors" | "json" | "jinja" | "model" | "txt")
}
