//! `--set key=value`: a run file's keys from the command line.

use std::path::Path;

use serde_json::Value;
use tunesmith_protocol::{RunConfig, TrainSettings};

use crate::home::absolute;
use crate::out::WrongUsage;

/// Keys outside `training`, with their place in a run file.
const OTHERS: [(&str, &str); 4] = [
    ("base_model", "/base_model"),
    ("data.path", "/data/path"),
    ("data.format", "/data/format"),
    ("data.validation", "/data/validation"),
];

/// The run file with the `key=value` pairs put in, checked.
pub(crate) fn apply(config: RunConfig, pairs: &[String]) -> anyhow::Result<RunConfig> {
    let mut values = serde_json::to_value(config)?;
    for pair in pairs {
        set(&mut values, pair)?;
    }
    let config: RunConfig = serde_json::from_value(values).map_err(|error| WrongUsage(format!("--set: {error}")))?;
    match config.training.problems().first() {
        Some(problem) => Err(WrongUsage(problem.message.clone()).into()),
        None => Ok(config),
    }
}

/// The keys and what they do, for the help.
pub(crate) fn help() -> String {
    let line = |name: &str, default: &str, help: &str| format!("  {name} = {default}\n      {help}\n");
    let settings = TrainSettings::fields();
    let settings = settings.iter().map(|field| line(&field.name, &word(&field.default), &field.help));
    format!(
        "Keys of --set, with their defaults (the same as under `training` in a run file):\n{}\
         \nAlso base_model, data.path, data.format and data.validation.",
        settings.collect::<String>()
    )
}

fn set(values: &mut Value, pair: &str) -> anyhow::Result<()> {
    let (key, text) = pair.split_once('=').ok_or_else(|| WrongUsage(format!("--set takes key=value, not “{pair}”")))?;
    let key = key.trim();
    let place = place(key).ok_or_else(|| unknown(key))?;
    let value = match place.as_str() {
        // A path on the command line starts where the user is, not where the run file lies.
        "/data/path" => Value::String(absolute(Path::new(text))?.to_string_lossy().into_owned()),
        "/base_model" if Path::new(text).is_dir() => {
            Value::String(absolute(Path::new(text))?.to_string_lossy().into_owned())
        }
        "/data/validation" if Path::new(text).is_file() => {
            Value::String(absolute(Path::new(text))?.to_string_lossy().into_owned())
        }
        _ => value(text.trim()),
    };
    let (parent, name) = place.rsplit_once('/').unwrap_or(("", &place));
    if let Some(Value::Object(parent)) = values.pointer_mut(parent) {
        parent.insert(name.to_owned(), value);
    }
    Ok(())
}

fn place(key: &str) -> Option<String> {
    if let Some((_, place)) = OTHERS.iter().find(|(name, _)| *name == key) {
        return Some((*place).to_owned());
    }
    let name = key.strip_prefix("training.").unwrap_or(key);
    TrainSettings::fields().iter().any(|field| field.name == name).then(|| format!("/training/{name}"))
}

/// As in a run file: a number, a word, `null`, or a list in brackets.
fn value(text: &str) -> Value {
    if let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return list.split(',').map(|item| Value::String(item.trim().trim_matches(['"', '\'']).to_owned())).collect();
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn unknown(key: &str) -> WrongUsage {
    let fields = TrainSettings::fields();
    let names = fields.iter().map(|field| field.name.as_str()).chain(OTHERS.iter().map(|(name, _)| *name));
    let nearest = names.min_by_key(|name| distance(name, key)).unwrap_or_default();
    WrongUsage(format!("--set: there is no key “{key}”; did you mean {nearest}? `tunesmith train --help` lists all"))
}

/// Levenshtein's: how many letters to add, drop or change.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in right.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

fn word(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}
