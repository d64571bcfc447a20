//! What is known about model folders without loading them, remembered as long as their files do not change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_model::{ModelConfig, ModelError};
use tunesmith_sentence::{Sentence, say};

use super::{generation_config, templates};
use crate::pool::{Stamp, stamp};

/// What a list of models shows of one.
pub(crate) struct Facts {
    pub family: String,
    pub parameters: u64,
    pub size_bytes: u64,
    pub context_length: u32,
    /// What the model is made of.
    pub config: ModelConfig,
    /// What can have an adapter.
    pub modules: Vec<&'static str>,
    pub has_chat_template: bool,
    /// What of the folder is not used, and where its config and its weights disagree.
    pub remarks: Vec<Sentence>,
}

/// Why a folder cannot be used.
pub(crate) struct Unusable {
    /// Whether it would be a model of ours, if it were whole.
    pub ours: bool,
    pub why: Sentence,
}

pub(crate) type Known = Arc<Result<Facts, Unusable>>;

/// Facts by folder.
#[derive(Default)]
pub(crate) struct FactsCache {
    known: Mutex<HashMap<PathBuf, (Stamp, Known)>>,
}

impl FactsCache {
    pub fn get(&self, folder: &Path) -> Known {
        let stamp = stamp(folder);
        let mut known = self.known.lock();
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

/// What a folder says, read anew.
pub(super) fn read(folder: &Path) -> Result<Facts, Unusable> {
    if !folder.is_dir() {
        return Err(Unusable { ours: true, why: say!("model-folder-gone", "{folder} is gone", folder) });
    }
    let facts = tunesmith_model::facts(folder).map_err(|error| Unusable {
        ours: matches!(
            error,
            ModelError::Weights { .. }
                | ModelError::Tensor { .. }
                | ModelError::Quantized { .. }
                | ModelError::Io { .. }
        ),
        why: error.sentence(),
    })?;
    if !folder.join("tokenizer.json").is_file() {
        let why = say!("model-without-tokenizer", "{folder} has no tokenizer.json", folder);
        return Err(Unusable { ours: true, why });
    }
    Ok(Facts {
        family: facts.family,
        parameters: facts.parameters,
        size_bytes: facts.size_bytes,
        context_length: facts.context_length,
        modules: tunesmith_model::modules(&facts.config),
        config: facts.config,
        has_chat_template: templates::has_one(folder),
        remarks: [facts.remarks, templates::not_used(folder), generation_config::not_used(folder)].concat(),
    })
}
