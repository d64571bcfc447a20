//! What may stand in a run file. Each mistake is told with its line, and with the nearest word that would have been right.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tunesmith_data::part_names;
use tunesmith_protocol::{Format, Paths, TrainSettings, Validation, WireError};
use tunesmith_sentence::{Sentence, say};

use super::other_names::our_name;
use super::text::{line_of, nearest};

/// The words of `format`.
const FORMATS: [&str; 8] =
    ["auto", "chat", "instruction", "completion", "text", "preference", "unpaired", "classification"];

/// A group of keys; an empty one where there is none of this name.
pub(super) fn section<'a>(
    yaml: &str,
    top: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Map<String, Value>, WireError> {
    static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match top.get(name) {
        Some(Value::Object(section)) => Ok(section),
        Some(Value::Null) | None => Ok(&NOTHING),
        Some(_) => {
            let message = say!("run-file-no-group", "{name} must be a group of keys, each on a line of its own", name);
            Err(at(line_of(yaml, None, name), message))
        }
    }
}

/// Refuses keys that are not known.
pub(super) fn check_keys(
    yaml: &str,
    section: Option<&str>,
    keys: &Map<String, Value>,
    known: &[&str],
) -> Result<(), WireError> {
    let Some(unknown) = keys.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let message = match section {
        Some(section) => {
            say!("run-file-key-unknown-in", "there is no key “{key}” in {section}", key = unknown, section)
        }
        None => say!("run-file-key-unknown", "there is no key “{key}”", key = unknown),
    };
    let ours = our_name(unknown).filter(|ours| known.contains(ours)).and_then(called_here);
    let hint = match (nearest(unknown, known), section) {
        _ if ours.is_some() => ours.unwrap_or_default(),
        (Some(near), _) => near_hint(near),
        (None, Some(section)) => {
            say!("run-file-known-keys-in-hint", "Known keys in {section}: {keys}", section, keys = known.join(", "))
        }
        (None, None) => say!("run-file-known-keys-hint", "Known keys: {keys}", keys = known.join(", ")),
    };
    Err(WireError { hint, ..at(line_of(yaml, section, unknown), message) })
}

/// Refuses a file without a model or rows, and values of `data` that cannot be.
pub(super) fn check_data(yaml: &str, top: &Map<String, Value>) -> Result<(), WireError> {
    for key in ["base_model", "data"] {
        if top.get(key).is_none_or(Value::is_null) {
            return Err(WireError::invalid(say!("run-file-key-missing", "The run file has no {key}", key), fix()));
        }
    }
    if top["base_model"].as_str().is_none_or(|name| name.trim().is_empty()) {
        let message = say!("run-file-base-model-wrong", "base_model must be the id of a model or a folder");
        return Err(at(line_of(yaml, None, "base_model"), message));
    }
    let data = section(yaml, top, "data")?;
    match data.contains_key("dataset") {
        true => check_dataset(yaml, data),
        false => check_files(yaml, data),
    }
}

fn check_files(yaml: &str, data: &Map<String, Value>) -> Result<(), WireError> {
    let line = |key| line_of(yaml, Some("data"), key);
    if data.contains_key("version") {
        let message = say!("run-file-version-alone", "version is one of a dataset, and data names no dataset");
        return Err(at(line("version"), message));
    }
    let Some(path) = data.get("path") else {
        let message = say!("run-file-no-data", "data has no path and no dataset");
        return Err(at(line_of(yaml, None, "data"), message));
    };
    if let Some(problem) = data_problem("path", path) {
        return Err(at(line("path"), problem));
    }
    for (key, value) in data {
        if let Some(problem) = data_problem(key, value) {
            return Err(at_word(line(key), problem, value, if key == "format" { &FORMATS } else { &[] }));
        }
    }
    Ok(())
}

/// What is wrong with the value of a key of `data`, if anything.
pub fn data_problem(key: &str, value: &Value) -> Option<Sentence> {
    match key {
        "path" => path_problem(value),
        "format" if serde_json::from_value::<Format>(value.clone()).is_err() => Some(say!(
            "run-file-format-unknown",
            "format must be one of {words}, not {format}",
            words = FORMATS.join(", "),
            format = value.to_string()
        )),
        "validation" => validation_problem(value),
        "columns" => columns_problem(value),
        "version" if !is_version(value) => Some(say!(
            "run-file-version-wrong",
            "version must be a whole number from 1 on, not {version}",
            version = value.to_string()
        )),
        _ => None,
    }
}

fn columns_problem(value: &Value) -> Option<Sentence> {
    let Ok(columns) = serde_json::from_value::<BTreeMap<String, String>>(value.clone()) else {
        return Some(say!("run-file-columns-wrong", "columns must be a group of part: column"));
    };
    let known = part_names(Format::Auto);
    let part = columns.into_keys().find(|part| !known.contains(&part.as_str()))?;
    Some(say!(
        "run-file-part-unknown",
        "columns: a row has no part “{part}”; its parts are {parts}",
        part,
        parts = known.join(", ")
    ))
}

fn path_problem(value: &Value) -> Option<Sentence> {
    match serde_json::from_value::<Paths>(value.clone()) {
        // An empty path would be the folder of the run file with all that lies there.
        Ok(paths) if paths.all().iter().any(|path| path.trim().is_empty()) || paths.all().is_empty() => {
            Some(say!("run-file-path-empty", "path must not be empty"))
        }
        Ok(_) => None,
        Err(_) => Some(say!("run-file-path-wrong", "path must be a file or a list of files")),
    }
}

fn validation_problem(value: &Value) -> Option<Sentence> {
    match serde_json::from_value::<Validation>(value.clone()) {
        Ok(Validation::Share(share)) if !(0.0..1.0).contains(&share) => {
            Some(say!("run-file-share-wrong", "validation must be at least 0 and below 1, not {share}", share))
        }
        Ok(Validation::File(word)) if ["none", "off", "no"].contains(&word.as_str()) => Some(say!(
            "run-file-validation-none",
            "validation has no word {word}; 0 is the share that holds no row out",
            word = word.as_str()
        )),
        Ok(Validation::File(path)) if path.as_str().trim().is_empty() => {
            Some(say!("run-file-validation-wrong", "validation must be auto, a share such as 0.1, or a file"))
        }
        Ok(_) => None,
        Err(_) => Some(say!("run-file-validation-wrong", "validation must be auto, a share such as 0.1, or a file")),
    }
}

fn is_version(value: &Value) -> bool {
    value.is_null() || value.as_u64().is_some_and(|version| (1..=u64::from(u32::MAX)).contains(&version))
}

/// A dataset of the home in the place of files.
fn check_dataset(yaml: &str, data: &Map<String, Value>) -> Result<(), WireError> {
    let line = |key| line_of(yaml, Some("data"), key);
    if let Some(key) = data.keys().find(|key| !["dataset", "version"].contains(&key.as_str())) {
        let message =
            say!("run-file-key-for-files", "{key} is for files, and data names a dataset, which has its own", key);
        return Err(at(line(key), message));
    }
    if !data["dataset"].is_string() {
        let message = say!("run-file-dataset-wrong", "dataset must be the id or the name of a dataset");
        return Err(at(line("dataset"), message));
    }
    match data.get("version").and_then(|version| data_problem("version", version)) {
        Some(problem) => Err(at(line("version"), problem)),
        None => Ok(()),
    }
}

/// The file is no YAML at all.
pub(super) fn syntax(error: &serde_saphyr::Error) -> WireError {
    let line = error.location().map(|location| location.line() as usize);
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let key = key.as_deref().unwrap_or_default();
        return at(
            line,
            say!("run-file-key-twice", "the key “{key}” stands there a second time; keep one of them", key),
        );
    }
    let message = match error.without_snippet() {
        serde_saphyr::Error::MultipleDocuments { .. } => {
            say!("run-file-two-documents", "a run file is one document: there is a second one after ---")
        }
        serde_saphyr::Error::Budget { .. } => {
            say!("run-file-too-deep", "this is too large or too deeply nested for a run file")
        }
        other => {
            let message = other.to_string();
            let error = message.lines().next().unwrap_or_default();
            say!("run-file-no-yaml", "this is not YAML: {error}", error)
        }
    };
    at(line, message)
}

/// A mistake on a line, where it is on one.
pub(super) fn at(line: Option<usize>, problem: Sentence) -> WireError {
    let message = match line {
        Some(line) => say!("run-file-line", "Line {line}: {problem}", line, problem),
        None => say!("run-file-problem", "Run file: {problem}", problem),
    };
    WireError::invalid(message, fix())
}

/// A word on a line that is none of those it may be.
pub(super) fn at_word(line: Option<usize>, problem: Sentence, found: &Value, words: &[&str]) -> WireError {
    let error = at(line, problem);
    match found.as_str().and_then(|word| nearest(word, words)) {
        Some(near) => WireError { hint: near_hint(near), ..error },
        None => error,
    }
}

/// What to do where no word is near.
pub(super) fn fix() -> Sentence {
    say!("run-file-fix-hint", "Correct the run file and try again")
}

/// What a setting does that has another name elsewhere; its values may be others too.
fn called_here(name: &str) -> Option<Sentence> {
    let field = TrainSettings::fields().into_iter().find(|field| field.name == name)?;
    Some(say!("run-file-other-name-hint", "It is called “{name}” here: {help}", name, help = field.help))
}

fn near_hint(near: &str) -> Sentence {
    say!("run-file-near-hint", "Did you mean “{near}”?", near)
}
