//! The weight files of a model folder: mapped into memory, and checked against the config, before a single weight is
//! read. Which files these are is left to `weight_files`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use candle_lora::header::{self, MOST_TENSORS, TensorInfo};
use candle_lora::regular_file;
use memmap2::Mmap;
use tunesmith_sentence::{Sentence, say};

use crate::weight_files::weight_files;
use crate::weights::{EMBEDDING, HEAD, shapes};
use crate::{ModelConfig, ModelError};

/// The number formats that weights may have.
const NUMBERS: [&str; 3] = ["F32", "F16", "BF16"];
/// Ends of the names of tensors that stand beside quantized weights: GPTQ's and AWQ's, bitsandbytes', MLX's and fp8's.
const QUANTIZED: [(&str, &str); 5] = [
    (".qweight", "GPTQ or AWQ"),
    (".absmax", "bitsandbytes"),
    (".SCB", "bitsandbytes"),
    (".scales", "MLX"),
    (".weight_scale_inv", "fp8"),
];
/// What transformers puts before the names of all weights but the head's, and saves without where only the decoder was.
const PREFIX: &str = "model.";

/// The mapped weight files of a model.
pub(crate) struct Checkpoint {
    folder: PathBuf,
    files: Vec<Mapped>,
    /// The head is the embedding, whichever of both is stored.
    tied: bool,
    /// The config ties head and embedding, but both are stored and differ.
    untied: bool,
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
    /// NaN or infinity was among the numbers read.
    pub(crate) broken_numbers: AtomicBool,
}

impl Checkpoint {
    /// Reads the config, maps the weight files and checks their headers against it: every weight is there, in its shape
    /// and as numbers that can be read.
    pub(crate) fn open(folder: &Path) -> Result<(ModelConfig, Self), ModelError> {
        let mut config = ModelConfig::read(folder)?;
        let mut files = Vec::new();
        let mut tensors = 0;
        for path in weight_files(folder)? {
            let file = Mapped::open(path)?;
            tensors += file.tensors.len();
            if tensors > MOST_TENSORS {
                let reason = say!(
                    "model-too-many-tensors",
                    "brings the model to more than {limit} tensors",
                    limit = MOST_TENSORS
                );
                return Err(ModelError::Weights { file: file.path, reason });
            }
            files.push(file);
        }
        let mut checkpoint = Self { folder: folder.into(), files, tied: config.tie_word_embeddings, untied: false };
        checkpoint.check_names()?;
        if checkpoint.tied && checkpoint.heads_differ() {
            config.untie();
            (checkpoint.tied, checkpoint.untied) = (false, true);
        }
        let checked = checkpoint.check(&config);
        checked.map_err(|error| checkpoint.quantized(&config).unwrap_or(error))?;
        Ok((config, checkpoint))
    }

    /// Where config and weights disagree, and what is done about it.
    pub(crate) fn remarks(&self, config: &ModelConfig) -> Vec<Sentence> {
        let mut remarks = Vec::new();
        if self.untied {
            remarks.push(say!(
                "model-head-untied",
                "config.json says that the output head is the embedding (tie_word_embeddings), but the weight files have a head \
                 that differs; the stored head is used, as transformers does"
            ));
        }
        if !config.unread.is_empty() {
            let count = config.unread.len();
            remarks.push(say!(
                "model-config-unread",
                count;
                "1 field of config.json is not read: {names}. If it changes how the model computes, results will be wrong",
                "{count} fields of config.json are not read: {names}. If one of them changes how the model computes, results \
                 will be wrong",
                count,
                names = first_few(&config.unread)
            ));
        }
        let unused = self.unused(config);
        if let Some(first) = unused.first() {
            let count = unused.len();
            remarks.push(say!(
                "model-weights-unused",
                count;
                "1 stored tensor belongs to no part of such a model and is not used: {first}",
                "{count} stored tensors belong to no part of such a model and are not used, such as {first}",
                count,
                first = *first
            ));
        }
        remarks
    }

    /// One tensor.
    pub(crate) fn tensor(&self, name: &str) -> Result<Stored<'_>, ModelError> {
        let (file, _, found) = self.find(name).ok_or_else(|| self.missing(name))?;
        let bytes = &file.map[found.bytes.clone()];
        Ok(Stored { dtype: &found.dtype, bytes, broken_numbers: AtomicBool::new(false) })
    }

    /// A tensor with numbers that nothing can be computed with.
    pub(crate) fn not_finite(&self, name: &str) -> ModelError {
        let file = self.find(name).map_or_else(|| self.folder.clone(), |(file, ..)| file.path.clone());
        ModelError::Tensor { file, reason: header::not_finite(name) }
    }

    /// The size of all files.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.map.len() as u64).sum()
    }

    fn check(&self, config: &ModelConfig) -> Result<(), ModelError> {
        for (name, shape) in shapes(config) {
            let (file, _, found) = self.find(&name).ok_or_else(|| self.missing(&name))?;
            let wrong = |reason| ModelError::Tensor { file: file.path.clone(), reason };
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

    /// The file of a weight, the name that it has there, and where it lies. As transformers has it, names may lack the
    /// prefix, and a tied embedding may be stored as the head.
    fn find(&self, name: &str) -> Option<(&Mapped, &str, &TensorInfo)> {
        let stored = |name: &str| {
            let found = |file: &'_ Mapped| file.tensors.contains_key(name);
            let file = self.files.iter().find(|file| found(file))?;
            let (name, info) = file.tensors.get_key_value(name)?;
            Some((file, name.as_str(), info))
        };
        let instead = || (self.tied && name == EMBEDDING).then(|| stored(HEAD)).flatten();
        stored(name).or_else(|| stored(name.strip_prefix(PREFIX)?)).or_else(instead)
    }

    /// Whether embedding and head are both stored, and not the same.
    fn heads_differ(&self) -> bool {
        let (Some((_, embedding, _)), Some(_)) = (self.find(EMBEDDING), self.find(HEAD)) else { return false };
        let (Ok(one), Ok(other)) = (self.tensor(EMBEDDING), self.tensor(HEAD)) else { return false };
        let differ = match one.dtype == other.dtype {
            true => one.bytes != other.bytes,
            false => one.numbers() != other.numbers(),
        };
        embedding != HEAD && differ
    }

    /// The tensors that the model does not have. Older files hold the frequencies of rotary positions.
    fn unused(&self, config: &ModelConfig) -> Vec<&str> {
        let names = shapes(config);
        let used: Vec<&str> = names.keys().filter_map(|name| Some(self.find(name)?.1)).collect();
        let used: std::collections::BTreeSet<&str> = used.into_iter().chain([HEAD]).collect();
        let all = self.files.iter().flat_map(|file| file.tensors.keys().map(String::as_str));
        all.filter(|name| !used.contains(name) && !name.ends_with("rotary_emb.inv_freq")).collect()
    }

    fn missing(&self, name: &str) -> ModelError {
        let reason = say!("model-weight-not-in-files", "{name} is missing from the weight files", name);
        let file = if let [only] = self.files.as_slice() { only.path.clone() } else { self.folder.clone() };
        ModelError::Tensor { file, reason }
    }

    /// What is wrong with weights that do not fit, where they are quantized.
    fn quantized(&self, config: &ModelConfig) -> Option<ModelError> {
        let named = &config.source["quantization_config"]["quant_method"];
        let names = || self.files.iter().flat_map(|file| file.tensors.keys());
        let of_tensors = || {
            let (_, method) = QUANTIZED.iter().find(|(end, _)| names().any(|name| name.ends_with(end)))?;
            Some(method.to_string())
        };
        let method = named.as_str().map(String::from).or_else(of_tensors)?;
        Some(ModelError::Quantized { folder: self.folder.clone(), method })
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
        let file = regular_file::open(&path).map_err(ModelError::refused(&path, ModelError::weights))?;
        // SAFETY: the map is only read, and dropped when loading ends; a file that another program cuts meanwhile is a
        // fault that no reader of mapped files can rule out.
        let map = unsafe { Mmap::map(&file) }.map_err(ModelError::io(&path))?;
        let wrong = |reason| ModelError::Weights { file: path.clone(), reason };
        let tensors = header::read(&map).map_err(wrong)?;
        Ok(Self { path, map, tensors })
    }
}

/// The first names of a list, which in a hostile file may be endless.
fn first_few(names: &[String]) -> String {
    let more = if names.len() > 5 { ", …" } else { "" };
    names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ") + more
}
