//! `run.json` and `tokens/`: what a run was started with, so that going on later needs neither the dataset nor the settings
//! of today.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tunesmith_data::{Tokens, own_file, read_tokens, write_tokens};
use tunesmith_protocol::{RunConfig, Split, WireError};
use tunesmith_sentence::{Sentence, say};

use super::{RunFolder, write_whole};
use crate::errors;

/// The longest that is read: all but the system prompt and the names is short.
const LONGEST: u64 = 64 << 20;

/// `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunManifest {
    pub id: String,
    /// The name it was started under; the user may have renamed it since.
    pub name: String,
    /// The preset whose settings it has, unchanged.
    #[serde(default)]
    pub preset: Option<String>,
    pub config: RunConfig,
    /// The base model's id; its folder where it has none.
    pub model: String,
    pub model_name: String,
    pub model_path: PathBuf,
    pub model_hash: String,
    /// The dataset's id; empty for a run straight from files.
    pub dataset: String,
    pub dataset_name: String,
    /// The number of its version; none for a run straight from files.
    #[serde(default)]
    pub dataset_version: Option<u32>,
    pub data_version: String,
    /// The system prompt that most rows share.
    pub system_prompt: Option<String>,
    pub started_ms: u64,
    /// The version of Tunesmith that started it.
    pub tunesmith: String,
}

impl RunManifest {
    pub fn read(folder: &RunFolder) -> Result<Self, WireError> {
        Self::read_or_damage(folder)?
    }

    /// The manifest of the run that an adapter's folder is the result or a checkpoint of; none where it is of no run, or the
    /// manifest cannot be read.
    pub fn of_result(folder: &Path) -> Option<Self> {
        let runs = folder.ancestors().skip(1).take(2).map(|above| RunFolder::at(above.to_path_buf()));
        let mut runs = runs.filter(|run| run.manifest().is_file());
        Self::read(&runs.next()?).ok()
    }

    /// Reads it, or tells in what way it is not what it should be.
    ///
    /// # Errors
    /// The system does not give it.
    pub fn read_or_damage(folder: &RunFolder) -> Result<Result<Self, WireError>, WireError> {
        let path = folder.manifest();
        match own_file::read(&path, LONGEST) {
            Ok(text) => Ok(serde_json::from_slice(&text).map_err(errors::damaged(path))),
            Err(error) if own_file::refused(&error).is_some() => Ok(Err(errors::io_at(&path, &error))),
            Err(error) => Err(errors::io_at(&path, &error)),
        }
    }

    pub fn write(&self, folder: &RunFolder) -> Result<(), WireError> {
        let text = serde_json::to_string_pretty(self).map_err(errors::unwritable)?;
        write_whole(&folder.manifest(), text.as_bytes())
    }

    /// What differs from `other`, in clauses; nothing when a run of the one may go on with the other.
    pub fn differences(&self, other: &Self) -> Vec<Sentence> {
        let mut differences = Vec::new();
        let (old, new) = (serde_json::to_value(&self.config.training), serde_json::to_value(&other.config.training));
        if let (Ok(serde_json::Value::Object(old)), Ok(serde_json::Value::Object(new))) = (old, new) {
            let changed = old.iter().filter(|(name, value)| new.get(*name) != Some(value));
            differences.extend(changed.map(|(name, value)| {
                let (before, now) = (value.to_string(), new.get(name).map(ToString::to_string).unwrap_or_default());
                say!("run-setting-differs", "{name} was {before} and is {now} now", name, before, now)
            }));
        }
        if self.data_version != other.data_version {
            differences.push(say!("run-data-differs", "the data is not the same"));
        }
        if self.model_hash != other.model_hash {
            differences.push(say!(
                "run-base-model-differs",
                "the base model in {path}, or the chat template that was chosen for it, is not the same",
                path = &other.model_path
            ));
        }
        differences
    }
}

/// The tokens of a run, kept beside its manifest.
pub(crate) struct RunTokens {
    pub training: Arc<Vec<Tokens>>,
    pub validation: Arc<Vec<Tokens>>,
    pub counts: RowCounts,
}

/// What became of training rows that were longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredCounts")]
pub(crate) struct RowCounts {
    pub too_long: u64,
    /// Of these, those that were left out.
    pub left_out: u64,
}

/// Runs of an earlier day have only the number of rows that were too long.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredCounts {
    TooLong(u64),
    Whole { too_long: u64, left_out: u64 },
}

impl From<StoredCounts> for RowCounts {
    fn from(stored: StoredCounts) -> Self {
        match stored {
            StoredCounts::TooLong(too_long) => Self { too_long, left_out: 0 },
            StoredCounts::Whole { too_long, left_out } => Self { too_long, left_out },
        }
    }
}

impl RunTokens {
    /// Reads them; nothing when the run was cut short before they were written.
    pub fn read(folder: &RunFolder) -> Result<Option<Self>, WireError> {
        let counts = folder.tokens(Split::Training).with_file_name("counts.json");
        // Written last, so where it is, everything is.
        let text = match own_file::read(&counts, LONGEST) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(errors::io(&counts))?,
        };
        Ok(Some(Self {
            training: read_tokens(&folder.tokens(Split::Training))?.into(),
            validation: read_tokens(&folder.tokens(Split::Validation))?.into(),
            counts: serde_json::from_slice(&text).map_err(errors::damaged(counts))?,
        }))
    }

    /// Writes them, so that they are there whole or not at all.
    pub fn write(&self, folder: &RunFolder) -> Result<(), WireError> {
        let path = folder.tokens(Split::Training);
        let tokens = path.parent().unwrap_or(folder.path());
        own_file::check_folder(tokens).map_err(errors::io(tokens))?;
        fs::create_dir_all(tokens).map_err(errors::io(tokens))?;
        write_tokens(&path, &self.training)?;
        write_tokens(&folder.tokens(Split::Validation), &self.validation)?;
        let counts = serde_json::to_vec(&self.counts).map_err(errors::unwritable)?;
        write_whole(&path.with_file_name("counts.json"), &counts)
    }
}
