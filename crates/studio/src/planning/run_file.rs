//! Run files: YAML that names what to train, on what, and how. A typo is answered with its line and the nearest word
//! that would have been right.

mod text;

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde_json::{Map, Value};
use tunesmith_protocol::{
    DataConfig, DataFiles, DataVersion, Dataset, DatasetVersion, Format, Model, ModelSource, Paths, RunConfig,
    TrainSettings, Validation, WireError, presets,
};

use crate::errors;
pub use text::nearest;
use text::{line_of, scalar};

const TOP: [&str; 4] = ["base_model", "data", "preset", "training"];
const DATA: [&str; 6] = ["path", "format", "columns", "validation", "dataset", "version"];
const FIX: &str = "Correct the run file and try again";

/// Tells how many weights the base model of this name has: a preset depends on it.
pub type WeightCount<'a> = &'a dyn Fn(&str) -> Result<u64, WireError>;

/// Reads a run file. A preset stands for the settings that the window would show for it, and the settings that are written
/// out come before it.
///
/// # Errors
/// An unknown key or a wrong value, with its line and the nearest valid key; a preset for a model that is not there.
pub fn parse(yaml: &str, weight_count: WeightCount<'_>) -> Result<RunConfig, WireError> {
    // `on` and `off` are words here, as in YAML 1.2.
    let options = serde_saphyr::options! { strict_booleans: true };
    let mut value: Value = serde_saphyr::from_str_with_options(yaml, options).map_err(|error| syntax(&error))?;
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
    if let Some(settings) = preset(yaml, top, weight_count)? {
        value["training"] = settings;
    }
    if let Value::Object(top) = &mut value {
        top.shift_remove("preset");
    }
    serde_json::from_value(value).map_err(|error| WireError::invalid(format!("Run file: {error}"), FIX))
}

/// The settings that a run file's preset stands for, with those put in that are written out; none where it has no preset.
fn preset(yaml: &str, top: &Map<String, Value>, weight_count: WeightCount<'_>) -> Result<Option<Value>, WireError> {
    let Some(preset) = top.get("preset").filter(|preset| !preset.is_null()) else { return Ok(None) };
    let presets = presets(weight_count(top["base_model"].as_str().unwrap_or_default())?);
    let Some(found) = presets.iter().find(|known| *preset == known.id) else {
        let words: Vec<&str> = presets.iter().map(|known| known.id.as_str()).collect();
        let message = format!("preset must be one of {}, not {preset}", words.join(", "));
        let mut error = at(line_of(yaml, None, "preset"), &message);
        if let Some(near) = preset.as_str().and_then(|word| nearest(word, &words)) {
            error.hint = format!("Did you mean “{near}”?");
        }
        return Err(error);
    };
    let mut settings = json(&found.training);
    for (name, value) in section(yaml, top, "training")? {
        settings[name] = value.clone();
    }
    Ok(Some(settings))
}

/// Reads a run file from disk; relative paths in it start at its folder.
///
/// # Errors
/// The file cannot be read, and what `parse` refuses.
pub fn load(path: &Path, weight_count: WeightCount<'_>) -> Result<RunConfig, WireError> {
    let text = std::fs::read_to_string(path).map_err(errors::io(path))?;
    let folder = std::path::absolute(path).map_err(errors::io(path))?;
    let folder = folder.parent().unwrap_or(Path::new(".")).to_path_buf();
    // A folder beside the run file may be meant by what looks like an id.
    let weight_count = &|name: &str| {
        let beside = folder.join(name);
        match beside.join("config.json").is_file() {
            true => weight_count(&beside.to_string_lossy()),
            false => weight_count(name),
        }
    };
    let mut config = parse(&text, weight_count)
        .map_err(|error| WireError { message: format!("{}: {}", path.display(), error.message), ..error })?;
    let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
    if let DataConfig::Files(files) = &mut config.data {
        files.path = match &files.path {
            Paths::One(path) => Paths::One(absolute(path)),
            Paths::Many(paths) => Paths::Many(paths.iter().map(|path| absolute(path)).collect()),
        };
        if let Validation::File(path) = &files.validation {
            files.validation = Validation::File(absolute(path.as_str()).into());
        }
    }
    if let Some(adapter) = &config.training.init_adapter {
        config.training.init_adapter = Some(absolute(adapter.as_str()).into());
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
    let mut text = format!("base_model: {}\ndata:\n", scalar(&json(&config.base_model)));
    match &config.data {
        DataConfig::Files(DataFiles { path, format, columns, validation }) => {
            let (path, format, validation) = (scalar(&json(path)), scalar(&json(format)), scalar(&json(validation)));
            text += &format!("  path: {path}\n  format: {format}\n");
            if !columns.is_empty() {
                text += &format!("  columns: {}\n", json(columns)); // JSON is YAML
            }
            text += &format!("  validation: {validation}\n");
        }
        DataConfig::Dataset(DataVersion { dataset, version }) => {
            text += &format!("  dataset: {}\n", scalar(&json(dataset)));
            if let Some(version) = version {
                text += &format!("  version: {version}\n");
            }
        }
    }
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

/// The run file of choices made by clicking. A model that lies elsewhere is named by its folder; rows are named by their
/// files while these still give them, else by the dataset's version. `split_seed` is the seed by which a run file splits rows.
pub(crate) fn of(model: &Model, dataset: &Dataset, training: &TrainSettings, split_seed: u64) -> RunConfig {
    RunConfig {
        base_model: if model.source == ModelSource::Starter { model.id.clone() } else { model.path.clone() },
        data: match files_of(dataset, split_seed) {
            Some(files) => DataConfig::Files(files),
            None => DataConfig::Dataset(DataVersion { dataset: dataset.id.clone(), version: Some(dataset.number) }),
        },
        training: training.clone(),
    }
}

/// The files that give the rows of the version in use: it is as imported by the rules of a run file, and none of them was
/// written to since.
fn files_of(dataset: &Dataset, split_seed: u64) -> Option<DataFiles> {
    let DatasetVersion { validation, seed, made_ms, .. } =
        dataset.versions.iter().find(|version| version.number == dataset.number && version.number == 1)?;
    let untouched = |path: &Path| {
        let changed = path.metadata().and_then(|facts| facts.modified()).ok()?;
        let changed_ms = changed.duration_since(UNIX_EPOCH).ok()?.as_millis();
        Some(path.is_file() && changed_ms <= u128::from(*made_ms))
    };
    let held_out = match validation {
        Validation::File(path) => Some(path.as_str()),
        Validation::Auto | Validation::Share(_) if *seed == split_seed => None,
        Validation::Auto | Validation::Share(_) => return None,
    };
    let all = dataset.files.iter().map(String::as_str).chain(held_out);
    all.into_iter().all(|path| untouched(path.as_ref()).unwrap_or(false)).then(|| DataFiles {
        path: match dataset.files.as_slice() {
            [file] => Paths::One(file.clone()),
            files => Paths::Many(files.to_vec()),
        },
        format: dataset.format,
        columns: dataset.mapping.columns.clone(),
        validation: validation.clone(),
    })
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
    if data.contains_key("dataset") {
        return check_dataset(yaml, data);
    }
    if data.contains_key("version") {
        return Err(at(line("version"), "version is one of a dataset, and data names no dataset"));
    }
    let Some(path) = data.get("path") else {
        return Err(at(line_of(yaml, None, "data"), "data has no path and no dataset"));
    };
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

/// A dataset of the home in the place of files.
fn check_dataset(yaml: &str, data: &Map<String, Value>) -> Result<(), WireError> {
    let line = |key| line_of(yaml, Some("data"), key);
    if let Some(key) = data.keys().find(|key| !["dataset", "version"].contains(&key.as_str())) {
        return Err(at(line(key), &format!("{key} is for files, and data names a dataset, which has its own")));
    }
    if !data["dataset"].is_string() {
        return Err(at(line("dataset"), "dataset must be the id or the name of a dataset"));
    }
    let wrong = |version: &&Value| {
        !version.is_null() && !version.as_u64().is_some_and(|version| (1..=u64::from(u32::MAX)).contains(&version))
    };
    match data.get("version").filter(wrong) {
        Some(version) => Err(at(line("version"), &format!("version must be a whole number from 1 on, not {version}"))),
        None => Ok(()),
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
