//! What may stand in a run file. Each mistake is told with its line, and with the nearest word that would have been right.

use serde_json::{Map, Value};
use tunesmith_protocol::{Format, Paths, TrainSettings, Validation, WireError};
use tunesmith_sentence::{Sentence, say};

use super::other_names::our_name;
use super::text::{line_of, nearest};

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
    if !top["base_model"].is_string() {
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
    if serde_json::from_value::<Paths>(path.clone()).is_err() {
        return Err(at(line("path"), say!("run-file-path-wrong", "path must be a file or a list of files")));
    }
    check_format(yaml, data)?;
    match data.get("validation").map(|rule| serde_json::from_value::<Validation>(rule.clone())) {
        Some(Ok(Validation::Share(share))) if !(0.0..1.0).contains(&share) => {
            let message = say!("run-file-share-wrong", "validation must be at least 0 and below 1, not {share}", share);
            Err(at(line("validation"), message))
        }
        Some(Ok(Validation::File(word))) if ["none", "off", "no"].contains(&word.as_str()) => {
            let word = word.as_str();
            let message = say!(
                "run-file-validation-none",
                "validation has no word {word}; 0 is the share that holds no row out",
                word
            );
            Err(at(line("validation"), message))
        }
        Some(Err(_)) => {
            let message = say!("run-file-validation-wrong", "validation must be auto, a share such as 0.1, or a file");
            Err(at(line("validation"), message))
        }
        _ => Ok(()),
    }
}

fn check_format(yaml: &str, data: &Map<String, Value>) -> Result<(), WireError> {
    let Some(format) = data.get("format") else { return Ok(()) };
    if serde_json::from_value::<Format>(format.clone()).is_ok() {
        return Ok(());
    }
    let words = ["auto", "chat", "instruction", "completion", "text"];
    let message = say!(
        "run-file-format-unknown",
        "format must be one of {words}, not {format}",
        words = words.join(", "),
        format = format.to_string()
    );
    Err(at_word(line_of(yaml, Some("data"), "format"), message, format, &words))
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
    let wrong = |version: &&Value| {
        !version.is_null() && !version.as_u64().is_some_and(|version| (1..=u64::from(u32::MAX)).contains(&version))
    };
    match data.get("version").filter(wrong) {
        Some(version) => {
            let message = say!(
                "run-file-version-wrong",
                "version must be a whole number from 1 on, not {version}",
                version = version.to_string()
            );
            Err(at(line("version"), message))
        }
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
    let message = error.without_snippet().to_string();
    let error = message.lines().next().unwrap_or_default();
    at(line, say!("run-file-no-yaml", "this is not YAML: {error}", error))
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
