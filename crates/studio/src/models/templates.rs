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
/// The tokenizer's own, which counts next.
const CONFIG: &str = "tokenizer_config.json";
/// A processor's, which counts only where the tokenizer has none.
const LEGACY: &str = "chat_template.json";
/// Where further templates lie, a file each.
const MORE: &str = "additional_chat_templates";
/// The names of the templates that are used.
const USED: [&str; 2] = ["default", "tool_use"];

/// Whether a model brings a chat template.
pub(super) fn has_one(folder: &Path) -> bool {
    [JINJA, LEGACY].iter().any(|name| folder.join(name).is_file()) || !in_json(folder, CONFIG).is_null()
}

/// The template that a folder brings for conversations without tools.
pub(super) fn default_of(folder: &Path) -> Option<String> {
    places(folder).iter().find_map(|(_, templates)| default_in(templates))
}

/// Templates that a folder has and that nobody renders with.
pub(super) fn not_used(folder: &Path) -> Vec<Sentence> {
    let places = places(folder);
    let Some(((used_file, used), others)) = places.split_first() else { return vec![] };
    let mut told: Vec<Sentence> = unused_names(folder, used).into_iter().collect();
    for (file, other) in others {
        let text = |templates: &Value| default_in(templates).map(|text| text.trim().to_owned());
        if other.as_array().is_some_and(|list| list.len() > 1) {
            told.push(say!(
                "model-templates-list-unused",
                "The list of chat templates in {file} is not used: {used} counts before it, as in transformers",
                file,
                used = used_file
            ));
        } else if text(other) != text(used) {
            told.push(say!(
                "model-second-template",
                "{file} has another chat template than {used}; the latter is used, as transformers does",
                file,
                used = used_file
            ));
        }
    }
    told
}

/// What to say of templates with names by which nobody asks, in the list that is used and in files of their own.
fn unused_names(folder: &Path, used: &Value) -> Option<Sentence> {
    let named = used.as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str().map(str::to_owned));
    let names: BTreeSet<String> = named.chain(files(&folder.join(MORE))).collect();
    let others: Vec<String> = names.into_iter().filter(|name| !USED.contains(&name.as_str())).collect();
    // A single template is the default whatever it is called.
    let count = others.len();
    (count > 0 && used.as_array().is_none_or(|list| list.len() > 1)).then(|| {
        say!(
            "model-templates-unused",
            count;
            "1 chat template of this model is not used: {names}. Rows and chats use “default”, and “tool_use” where there are \
             tools",
            "{count} chat templates of this model are not used: {names}. Rows and chats use “default”, and “tool_use” where \
             there are tools",
            count,
            names = others.join(", ")
        )
    })
}

/// The files of a folder that hold a template or a list of them, and what they hold. The first is used.
fn places(folder: &Path) -> Vec<(&'static str, Value)> {
    let jinja = regular_file::read_text(&folder.join(JINJA), LONGEST_CONFIG).ok().flatten();
    let all = [(JINJA, jinja.into()), (CONFIG, in_json(folder, CONFIG)), (LEGACY, in_json(folder, LEGACY))];
    all.into_iter().filter(|(_, templates)| templates.is_string() || templates.is_array()).collect()
}

fn default_in(templates: &Value) -> Option<String> {
    match templates {
        Value::String(template) => Some(template.clone()),
        Value::Array(named) => {
            let default = named.iter().find(|entry| entry["name"] == USED[0]).or_else(|| named.first())?;
            default["template"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// The template, or the list of them, in a file of JSON; null where there is none. What cannot be read is told when the
/// model's renderer is opened.
fn in_json(folder: &Path, name: &str) -> Value {
    let text = regular_file::read_text(&folder.join(name), LONGEST_CONFIG).ok().flatten();
    let config = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    config.and_then(|config| config.get("chat_template").cloned()).unwrap_or_default()
}

/// The names of the templates in a folder.
fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let name = |entry: fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".jinja")?.to_owned());
    entries.take(100).filter_map(|entry| name(entry.ok()?)).collect()
}
