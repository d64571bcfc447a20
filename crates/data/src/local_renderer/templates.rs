//! Finds the chat templates of a model folder: the default one, and the one for conversations with tools.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tunesmith_sentence::say;

use super::folder::{read_file, read_json, read_object};
use crate::error::io_reason;
use crate::template::{Sources, Template};
use crate::{RenderError, own_file};

/// The name of the template that `transformers` takes where there are tools.
const TOOL_USE: &str = "tool_use";

/// The longest template that can be chosen, in bytes. Those that models bring have up to 20,000.
pub const LONGEST_TEMPLATE: usize = 64 << 10;

/// The text of a template and the file it lies in.
pub(super) type FileAndText = (PathBuf, String);

/// The templates of a folder.
pub(super) struct FoundTemplates {
    pub default: FileAndText,
    pub tool_use: Option<FileAndText>,
}

impl FoundTemplates {
    /// Compiles them; an error names the file with the mistake.
    pub(super) fn compile(self, special_tokens: &BTreeMap<String, String>) -> Result<Template, RenderError> {
        let Self { default: (path, default), tool_use } = self;
        let of = |path: PathBuf| move |reason| RenderError::Template { path, reason };
        let alone = Template::new(&Sources { default: &default, tool_use: None }, special_tokens).map_err(of(path))?;
        let Some((path, tool_use)) = tool_use else { return Ok(alone) };
        let sources = Sources { default: &default, tool_use: Some(&tool_use) };
        Template::new(&sources, special_tokens).map_err(of(path))
    }
}

/// Whether a model folder brings a chat template. What cannot be read is told when its renderer is opened, and is not replaced.
pub fn has_chat_template(folder: &Path) -> bool {
    let config = read_object(&folder.join("tokenizer_config.json"));
    config.and_then(|config| find_template(folder, &config)).map_or(true, |found| found.is_some())
}

/// A template that was chosen; none if its file is gone.
pub(super) fn chosen_template(path: &Path) -> Result<Option<FileAndText>, RenderError> {
    let wrong = |reason| RenderError::Template { path: path.into(), reason };
    match own_file::read(path, LONGEST_TEMPLATE as u64) {
        Ok(bytes) => as_text(path.into(), bytes).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(io_reason(&error))),
    }
}

/// The templates of a folder; none if it has no chat template.
pub(super) fn find_template(folder: &Path, config: &Value) -> Result<Option<FoundTemplates>, RenderError> {
    let additional = folder.join("additional_chat_templates").join(format!("{TOOL_USE}.jinja"));
    let tool_use = read_template(additional)?;
    if let Some(default) = read_template(folder.join("chat_template.jinja"))? {
        return Ok(Some(FoundTemplates { default, tool_use }));
    }
    let json = folder.join("chat_template.json");
    let alone = read_json(&json)?;
    // As transformers: the older file is a processor's, and counts only where the tokenizer has none.
    for (path, template) in
        [(folder.join("tokenizer_config.json"), &config["chat_template"]), (json, &alone["chat_template"])]
    {
        match template {
            Value::String(source) => {
                return Ok(Some(FoundTemplates { default: (path, source.clone()), tool_use }));
            }
            Value::Array(named) => return named_templates(named, path).map(Some),
            _ => {}
        }
    }
    Ok(None)
}

fn read_template(path: PathBuf) -> Result<Option<FileAndText>, RenderError> {
    read_file(&path)?.map(|bytes| as_text(path, bytes)).transpose()
}

fn as_text(path: PathBuf, bytes: Vec<u8>) -> Result<FileAndText, RenderError> {
    match String::from_utf8(bytes) {
        Ok(source) => Ok((path, source)),
        Err(_) => {
            let reason = say!("template-not-utf8", "it is not UTF-8 text");
            Err(RenderError::Template { path, reason })
        }
    }
}

/// Of a list of named templates the one called default, or the only one, and the one for tools.
fn named_templates(named: &[Value], path: PathBuf) -> Result<FoundTemplates, RenderError> {
    let of = |name: &str| named.iter().find(|entry| entry["name"] == name);
    let text = |entry: &Value| entry["template"].as_str().map(|source| (path.clone(), source.to_owned()));
    let only = if named.len() == 1 { named.first() } else { None };
    match of("default").or(only).and_then(text) {
        Some(default) => Ok(FoundTemplates { default, tool_use: of(TOOL_USE).and_then(text) }),
        None => {
            let reason = say!("template-no-default", "none of its templates is called default");
            Err(RenderError::Template { path, reason })
        }
    }
}
