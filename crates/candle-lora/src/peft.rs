//! PEFT's files: `adapter_config.json` and `adapter_model.safetensors`, read and written so that either program can
//! take what the other made.

mod config;
mod pairs;
mod patterns;
mod stored;
mod tokens;
mod unsupported;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use tunesmith_sentence::Sentence;

use crate::{Adapter, BiasChoice, LoraError, Result};

pub use stored::StoredAdapter;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before the name of each tensor.
const PREFIX: &str = "base_model.model.";

impl Adapter {
    /// Reads an adapter from PEFT's files, in f32.
    ///
    /// # Errors
    /// When the files are not PEFT's, are damaged, or use something that is not supported.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        StoredAdapter::open(folder)?.load(device)
    }

    /// Writes the adapter as PEFT does; `base_model` is the name of the model that it belongs to.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path, base_model: &str) -> Result<()> {
        fs::create_dir_all(folder).map_err(LoraError::io(folder))?;
        let config = serde_json::to_string_pretty(&self.peft_config(base_model)).unwrap_or_default();
        let path = folder.join(CONFIG);
        fs::write(&path, config + "\n").map_err(LoraError::io(&path))?;
        let path = folder.join(WEIGHTS);
        let named = self.stored().into_iter().map(|(name, tensor)| Ok((format!("{PREFIX}{name}"), bytes(&tensor)?)));
        let tensors = named.collect::<Result<BTreeMap<_, _>>>()?;
        let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
        let views = tensors.iter().map(|(name, (shape, bytes))| {
            let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
            Ok((name, view.map_err(|error| LoraError::adapter(&path, Sentence::verbatim(error.to_string())))?))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let file = safetensors::serialize(views, Some(metadata));
        let file = file.map_err(|error| LoraError::adapter(&path, Sentence::verbatim(error.to_string())))?;
        fs::write(&path, file).map_err(LoraError::io(&path))
    }

    /// All tensors under their names in the file: of modules with a pair, PEFT has the own weights one level below.
    fn stored(&self) -> BTreeMap<String, Tensor> {
        let mut tensors = self.parameters();
        for (name, weight) in &self.weights {
            tensors.remove(name);
            let wrapped = name.rsplit_once('.').filter(|(module, _)| self.pairs.contains_key(*module));
            let stored = wrapped.map_or(name.clone(), |(module, part)| format!("{module}.base_layer.{part}"));
            tensors.insert(stored, weight.clone());
        }
        tensors
    }

    fn peft_config(&self, base_model: &str) -> Value {
        let alphas = self.config.alphas.iter().map(|(module, alpha)| (module.clone(), whole_or_not(*alpha)));
        json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": base_model,
            "r": self.config.rank,
            "lora_alpha": whole_or_not(self.config.alpha),
            "lora_dropout": self.config.dropout,
            "target_modules": self.config.target_modules,
            "layers_to_transform": self.config.layers,
            "rank_pattern": self.config.ranks,
            "alpha_pattern": alphas.collect::<serde_json::Map<_, _>>(),
            "bias": match self.config.bias {
                BiasChoice::None => "none",
                BiasChoice::All => "all",
                BiasChoice::LoraOnly => "lora_only",
            },
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "modules_to_save": Some(&self.config.modules_to_save).filter(|modules| !modules.is_empty()),
            "trainable_token_indices": tokens::written(&self.config),
            "use_rslora": self.config.rslora,
            "use_dora": self.config.dora,
        })
    }
}

/// 32 rather than 32.0, as PEFT writes it.
fn whole_or_not(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn bytes(tensor: &Tensor) -> Result<(Vec<usize>, Vec<u8>)> {
    let numbers = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    Ok((tensor.dims().to_vec(), numbers.into_iter().flat_map(f32::to_le_bytes).collect()))
}
