//! PEFT's files: `adapter_config.json` and `adapter_model.safetensors`, read and written so that either program can
//! take what the other made.

mod pairs;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use tunesmith_sentence::{Sentence, say};

use crate::{Adapter, LoraConfig, LoraError, Result};
use pairs::read_pairs;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before the name of each tensor.
const PREFIX: &str = "base_model.model.";
/// An adapter's config and header are a few kilobytes; a file that claims more is not one.
const LONGEST_CONFIG: u64 = 1 << 20;

/// Switches of PEFT that change what an adapter computes and that are not supported.
const UNSUPPORTED: [&str; 16] = [
    "fan_in_fan_out",
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "lora_bias",
    "layer_replication",
    "use_qalora",
    "target_parameters",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "ensure_weight_tying",
    "velora_config",
    "monteclora_config",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
];
/// Starts of PEFT that change the base model, unless the adapter was converted when it was saved.
const CHANGING_STARTS: [&str; 6] = ["pissa", "olora", "corda", "loftq", "lora_ga", "mica"];

impl Adapter {
    /// Reads an adapter from PEFT's files, in f32.
    ///
    /// # Errors
    /// When the files are not PEFT's, are damaged, or use something that is not supported.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let mut config = read_config(&folder.join(CONFIG))?;
        let pairs = read_pairs(&folder.join(WEIGHTS), &config, device)?;
        if config.target_modules.is_empty() {
            let last = |module: &String| module.rsplit('.').next().map(String::from);
            config.target_modules = pairs.keys().filter_map(last).collect::<BTreeSet<_>>().into_iter().collect();
        }
        Ok(Self { config, pairs })
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
        let named =
            self.parameters().into_iter().map(|(name, tensor)| Ok((format!("{PREFIX}{name}"), bytes(&tensor)?)));
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

    fn peft_config(&self, base_model: &str) -> Value {
        json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": base_model,
            "r": self.config.rank,
            "lora_alpha": whole_or_not(self.config.alpha),
            "lora_dropout": self.config.dropout,
            "target_modules": self.config.target_modules,
            "layers_to_transform": self.config.layers,
            "rank_pattern": {},
            "alpha_pattern": {},
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "modules_to_save": null,
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

fn read_config(path: &Path) -> Result<LoraConfig> {
    let wrong = |reason: Sentence| LoraError::adapter(path, reason);
    if fs::metadata(path).map_err(LoraError::io(path))?.len() > LONGEST_CONFIG {
        return Err(wrong(say!("adapter-config-too-long", "is too long to be an adapter's config")));
    }
    let text = fs::read_to_string(path).map_err(LoraError::io(path))?;
    let config: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(say!("file-not-json", "is not valid JSON: {error}", error = error.to_string())))?;
    check_kind(&config).map_err(wrong)?;
    let rank = config["r"].as_u64().filter(|rank| (1..=1 << 16).contains(rank));
    let rank = rank.ok_or_else(|| wrong(say!("adapter-rank-wrong", "r is not a rank")))? as usize;
    let alpha = config["lora_alpha"].as_f64().filter(|alpha| alpha.is_finite());
    let alpha = alpha.ok_or_else(|| wrong(say!("adapter-alpha-wrong", "lora_alpha is not a number")))?;
    let target_modules = match &config["target_modules"] {
        Value::String(_) => vec![], // a pattern such as all-linear: the tensors say what it came to
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(String::from).collect(),
        _ => return Err(wrong(say!("adapter-modules-missing", "target_modules is missing"))),
    };
    let layers = match &config["layers_to_transform"] {
        Value::Null => None,
        Value::Array(layers) if layers.is_empty() => None,
        Value::Number(layer) => Some(layer.as_u64().into_iter().map(|layer| layer as usize).collect()),
        Value::Array(layers) => Some(layers.iter().filter_map(Value::as_u64).map(|layer| layer as usize).collect()),
        _ => return Err(wrong(say!("adapter-layers-wrong", "layers_to_transform is not a list of layers"))),
    };
    let dropout = config["lora_dropout"].as_f64().filter(|share| (0.0..1.0).contains(share)).unwrap_or(0.0);
    let (rslora, dora) = (is_on(&config["use_rslora"]), is_on(&config["use_dora"]));
    Ok(LoraConfig { rank, alpha, target_modules, layers, rslora, dora, dropout })
}

/// Nothing is on that changes what an adapter computes and that is not supported.
fn check_kind(config: &Value) -> Result<(), Sentence> {
    if config["peft_type"] != "LORA" {
        return Err(say!(
            "adapter-kind-unsupported",
            "peft_type is {kind}, only LORA is supported",
            kind = config["peft_type"].to_string()
        ));
    }
    for switch in UNSUPPORTED {
        if is_on(&config[switch]) {
            return Err(say!("adapter-switch-unsupported", "{switch} is on, which is not supported", switch));
        }
    }
    if !matches!(config["bias"].as_str(), None | Some("none")) {
        return Err(say!("adapter-biases-unsupported", "trained biases are not supported"));
    }
    let start = config["init_lora_weights"].as_str().unwrap_or_default();
    if CHANGING_STARTS.iter().any(|word| start.starts_with(word)) {
        return Err(say!(
            "adapter-of-changed-base",
            "it began as {start}, so it belongs to a changed base model; save it with path_initial_model_for_weight_conversion",
            start
        ));
    }
    Ok(())
}

fn is_on(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
        _ => true,
    }
}
