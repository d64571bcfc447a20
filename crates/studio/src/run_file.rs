//! Run files: YAML that names what to train, on what, and how. A typo is answered with its line and the nearest word
//! that would have been right.

mod text;

use std::path::Path;

use serde_json::{Map, Value};
use tunesmith_protocol::{
    DataConfig, Format, Model, ModelSource, Paths, RunConfig, TrainSettings, Validation, WireError,
};

use crate::datasets::DatasetFacts;
use crate::explain;
pub use text::nearest;
use text::{line_of, scalar};

const TOP: [&str; 3] = ["base_model", "data", "training"];
const DATA: [&str; 4] = ["path", "format", "columns", "validation"];
const FIX: &str = "Correct the run file and try again";

/// Reads a run file; an unknown key or wrong value is an error that names its line and the nearest valid key.
pub fn parse(yaml: &str) -> Result<RunConfig, WireError> {
    // `on` and `off` are words here, as in YAML 1.2.
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: Value = serde_saphyr::from_str_with_options(yaml, options).map_err(|error| syntax(&error))?;
    let Value::Object(top) = &value else {
        return Err(WireError::invalid("A run file is a list of keys: base_model, data, training", FIX));
    };
    let fields = TrainSettings::fields();
    let settings: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    check_keys(yaml, None, top, &TOP)?;
    check_keys(yaml, Some("data"), section(yaml, top, "data")?, &DATA)?;
    let training = section(yaml, top, "training")?;
    check_keys(yaml, Some("training"), training, &settings)?;
    for field in &fields {
        if let Some(problem) = training.get(&field.name).and_then(|value| field.check(value)) {
            return Err(at(line_of(yaml, Some("training"), &field.name), &problem.message));
        }
    }
    check_data(yaml, top)?;
    serde_json::from_value(value.clone()).map_err(|error| WireError::invalid(format!("Run file: {error}"), FIX))
}

/// Reads a run file from disk; relative paths in it start at its folder.
pub fn load(path: &Path) -> Result<RunConfig, WireError> {
    let text = std::fs::read_to_string(path).map_err(explain::io(path))?;
    let mut config = parse(&text)
        .map_err(|error| WireError { message: format!("{}: {}", path.display(), error.message), ..error })?;
    let path = std::path::absolute(path).map_err(explain::io(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
    config.data.path = match &config.data.path {
        Paths::One(path) => Paths::One(absolute(path)),
        Paths::Many(paths) => Paths::Many(paths.iter().map(|path| absolute(path)).collect()),
    };
    if let Validation::File(path) = &config.data.validation {
        config.data.validation = Validation::File(absolute(path));
    }
    if let Some(adapter) = &config.training.init_adapter {
        config.training.init_adapter = Some(absolute(adapter));
    }
    // An id stays an id, unless there is a folder of that name beside the run file.
    let model = folder.join(&config.base_model);
    if model.join("config.json").is_file() {
        config.base_model = model.to_string_lossy().into_owned();
    }
    Ok(config)
}

/// Writes a run file, with each setting's help as a comment.
pub fn write(config: &RunConfig) -> String {
    let DataConfig { path, format, columns, validation } = &config.data;
    let mut text = format!("base_model: {}\n", scalar(&json(&config.base_model)));
    let (path, format, validation) = (scalar(&json(path)), scalar(&json(format)), scalar(&json(validation)));
    text += &format!("data:\n  path: {path}\n  format: {format}\n");
    if !columns.is_empty() {
        text += &format!("  columns: {}\n", json(columns)); // JSON is YAML
    }
    text += &format!("  validation: {validation}\n");
    text += "training:\n";
    let values = json(&config.training);
    for field in TrainSettings::fields() {
        text += &format!("  # {}\n  {}: {}\n", field.help, field.name, scalar(&values[&field.name]));
    }
    text
}

/// The vocabulary has string keys and finite numbers only, so this does not fail.
fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The run file of choices made by clicking. A model that lies elsewhere is named by its folder.
pub(crate) fn of(model: &Model, facts: &DatasetFacts, training: &TrainSettings) -> RunConfig {
    let files = &facts.dataset.files;
    RunConfig {
        base_model: if model.source == ModelSource::Starter { model.id.clone() } else { model.path.clone() },
        data: DataConfig {
            path: if let [file] = files.as_slice() { Paths::One(file.clone()) } else { Paths::Many(files.clone()) },
            format: facts.dataset.format,
            columns: facts.dataset.mapping.columns.clone(),
            validation: facts.validation.clone(),
        },
        training: training.clone(),
    }
}

fn section<'a>(yaml: &str, top: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, WireError> {
    static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match top.get(name) {
        Some(Value::Object(section)) => Ok(section),
        Some(Value::Null) | None => Ok(&NOTHING),
        Some(_) => {
            Err(at(line_of(yaml, None, name), &format!("{name} must be a group of keys, each on a line of its own")))
        }
    }
}

fn check_keys(yaml: &str, section: Option<&str>, keys: &Map<String, Value>, known: &[&str]) -> Result<(), WireError> {
    let Some(unknown) = keys.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let place = section.map(|section| format!(" in {section}")).unwrap_or_default();
    let mut error = at(line_of(yaml, section, unknown), &format!("there is no key “{unknown}”{place}"));
    error.hint = match nearest(unknown, known) {
        Some(near) => format!("Did you mean “{near}”?"),
        None => format!("Known keys{place}: {}", known.join(", ")),
    };
    Err(error)
}

fn check_data(yaml: &str, top: &Map<String, Value>) -> Result<(), WireError> {
    for key in ["base_model", "data"] {
        if top.get(key).is_none_or(Value::is_null) {
            return Err(WireError::invalid(format!("The run file has no {key}"), FIX));
        }
    }
    if !top["base_model"].is_string() {
        return Err(at(line_of(yaml, None, "base_model"), "base_model must be the id of a model or a folder"));
    }
    let data = section(yaml, top, "data")?;
    let line = |key| line_of(yaml, Some("data"), key);
    let Some(path) = data.get("path") else { return Err(at(line_of(yaml, None, "data"), "data has no path")) };
    if serde_json::from_value::<Paths>(path.clone()).is_err() {
        return Err(at(line("path"), "path must be a file or a list of files"));
    }
    if let Some(format) =
        data.get("format").filter(|format| serde_json::from_value::<Format>((*format).clone()).is_err())
    {
        let words = ["auto", "chat", "instruction", "completion", "text"];
        let mut error = at(line("format"), &format!("format must be one of {}, not {format}", words.join(", ")));
        if let Some(near) = format.as_str().and_then(|word| nearest(word, &words)) {
            error.hint = format!("Did you mean “{near}”?");
        }
        return Err(error);
    }
    match data.get("validation").map(|rule| serde_json::from_value::<Validation>(rule.clone())) {
        Some(Ok(Validation::Share(share))) if !(0.0..1.0).contains(&share) => {
            Err(at(line("validation"), &format!("validation must be at least 0 and below 1, not {share}")))
        }
        Some(Err(_)) => Err(at(line("validation"), "validation must be auto, a share such as 0.1, or a file")),
        _ => Ok(()),
    }
}

fn syntax(error: &serde_saphyr::Error) -> WireError {
    let line = error.location().map(|location| location.line() as usize);
    let message = error.without_snippet().to_string();
    at(line, &format!("this is not YAML: {}", message.lines().next().unwrap_or_default()))
}

fn at(line: Option<usize>, message: &str) -> WireError {
    let place = line.map_or_else(|| "Run file".into(), |line| format!("Line {line}"));
    WireError::invalid(format!("{place}: {message}"), FIX)
}
