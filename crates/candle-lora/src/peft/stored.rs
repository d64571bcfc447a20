//! An adapter's files before its numbers are read: the config and the header of the weight file, checked against each
//! other. What a tensor is follows from its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use tunesmith_sentence::{Sentence, say};

use super::config::PeftConfig;
use super::pairs::Found;
use super::{CONFIG, PREFIX, WEIGHTS};
use crate::adapter::{PairTensor, split};
use crate::beside::TOKENS;
use crate::header::{self, TensorInfo, not_finite};
use crate::{Adapter, LoraError, ModuleKind, Result, regular_file};

/// The number formats that an adapter may be stored in.
const NUMBERS: [(&str, DType); 4] =
    [("F32", DType::F32), ("F16", DType::F16), ("BF16", DType::BF16), ("F64", DType::F64)];

/// An adapter's files, of which only config and header are read so far.
pub struct StoredAdapter {
    path: PathBuf,
    file: File,
    config: PeftConfig,
    tensors: BTreeMap<String, TensorInfo>,
}

/// What a tensor of the file is, with the module or the weight that it belongs to.
enum Part {
    Pair(String, PairTensor, ModuleKind),
    Tokens(String),
    Weight(String),
    /// The base's own, which PEFT keeps beside a module that was trained whole.
    Original,
}

impl StoredAdapter {
    /// Reads the config and the header of the weight file.
    ///
    /// # Errors
    /// When the files are not PEFT's, are damaged, or use something that is not supported.
    pub fn open(folder: &Path) -> Result<Self> {
        let config = PeftConfig::read(&folder.join(CONFIG))?;
        let path = folder.join(WEIGHTS);
        if !path.exists() {
            return Err(without_weights(folder));
        }
        let mut file = regular_file::open(&path).map_err(LoraError::refused(&path))?;
        let tensors = header::read_file(&mut file).map_err(LoraError::io(&path))?;
        let tensors = tensors.map_err(|reason| LoraError::adapter(&path, reason))?;
        Ok(Self { path, file, config, tensors })
    }

    /// Which of these modules its config names although it has no tensors for them. PEFT leaves them as they are in the base
    /// model.
    pub fn missing(&self, modules: impl IntoIterator<Item = String>) -> Vec<String> {
        let names = self.tensors.keys().map(|name| name.strip_prefix(PREFIX).unwrap_or(name));
        let there: BTreeSet<&str> = names.filter_map(|name| Some(split(name)?.0)).collect();
        let is_missing = |module: &String| !there.contains(module.as_str()) && self.config.names(module);
        modules.into_iter().filter(is_missing).collect()
    }

    /// Settings of its config that are on and that nobody here knows, by name.
    pub fn unknown_settings(&self) -> &[String] {
        &self.config.unknown
    }

    /// The memory that its numbers take once they are loaded, in f32.
    pub fn size_bytes(&self) -> u64 {
        self.tensors.values().map(f32_bytes).fold(0, u64::saturating_add)
    }

    /// The memory that loading takes: of the tensor that is read last its bytes and another copy are there, too.
    pub fn loading_bytes(&self) -> u64 {
        let largest = self.tensors.values().map(f32_bytes).max().unwrap_or(0);
        self.size_bytes().saturating_add(largest.saturating_mul(2))
    }

    /// Reads the numbers, one tensor at a time.
    ///
    /// # Errors
    /// When tensors do not fit the config, or hold numbers that are none.
    pub fn load(mut self, device: &Device) -> Result<Adapter> {
        let path = self.path.clone();
        let wrong = |reason: Sentence| LoraError::adapter(&path, reason);
        let mut modules: BTreeMap<String, Found> = BTreeMap::new();
        let (mut weights, mut tokens) = (BTreeMap::new(), BTreeMap::new());
        for (name, info) in std::mem::take(&mut self.tensors) {
            match part(&name).map_err(wrong)? {
                Part::Pair(module, tensor, kind) => {
                    let found = modules.entry(module).or_insert_with(|| Found::of(kind));
                    *found.place(tensor) = Some(self.read(&name, &info, device)?);
                }
                Part::Tokens(table) => drop(tokens.insert(table, self.read(&name, &info, device)?)),
                Part::Weight(weight) => drop(weights.insert(weight, self.read(&name, &info, device)?)),
                Part::Original => {}
            }
        }
        let tables = tokens.iter().map(|(table, vectors)| (table.clone(), vectors.dims()[0])).collect();
        let config = self.config.with_modules(modules.keys(), &tables).map_err(wrong)?;
        let pair =
            |(module, found): (String, Found)| Ok((module.clone(), found.pair(&config, &module).map_err(wrong)?));
        let pairs = modules.into_iter().map(pair).collect::<Result<_>>()?;
        Ok(Adapter { config, pairs, weights, tokens })
    }

    /// A tensor in f32, if all its numbers are finite.
    fn read(&mut self, name: &str, info: &TensorInfo, device: &Device) -> Result<Tensor> {
        let Some((_, dtype)) = NUMBERS.iter().find(|(known, _)| *known == info.dtype) else {
            let reason = say!(
                "model-weight-format",
                "{name} is stored as {format}, which is not supported; supported: {supported}",
                name,
                format = &info.dtype,
                supported = NUMBERS.map(|(known, _)| known).join(", ")
            );
            return Err(LoraError::adapter(&self.path, reason));
        };
        let mut bytes = vec![0; info.bytes.len()];
        self.file.seek(SeekFrom::Start(info.bytes.start as u64)).map_err(LoraError::io(&self.path))?;
        self.file.read_exact(&mut bytes).map_err(LoraError::io(&self.path))?;
        let stored = Tensor::from_raw_buffer(&bytes, *dtype, &info.shape, &Device::Cpu)?;
        drop(bytes);
        let numbers = stored.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(LoraError::adapter(&self.path, not_finite(name)));
        }
        Ok(Tensor::from_vec(numbers, info.shape.as_slice(), device)?)
    }
}

/// A folder with a config alone, or with weights that are not read: a pickle can run any program.
fn without_weights(folder: &Path) -> LoraError {
    let reason = match folder.join("adapter_model.bin").exists() {
        true => say!(
            "adapter-pickled",
            "holds only adapter_model.bin, PEFT's older format, which is not read; load it with PEFT and save it with \
             safe_serialization=True"
        ),
        false => say!("adapter-without-weights", "has no adapter_model.safetensors"),
    };
    LoraError::adapter(folder, reason)
}

fn f32_bytes(tensor: &TensorInfo) -> u64 {
    tensor.shape.iter().fold(4, |bytes, &size| bytes.saturating_mul(size as u64))
}

/// What a tensor of this name is.
fn part(name: &str) -> Result<Part, Sentence> {
    let short = name.strip_prefix(PREFIX).unwrap_or(name);
    if let Some((module, tensor, end)) = split(short) {
        let kind = if end.starts_with("lora_embedding") { ModuleKind::Embedding } else { ModuleKind::Linear };
        return Ok(Part::Pair(module.into(), tensor, kind));
    }
    if let Some(table) = short.strip_suffix(TOKENS).and_then(|table| table.strip_suffix('.')) {
        return Ok(Part::Tokens(table.into()));
    }
    let parts: Vec<&str> = short.split('.').collect();
    if parts.contains(&"original_module") {
        return Ok(Part::Original);
    }
    let is_weight = matches!(parts.last(), Some(&("weight" | "bias")));
    if !is_weight || parts.iter().any(|part| part.starts_with("lora_")) {
        return Err(say!("adapter-tensor-unknown", "{name} is not part of a LoRA pair", name));
    }
    Ok(Part::Weight(without_wrappers(&parts)))
}

/// A weight's name in the model, without the names of what PEFT put around it.
fn without_wrappers(parts: &[&str]) -> String {
    let is_wrapper = |(place, part): (usize, &str)| match part {
        "base_layer" | "modules_to_save" | "token_adapter" => true,
        // The adapter's name, which older files have.
        _ => place > 0 && parts[place - 1] == "modules_to_save" && place + 1 < parts.len(),
    };
    let own = parts.iter().enumerate().filter(|(place, part)| !is_wrapper((*place, part)));
    own.map(|(_, part)| *part).collect::<Vec<_>>().join(".")
}
