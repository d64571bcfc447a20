//! The chat templates that lie in a model folder, and which of them are not used. The renderer in `tunesmith-data` reads those
//! that are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tunesmith_model::regular_file;
use tunesmith_sentence::{Sentence, say};

/// A tokenizer's config lists its added tokens, which can be many.
const LONGEST_CONFIG: u64 = 64 << 20;
/// The file that counts before all others, as in transformers.
const JINJA: &str = "chat_template.jinja";
/// Its name in older folders, whose text is JSON.
const LEGACY: &str = "chat_template.json";
/// Where further templates lie, a file each.
const MORE: &str = "additional_chat_templates";
/// The names of the templates that are used.
const USED: [&str; 2] = ["default", "tool_use"];

/// Whether a model brings a chat template.
pub(super) fn has_one(folder: &Path) -> bool {
    [JINJA, LEGACY].iter().any(|name| folder.join(name).is_file()) || !in_config(folder).is_null()
}

/// The template that a folder brings for conversations without tools.
pub(super) fn default_of(folder: &Path) -> Option<String> {
    if let Some(jinja) = regular_file::read_text(&folder.join(JINJA), LONGEST_CONFIG).ok().flatten() {
        return Some(jinja);
    }
    let of = |value: &Value| match value {
        Value::String(template) => Some(template.clone()),
        Value::Array(named) => {
            let default = named.iter().find(|entry| entry["name"] == USED[0]).or_else(|| named.first())?;
            default["template"].as_str().map(str::to_owned)
        }
        _ => None,
    };
    let legacy = regular_file::read_text(&folder.join(LEGACY), LONGEST_CONFIG).ok().flatten();
    let legacy = legacy.and_then(|text| of(&serde_json::from_str::<Value>(&text).ok()?["chat_template"]));
    legacy.or_else(|| of(&in_config(folder)))
}

/// Templates that a folder has and that nobody renders with.
pub(super) fn not_used(folder: &Path) -> Vec<Sentence> {
    let config = in_config(folder);
    let named = config.as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str().map(str::to_owned));
    let names: BTreeSet<String> = named.chain(files(&folder.join(MORE))).collect();
    let others: Vec<String> = names.into_iter().filter(|name| !USED.contains(&name.as_str())).collect();
    let mut told = Vec::new();
    // A single template is the default whatever it is called.
    let count = others.len();
    if count > 0 && config.as_array().is_none_or(|list| list.len() > 1) {
        told.push(say!(
            "model-templates-unused",
            count;
            "1 chat template of this model is not used: {names}. Rows and chats use “default”, and “tool_use” where there are \
             tools",
            "{count} chat templates of this model are not used: {names}. Rows and chats use “default”, and “tool_use” where \
             there are tools",
            count,
            names = others.join(", ")
        ));
    }
    let jinja = regular_file::read_text(&folder.join(JINJA), LONGEST_CONFIG).ok().flatten();
    if let (Some(jinja), Some(other)) = (jinja, config.as_str())
        && jinja.trim() != other.trim()
    {
        told.push(say!(
            "model-second-template",
            "tokenizer_config.json has another chat template than chat_template.jinja; the latter is used, as transformers does"
        ));
    }
    told
}

/// The template, or the list of them, in the tokenizer's config; null where there is none. What cannot be read is told when
/// the model's renderer is opened.
fn in_config(folder: &Path) -> Value {
    let text = regular_file::read_text(&folder.join("tokenizer_config.json"), LONGEST_CONFIG).ok().flatten();
    let config = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    config.and_then(|config| config.get("chat_template").cloned()).unwrap_or_default()
}

/// The names of the templates in a folder.
fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let name = |entry: fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".jinja")?.to_owned());
    entries.take(100).filter_map(|entry| name(entry.ok()?)).collect()
}
