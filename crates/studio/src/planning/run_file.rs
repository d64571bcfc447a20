//! Run files: YAML that names what to train, on what, and how. A typo is answered with its line and the nearest word
//! that would have been right.

mod checks;
mod other_names;
mod text;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::{Map, Value};
use tunesmith_data::own_file;
use tunesmith_protocol::{
    DataConfig, DataFiles, DataVersion, Dataset, DatasetVersion, Field, Model, ModelSource, Paths, RunConfig,
    TrainSettings, Validation, WireError, presets,
};
use tunesmith_sentence::{Sentence, say};

use crate::errors;
use crate::home::from_user_home;
pub use checks::data_problem;
use checks::{at, at_word, check_data, check_keys, fix, section, syntax};
pub use other_names::our_name;
pub use text::nearest;
use text::{line_of, scalar};

/// The longest run file that is read, in bytes: one with every setting and its help has about ten thousand.
const LONGEST: u64 = 1 << 20;
const TOP: [&str; 4] = ["base_model", "data", "preset", "training"];
const DATA: [&str; 7] = ["path", "format", "columns", "sheet", "validation", "dataset", "version"];

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
    let fields = TrainSettings::fields();
    spell(&mut value, &fields);
    let Value::Object(top) = &value else {
        return Err(WireError::invalid(
            say!("run-file-no-keys", "A run file is a list of keys: base_model, data, training"),
            fix(),
        ));
    };
    let settings: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    check_keys(yaml, None, top, &TOP)?;
    check_keys(yaml, Some("data"), section(yaml, top, "data")?, &DATA)?;
    let training = section(yaml, top, "training")?;
    check_keys(yaml, Some("training"), training, &settings)?;
    for field in &fields {
        if let Some(problem) = training.get(&field.name).and_then(|value| field.check(value)) {
            return Err(at(line_of(yaml, Some("training"), &field.name), problem.message));
        }
    }
    check_data(yaml, top)?;
    if let Some(settings) = preset(yaml, top, weight_count)? {
        value["training"] = settings;
    }
    if let Value::Object(top) = &mut value {
        top.shift_remove("preset");
    }
    serde_json::from_value(value).map_err(|error| at(None, Sentence::verbatim(error.to_string())))
}

/// Takes a group without a key as not written, and writes lists with their brackets.
fn spell(value: &mut Value, fields: &[Field]) {
    let Value::Object(top) = value else { return };
    if top.get("training").is_some_and(Value::is_null) {
        top.shift_remove("training");
    }
    if let Some(Value::Object(training)) = top.get_mut("training") {
        for field in fields {
            if let Some(value) = training.get_mut(&field.name) {
                *value = field.spelled(value.take());
            }
        }
    }
}

/// The settings that a run file's preset stands for, with those put in that are written out; none where it has no preset.
fn preset(yaml: &str, top: &Map<String, Value>, weight_count: WeightCount<'_>) -> Result<Option<Value>, WireError> {
    let Some(preset) = top.get("preset").filter(|preset| !preset.is_null()) else { return Ok(None) };
    let presets = presets(weight_count(top["base_model"].as_str().unwrap_or_default())?);
    let Some(found) = presets.iter().find(|known| *preset == known.id) else {
        let words: Vec<&str> = presets.iter().map(|known| known.id.as_str()).collect();
        let message = say!(
            "run-file-preset-unknown",
            "preset must be one of {words}, not {preset}",
            words = words.join(", "),
            preset = preset.to_string()
        );
        return Err(at_word(line_of(yaml, None, "preset"), message, preset, &words));
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
    if path.is_dir() {
        let message = say!("run-file-is-folder", "{path} is a folder, not a run file", path);
        return Err(WireError::invalid(message, say!("run-file-is-folder-hint", "Name the YAML file in it")));
    }
    let bytes = bytes_of(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|_| no_text(path))?;
    let folder = std::path::absolute(path).map_err(errors::io(path))?;
    let folder = folder.parent().unwrap_or(Path::new(".")).to_path_buf();
    // A folder beside the run file may be meant by what looks like an id.
    let weight_count = &|name: &str| {
        let beside = folder.join(from_home(name));
        match beside.join("config.json").is_file() {
            true => weight_count(&beside.to_string_lossy()),
            false => weight_count(name),
        }
    };
    let mut config = parse(&text, weight_count).map_err(|error| WireError {
        message: say!("run-file-at", "{path}: {problem}", path, problem = error.message),
        ..error
    })?;
    let absolute = |path: &str| folder.join(from_home(path)).to_string_lossy().into_owned();
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
    let model = folder.join(from_home(&config.base_model));
    if model.join("config.json").is_file() {
        config.base_model = model.to_string_lossy().into_owned();
    }
    Ok(config)
}

fn no_text(path: &Path) -> WireError {
    let message = say!("run-file-no-text", "{path} is not text in UTF-8", path);
    WireError::invalid(message, say!("run-file-no-text-hint", "Save the run file as UTF-8 in an editor"))
}

/// What a run file holds. One that was handed over by number (`/dev/stdin`, or `<(…)` in a shell) may be a pipe: somebody
/// writes into it already.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let handed_over = ["/dev/stdin", "/dev/fd", "/proc/self/fd"].iter().any(|place| path.starts_with(place));
    let bytes = match handed_over {
        true => {
            let mut bytes = Vec::new();
            fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
            bytes
        }
        false => own_file::read(path, LONGEST)?,
    };
    if bytes.len() as u64 > LONGEST {
        return Err(own_file::refusal(say!("run-file-too-long", "a run file has at most {limit_mb} MB", limit_mb = 1)));
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> WireError {
    let told = errors::io_at(path, error);
    match own_file::refused(error) {
        Some(_) => {
            WireError { hint: say!("run-file-none-hint", "Name a run file: YAML with base_model and data"), ..told }
        }
        None => told,
    }
}

/// A path with the user's home in the place of `~`, as shells write it.
fn from_home(path: &str) -> PathBuf {
    from_user_home(Path::new(path))
}

/// Writes a run file, with each setting's help as a comment.
pub fn write(config: &RunConfig) -> String {
    let mut text = format!("base_model: {}\ndata:\n", scalar(&json(&config.base_model)));
    match &config.data {
        DataConfig::Files(DataFiles { path, format, columns, sheet, validation }) => {
            let (path, format, validation) = (scalar(&json(path)), scalar(&json(format)), scalar(&json(validation)));
            text += &format!("  path: {path}\n  format: {format}\n");
            if !columns.is_empty() {
                text += &format!("  columns: {}\n", json(columns)); // JSON is YAML
            }
            if let Some(sheet) = sheet {
                text += &format!("  sheet: {}\n", scalar(&json(sheet)));
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
        sheet: dataset.mapping.sheet.clone(),
        validation: validation.clone(),
    })
}
