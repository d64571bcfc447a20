//! The bundled samples and the bundled starter model: what is embedded, and how it gets into a home.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tunesmith_data::own_file;
use tunesmith_protocol::{ErrorCode, Preset, Sample, TrainSettings, WireError};
use tunesmith_sentence::say;

use crate::format::hex;
use crate::platform::sync_folder;
use crate::{errors, ids};

#[derive(RustEmbed)]
#[folder = "../../assets/samples"]
struct Samples;

#[derive(RustEmbed)]
#[folder = "../../assets/starter"]
struct Starter;

#[derive(Deserialize)]
struct BundledSample {
    id: String,
    title: String,
    rows: u32,
    summary: String,
    model: String,
    training: TrainSettings,
}

/// All bundled samples.
///
/// # Errors
/// The list in this build is damaged.
pub fn list() -> Result<Vec<Sample>, WireError> {
    let sample = |entry: BundledSample| Sample {
        id: entry.id,
        title: entry.title,
        summary: entry.summary,
        rows: entry.rows,
        model: entry.model,
        preset: Preset {
            id: "sample".into(),
            label: say!("preset-sample", "For this sample"),
            help: say!("preset-sample-help", "Chosen for these rows and the starter model, and measured with them"),
            training: entry.training,
        },
    };
    Ok(entries()?.into_iter().map(sample).collect())
}

/// The rows of a sample, as a JSONL file.
///
/// # Errors
/// There is no such sample.
pub fn rows(id: &str) -> Result<Cow<'static, [u8]>, WireError> {
    file(id, ".jsonl")
}

/// The rows of a sample that are never trained on, as a JSONL file.
///
/// # Errors
/// There is no such sample.
pub fn held_out(id: &str) -> Result<Cow<'static, [u8]>, WireError> {
    file(id, "-heldout.jsonl")
}

/// The run file that suits a sample, as YAML. It names the sample's rows beside it.
///
/// # Errors
/// There is no such sample.
pub fn run_file(id: &str) -> Result<Cow<'static, [u8]>, WireError> {
    file(id, ".yaml")
}

/// What a measurement of a sample with the starter model depends on, as one hash: the model, the rows and the settings.
///
/// # Errors
/// There is no such sample.
pub fn fingerprint(id: &str) -> Result<String, WireError> {
    let mut hash = Sha256::new();
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        hash.update(Starter::get(name).ok_or_else(|| missing(name))?.metadata.sha256_hash());
    }
    for bytes in [rows(id)?, held_out(id)?, run_file(id)?] {
        hash.update(Sha256::digest(&bytes));
    }
    Ok(hex(&hash.finalize()))
}

/// Whether this build carries the starter model.
pub(crate) fn has_starter() -> bool {
    Starter::get("config.json").is_some()
}

/// This build was made without it.
pub(crate) fn no_starter() -> WireError {
    let message = say!("model-no-starter", "This build carries no starter model");
    WireError::new(ErrorCode::NotFound, message, errors::another_model_hint())
}

/// Makes sure that `folder` holds the starter model, byte for byte. Two processes may do so at once.
pub(crate) fn unpack_starter(folder: &Path) -> Result<(), WireError> {
    let is_there = || Starter::iter().all(|name| is_whole(folder, &name));
    if is_there() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(folder);
    let unpack = || {
        fs::create_dir_all(parent)?;
        let fresh = tempfile::Builder::new().prefix("starter-").suffix(".tmp").tempdir_in(parent)?;
        for name in Starter::iter() {
            let Some(file) = Starter::get(&name) else { continue };
            let path = fresh.path().join(name.as_ref());
            fs::create_dir_all(path.parent().unwrap_or(parent))?;
            fs::write(&path, &file.data)?;
            fs::File::open(&path)?.sync_all()?;
        }
        if folder.exists() && !is_there() {
            make_way(folder)?;
        }
        match fs::rename(fresh.path(), folder) {
            Err(_) if is_there() => Ok(()),
            renamed => renamed.and_then(|()| sync_folder(parent)),
        }
    };
    unpack().map_err(errors::io(folder))
}

/// Removes a damaged starter model. A folder with anything else in it is somebody's own and is put aside.
fn make_way(folder: &Path) -> std::io::Result<()> {
    let is_ours = |name: OsString| Starter::iter().any(|ours| Path::new(ours.as_ref()).starts_with(&name));
    match fs::read_dir(folder)?.flatten().all(|entry| is_ours(entry.file_name())) {
        true => fs::remove_dir_all(folder),
        false => fs::rename(folder, folder.with_extension(format!("other-{}", ids::now_ms()))),
    }
}

fn is_whole(folder: &Path, name: &str) -> bool {
    let Some(embedded) = Starter::get(name) else { return true };
    let Ok(bytes) = own_file::read(&folder.join(name), embedded.data.len() as u64) else { return false };
    Sha256::digest(&bytes).as_slice() == embedded.metadata.sha256_hash()
}

fn entries() -> Result<Vec<BundledSample>, WireError> {
    let file = Samples::get("samples.json").ok_or_else(|| missing("samples.json"))?;
    serde_json::from_slice(&file.data).map_err(errors::damaged(Path::new("samples.json")))
}

/// The file of a sample with this ending.
fn file(id: &str, ending: &str) -> Result<Cow<'static, [u8]>, WireError> {
    if !entries()?.iter().any(|entry| entry.id == id) {
        return Err(WireError::not_found(say!("dataset-sample-missing", "There is no sample “{id}”", id)));
    }
    let name = format!("{id}{ending}");
    Samples::get(&name).map(|file| file.data).ok_or_else(|| missing(&name))
}

fn missing(file: &str) -> WireError {
    WireError::internal(say!("home-bundled-file-missing", "the bundled file {file} is missing from this build", file))
}
