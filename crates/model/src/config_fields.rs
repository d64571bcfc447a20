//! Reads the fields of a `config.json`: one at a time, each checked, with errors that name the file and the field.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use crate::ModelError;

/// More than any model has; a hostile config must not make us allocate by its numbers.
pub(crate) const LARGEST: u64 = 1 << 24;

/// Fields that say nothing about how a text is computed, or only where another one switches them on.
const WITHOUT_EFFECT: [&str; 37] = [
    "auto_map",
    "cache_implementation",
    "chunk_size_feed_forward",
    "dtype",
    "embd_pdrop",
    "finetuning_task",
    "full_attn_mod",
    "hybrid_cache",
    "hybrid_cache_implementation",
    "id2label",
    "initializer_range",
    "interpolate_factor",
    "is_decoder",
    "is_llama_config",
    "label2id",
    "layer_types",
    "max_window_layers",
    "model_max_length",
    "num_return_sequences",
    "original_max_position_embeddings",
    "pretraining_tp",
    "problem_type",
    "quantization_config",
    "resid_pdrop",
    "return_dict",
    "sliding_window",
    "task_specific_params",
    "tokenizer_class",
    "torch_dtype",
    "transformers.js_config",
    "transformers_version",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
    "use_flash_attn",
    "use_sliding_window",
];

/// The fields of a config while it is being read.
pub(crate) struct ConfigFields {
    file: PathBuf,
    source: Value,
    read: RefCell<BTreeSet<String>>,
    /// Fields of objects in the config that nobody reads, such as `rope_scaling.factor`.
    unread_parts: RefCell<BTreeSet<String>>,
}

impl ConfigFields {
    /// The fields of an object; `file` is what errors name.
    pub(crate) fn new(file: &Path, source: Value) -> Self {
        Self { file: file.into(), source, read: RefCell::default(), unread_parts: RefCell::default() }
    }

    /// The file that errors name.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The whole object.
    pub(crate) fn source(&self) -> &Value {
        &self.source
    }

    /// An error of this file.
    pub(crate) fn wrong(&self, reason: Sentence) -> ModelError {
        ModelError::Config { file: self.file.clone(), reason }
    }

    /// A field as it stands in the file; null where there is none.
    pub(crate) fn value(&self, key: &str) -> &Value {
        self.read.borrow_mut().insert(key.to_owned());
        &self.source[key]
    }

    /// The fields that nobody asked for and that may change what the model computes. What is null, false, 0 or empty
    /// switches nothing on.
    pub(crate) fn unread(&self) -> Vec<String> {
        let read = self.read.borrow();
        let matters = |key: &str, value: &Value| {
            let is_off = match value {
                Value::Null | Value::Bool(false) => true,
                Value::Number(number) => number.as_f64() == Some(0.0),
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                Value::Bool(true) => false,
            };
            let is_quiet = key.starts_with('_') || key.ends_with("_token_id") || key.ends_with("dropout");
            !(is_off || is_quiet || WITHOUT_EFFECT.contains(&key) || read.contains(key))
        };
        let fields = self.source.as_object().into_iter().flatten();
        let unread = fields.filter(|(key, value)| matters(key, value)).map(|(key, _)| key.clone());
        unread.chain(self.unread_parts.borrow().iter().cloned()).collect()
    }

    /// Notes a field of an object in the config that nobody reads.
    pub(crate) fn leave_unread(&self, name: String) {
        self.unread_parts.borrow_mut().insert(name);
    }

    /// A list, empty where there is none.
    pub(crate) fn list(&self, key: &str) -> Result<&[Value], ModelError> {
        match self.value(key) {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            _ => Err(self.wrong(say!("model-config-no-list", "{key} is not a list", key))),
        }
    }

    /// A whole number above 0.
    pub(crate) fn size(&self, key: &str) -> Result<usize, ModelError> {
        let value = self.value(key);
        let size = value.as_u64().filter(|size| (1..=LARGEST).contains(size));
        size.map(|size| size as usize).ok_or_else(|| match value.is_null() {
            true => self.wrong(say!("model-config-missing", "{key} is missing", key)),
            false => self.wrong(say!(
                "model-config-no-size",
                "{key} is {value}, expected a whole number from 1 to {largest}",
                key,
                value = value.to_string(),
                largest = LARGEST
            )),
        })
    }

    pub(crate) fn size_or(&self, key: &str, default: usize) -> Result<usize, ModelError> {
        Ok(self.size_if_any(key)?.unwrap_or(default))
    }

    pub(crate) fn size_if_any(&self, key: &str) -> Result<Option<usize>, ModelError> {
        if self.value(key).is_null() { Ok(None) } else { self.size(key).map(Some) }
    }

    /// A whole number that may be 0.
    pub(crate) fn whole_or(&self, key: &str, default: usize) -> Result<usize, ModelError> {
        if self.value(key).as_u64() == Some(0) { Ok(0) } else { self.size_or(key, default) }
    }

    pub(crate) fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    /// Whether the config has this key, be it `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.read.borrow_mut().insert(key.to_owned());
        self.source.get(key).is_some()
    }

    /// A number that is switched off by null and has a default when the key is absent.
    pub(crate) fn number_or_none(&self, key: &str, default: Option<f64>) -> Result<Option<f64>, ModelError> {
        if !self.has(key) { Ok(default) } else { self.number(key) }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        let value = self.value(key);
        if value.is_null() {
            return Ok(None);
        }
        let number = value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
        let no_number = || {
            say!(
                "model-config-no-number",
                "{key} is {value}, expected a number above 0",
                key,
                value = value.to_string()
            )
        };
        number.ok_or_else(|| self.wrong(no_number())).map(Some)
    }

    pub(crate) fn switch_or(&self, key: &str, default: bool) -> Result<bool, ModelError> {
        match self.value(key) {
            Value::Null => Ok(default),
            Value::Bool(on) => Ok(*on),
            value => Err(self.wrong(say!(
                "model-config-no-flag",
                "{key} is {value}, expected true or false",
                key,
                value = value.to_string()
            ))),
        }
    }
}
