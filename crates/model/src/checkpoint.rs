//! The weight files of a model folder: found, mapped into memory, and checked against the config, before a single
//! weight is read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use candle_lora::header::{self, TensorInfo};
use memmap2::Mmap;
use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use crate::weights::shapes;
use crate::{ModelConfig, ModelError};

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const LONGEST_INDEX: u64 = 64 << 20;
/// The number formats that weights may have.
const NUMBERS: [&str; 3] = ["F32", "F16", "BF16"];

/// The mapped weight files of a model.
pub(crate) struct Checkpoint {
    folder: PathBuf,
    files: Vec<Mapped>,
}

struct Mapped {
    path: PathBuf,
    map: Mmap,
    tensors: BTreeMap<String, TensorInfo>,
}

/// One tensor in its file.
pub(crate) struct Stored<'a> {
    pub(crate) dtype: &'a str,
    pub(crate) bytes: &'a [u8],
}

impl Checkpoint {
    /// Maps the weight files and reads their headers.
    pub(crate) fn open(folder: &Path) -> Result<Self, ModelError> {
        let names = match folder.join(SINGLE).exists() {
            true => vec![SINGLE.to_string()],
            false => shard_names(folder)?,
        };
        let files = names.iter().map(|name| Mapped::open(folder.join(name))).collect::<Result<Vec<_>, _>>()?;
        let checkpoint = Self { folder: folder.into(), files };
        checkpoint.check_names()?;
        Ok(checkpoint)
    }

    /// Every weight of the config is there, in its shape and as numbers that can be read.
    pub(crate) fn check(&self, config: &ModelConfig) -> Result<(), ModelError> {
        for (name, shape) in shapes(config) {
            let (path, found) = self.find(&name)?;
            let wrong = |reason| ModelError::Tensor { file: path.into(), reason };
            if found.shape != shape {
                return Err(wrong(say!(
                    "model-weight-shape",
                    "{name} has shape {found}, but config.json asks for {expected}",
                    name,
                    found = format!("{:?}", found.shape),
                    expected = format!("{shape:?}")
                )));
            }
            if !NUMBERS.contains(&found.dtype.as_str()) {
                return Err(wrong(say!(
                    "model-weight-format",
                    "{name} is stored as {format}, which is not supported; supported: {supported}",
                    name,
                    format = &found.dtype,
                    supported = NUMBERS.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// One tensor.
    pub(crate) fn tensor(&self, name: &str) -> Result<Stored<'_>, ModelError> {
        let file = self.files.iter().find(|file| file.tensors.contains_key(name));
        let (file, found) =
            file.and_then(|file| Some((file, file.tensors.get(name)?))).ok_or_else(|| self.missing(name))?;
        Ok(Stored { dtype: &found.dtype, bytes: &file.map[found.bytes.clone()] })
    }

    /// The size of all files.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.map.len() as u64).sum()
    }

    fn find(&self, name: &str) -> Result<(&Path, &TensorInfo), ModelError> {
        let found = self.files.iter().find_map(|file| Some((file.path.as_path(), file.tensors.get(name)?)));
        found.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> ModelError {
        let reason = say!("model-weight-not-in-files", "{name} is missing from the weight files", name);
        let file = if let [only] = self.files.as_slice() { only.path.clone() } else { self.folder.clone() };
        ModelError::Tensor { file, reason }
    }

    fn check_names(&self) -> Result<(), ModelError> {
        let mut seen = BTreeMap::new();
        for file in &self.files {
            for name in file.tensors.keys() {
                if seen.insert(name, &file.path).is_some() {
                    let reason = say!("model-weight-twice", "{name} is in two weight files", name);
                    return Err(ModelError::Tensor { file: file.path.clone(), reason });
                }
            }
        }
        Ok(())
    }
}

impl Mapped {
    fn open(path: PathBuf) -> Result<Self, ModelError> {
        let file = File::open(&path).map_err(ModelError::io(&path))?;
        // SAFETY: the map is only read, and dropped when loading ends; a file that another program cuts meanwhile is a
        // fault that no reader of mapped files can rule out.
        let map = unsafe { Mmap::map(&file) }.map_err(ModelError::io(&path))?;
        let wrong = |reason| ModelError::Weights { file: path.clone(), reason };
        let tensors = header::read(&map).map_err(wrong)?;
        Ok(Self { path, map, tensors })
    }
}

/// The files that the index names, once each.
fn shard_names(folder: &Path) -> Result<Vec<String>, ModelError> {
    let path = folder.join(INDEX);
    let wrong = |reason: Sentence| ModelError::Weights { file: path.clone(), reason };
    let length = match fs::metadata(&path) {
        Ok(facts) => facts.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(no_weights(folder)),
        Err(error) => return Err(ModelError::io(&path)(error)),
    };
    if length > LONGEST_INDEX {
        return Err(wrong(say!("model-index-too-long", "is too long to be an index of weight files")));
    }
    let text = fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    let index: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(say!("file-not-json", "is not valid JSON: {error}", error = error.to_string())))?;
    let map = index["weight_map"].as_object();
    let map = map.ok_or_else(|| wrong(say!("model-index-without-map", "has no weight_map")))?;
    let mut names: Vec<String> = Vec::new();
    for name in map.values() {
        let name = name.as_str();
        let name = name.ok_or_else(|| wrong(say!("model-index-no-text", "names a file that is not text")))?;
        if !is_plain_name(name) {
            return Err(wrong(say!(
                "model-index-not-plain",
                "names the file {name}, which is not a plain .safetensors file of the folder",
                name = format!("{name:?}")
            )));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
    }
    names.sort();
    Ok(names)
}

/// A file of the folder itself: no separators, drives or dots that lead elsewhere.
fn is_plain_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain && !name.starts_with('.') && name.ends_with(".safetensors") && name.len() < 256
}

fn no_weights(folder: &Path) -> ModelError {
    let reason = match folder.join("pytorch_model.bin").exists() || folder.join("pytorch_model.bin.index.json").exists()
    {
        true => say!(
            "model-weights-pickled",
            "its weights are in PyTorch's pickle format, which can run code; save it as safetensors"
        ),
        false => say!("model-without-weights", "it has no model.safetensors and no model.safetensors.index.json"),
    };
    ModelError::NotAModel { folder: folder.into(), reason }
}
