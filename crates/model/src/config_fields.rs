//! Reads the fields of a `config.json`: one at a time, each checked, with errors that name the file and the field.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use crate::ModelError;

/// More than any model has; a hostile config must not make us allocate by its numbers.
pub(crate) const LARGEST: u64 = 1 << 24;

/// The fields of a config while it is being read.
pub(crate) struct ConfigFields {
    file: PathBuf,
    source: Value,
}

impl ConfigFields {
    /// The fields of an object; `file` is what errors name.
    pub(crate) fn new(file: &Path, source: Value) -> Self {
        Self { file: file.into(), source }
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

    pub(crate) fn value(&self, key: &str) -> &Value {
        &self.source[key]
    }

    /// A list, empty where there is none.
    pub(crate) fn list(&self, key: &str) -> Result<&[Value], ModelError> {
        match &self.source[key] {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            _ => Err(self.wrong(say!("model-config-no-list", "{key} is not a list", key))),
        }
    }

    /// A whole number above 0.
    pub(crate) fn size(&self, key: &str) -> Result<usize, ModelError> {
        let value = &self.source[key];
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
        if self.source[key].is_null() { Ok(None) } else { self.size(key).map(Some) }
    }

    /// A whole number that may be 0.
    pub(crate) fn whole_or(&self, key: &str, default: usize) -> Result<usize, ModelError> {
        if self.source[key].as_u64() == Some(0) { Ok(0) } else { self.size_or(key, default) }
    }

    pub(crate) fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    /// Whether the config has this key, be it `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.source.get(key).is_some()
    }

    /// A number that is switched off by null and has a default when the key is absent.
    pub(crate) fn number_or_none(&self, key: &str, default: Option<f64>) -> Result<Option<f64>, ModelError> {
        if self.source.get(key).is_none() { Ok(default) } else { self.number(key) }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        let value = &self.source[key];
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
        match &self.source[key] {
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
