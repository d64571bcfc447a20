//! `--set key=value`: a run file's keys from the command line.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use tunesmith_protocol::{RunConfig, TrainSettings};
use tunesmith_sentence::{Sentence, say};
use tunesmith_studio::run_file::{data_problem, nearest, our_name};

use crate::home::absolute;
use crate::out::WrongUsage;

/// Keys outside `training`, with their place in a run file.
const OTHERS: [(&str, &str); 6] = [
    ("base_model", "/base_model"),
    ("data.path", "/data/path"),
    ("data.format", "/data/format"),
    ("data.validation", "/data/validation"),
    ("data.dataset", "/data/dataset"),
    ("data.version", "/data/version"),
];

/// The run file with the `key=value` pairs put in, checked.
pub(crate) fn apply(config: RunConfig, pairs: &[String]) -> anyhow::Result<RunConfig> {
    let mut values = serde_json::to_value(config)?;
    let mut keys = HashSet::new();
    for pair in pairs {
        let key = set(&mut values, pair)?;
        if !keys.insert(key.clone()) {
            return Err(set_twice(&key).into());
        }
    }
    serde_json::from_value(values).map_err(|error| wrong(Sentence::verbatim(error.to_string())))
}

/// The keys and what they do, for the help.
pub(crate) fn help() -> String {
    let line = |name: &str, default: &str, help: &str| format!("  {name} = {default}\n      {help}\n");
    let settings = TrainSettings::fields();
    let settings = settings.iter().map(|field| line(&field.name, &word(&field.default), &field.help));
    format!(
        "Keys of --set, with their defaults (the same as under `training` in a run file):\n{}\
         \nAlso base_model, data.path, data.format and data.validation, or data.dataset and data.version.",
        settings.collect::<String>()
    )
}

/// Sets one key, and says where it stands in a run file.
fn set(values: &mut Value, pair: &str) -> anyhow::Result<String> {
    let unclear = || WrongUsage::from(say!("shell-set-unclear", "--set takes key=value, not “{pair}”", pair));
    let (key, text) = pair.split_once('=').ok_or_else(unclear)?;
    let key = key.trim();
    let place = place(key).ok_or_else(|| unknown(key))?;
    let value = match place.as_str() {
        "/data/path" | "/data/validation" | "/base_model" if text.trim().is_empty() => {
            return Err(wrong(say!("shell-set-empty", "{key} must not be empty", key)));
        }
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
    let field = TrainSettings::fields().into_iter().find(|field| parent == "/training" && field.name == name);
    let value = field.as_ref().map_or(value.clone(), |field| field.spelled(value));
    if let Some(problem) = field.and_then(|field| field.check(&value)) {
        return Err(wrong(problem.message));
    }
    if let Some(problem) = Some(name).filter(|_| parent == "/data").and_then(|key| data_problem(key, &value)) {
        return Err(wrong(problem));
    }
    if let Some(Value::Object(parent)) = values.pointer_mut(parent) {
        // Files and a dataset take each other's place.
        match place.as_str() {
            "/data/path" => parent.retain(|key, _| key != "dataset" && key != "version"),
            "/data/dataset" => parent.clear(),
            "/data/version" if !parent.contains_key("dataset") => return Err(without_dataset(key).into()),
            "/data/format" | "/data/validation" if parent.contains_key("dataset") => {
                return Err(with_dataset(key).into());
            }
            _ => {}
        }
        parent.insert(name.to_owned(), value);
    }
    Ok(place)
}

fn set_twice(key: &str) -> WrongUsage {
    let key = key.rsplit('/').next().unwrap_or(key);
    WrongUsage {
        message: say!("shell-set-twice", "--set: {key} is given twice", key),
        hint: say!("shell-set-twice-hint", "Keep one of them"),
    }
}

/// A pair of `--set` that cannot be used.
fn wrong(problem: Sentence) -> anyhow::Error {
    WrongUsage::from(say!("shell-set-wrong", "--set: {problem}", problem)).into()
}

fn without_dataset(key: &str) -> WrongUsage {
    say!("shell-set-without-dataset", "--set: {key} does not go with this run file, which names no dataset", key).into()
}

fn with_dataset(key: &str) -> WrongUsage {
    let wrong = say!(
        "shell-set-with-dataset",
        "--set: {key} does not go with this run file, which names a dataset, which has its own",
        key
    );
    wrong.into()
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
    let names: Vec<&str> = names.collect();
    let theirs = key.strip_prefix("training.").unwrap_or(key);
    let of_data = OTHERS.iter().map(|(name, _)| *name).find(|name| name.strip_prefix("data.") == Some(key));
    let message = match our_name(theirs).or(of_data).or_else(|| nearest(key, &names)) {
        Some(name) if our_name(theirs).is_some() => {
            say!("shell-set-other-name", "--set: there is no key “{key}”; it is called {name} here", key, name)
        }
        Some(name) => {
            say!("shell-set-unknown-near", "--set: there is no key “{key}”; did you mean {name}?", key, name)
        }
        None => say!("shell-set-unknown", "--set: there is no key “{key}”", key),
    };
    WrongUsage { message, hint: say!("shell-set-unknown-hint", "`tunesmith train --help` lists all") }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}
