//! Reads a `config.json`: finds the family that it names, which reads the fields.

use std::path::Path;

use candle_lora::regular_file::{self, Refusal};
use serde_json::{Map, Value};
use tunesmith_sentence::{Sentence, say};

use crate::config_fields::ConfigFields;
use crate::family::{FAMILIES, Family};
use crate::{ModelConfig, ModelError};

/// A config is a few kilobytes; a file that claims more is not one.
const LONGEST_CONFIG: u64 = 4 << 20;

impl ModelConfig {
    /// Reads `config.json` of a model folder.
    ///
    /// # Errors
    /// When there is none, or it is of a model that is not supported.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let file = folder.join("config.json");
        let not_a_model = |reason: Sentence| ModelError::NotAModel { folder: folder.into(), reason };
        if !folder.is_dir() {
            return Err(not_a_model(say!("model-folder-missing", "there is no such folder")));
        }
        let text = match regular_file::read_text(&file, LONGEST_CONFIG) {
            Err(Refusal::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(not_a_model(say!("model-without-config", "it has no config.json")));
            }
            other => other.map_err(ModelError::refused(&file, ModelError::config))?,
        };
        let too_long = || say!("model-config-too-long", "is too long to be a model's config");
        let text = text.ok_or_else(|| ModelError::config(file.clone(), too_long()))?;
        Self::parse(&text, &file)
    }

    /// Reads the text of a `config.json`; `file` is what errors name.
    ///
    /// # Errors
    /// When it is of a model that is not supported.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ModelError> {
        let source = serde_json::from_str::<Map<String, Value>>(text).map_err(|error| ModelError::Config {
            file: file.into(),
            reason: match text.trim().is_empty() {
                true => say!("file-blank", "is empty"),
                false => say!("file-no-json-object", "is not a valid JSON object: {error}", error = error.to_string()),
            },
        })?;
        read_config(&ConfigFields::new(file, Value::Object(source)))
    }
}

fn read_config(fields: &ConfigFields) -> Result<ModelConfig, ModelError> {
    check_kind(fields)?;
    let mut config = family(fields)?.config(fields)?;
    config.unread = fields.unread();
    Ok(config)
}

fn family(fields: &ConfigFields) -> Result<&'static Family, ModelError> {
    let architecture = fields.value("architectures")[0].as_str();
    let named = fields.value("model_type").as_str().or(architecture);
    let family =
        FAMILIES.iter().find(|family| named.is_some_and(|name| family.name == name || family.is_architecture(name)));
    let found = match family {
        Some(family) if architecture.is_none_or(|name| family.is_architecture(name)) => return Ok(family),
        Some(_) => architecture,
        None => named,
    };
    let Some(found) = found.map(Sentence::verbatim) else {
        return Err(fields.wrong(say!("model-family-unnamed", "it names neither model_type nor architectures")));
    };
    Err(ModelError::UnsupportedFamily { file: fields.file().into(), found })
}

/// Whole kinds of models that no family of ours is, said in words rather than by a name.
fn check_kind(fields: &ConfigFields) -> Result<(), ModelError> {
    let has = |key: &str| !fields.value(key).is_null();
    if has("vision_config") || has("audio_config") {
        return Err(fields.wrong(say!(
            "model-not-of-text",
            "the model has a vision or audio tower; only models of text alone are supported"
        )));
    }
    let experts = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];
    if experts.iter().any(|key| fields.value(key).as_u64().is_some_and(|count| count > 1)) {
        return Err(fields.wrong(say!("model-of-experts", "the model is a mixture of experts, which is not supported")));
    }
    Ok(())
}
