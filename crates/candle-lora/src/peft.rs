//! PEFT's files: `adapter_config.json` and `adapter_model.safetensors`, read and written so that either program can
//! take what the other made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};

use crate::adapter::{PairTensor, split};
use crate::{Adapter, LoraConfig, LoraError, LoraPair, ModuleKind, Result, header};

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
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
            Ok((name, view.map_err(|error| LoraError::adapter(&path, error.to_string()))?))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let file = safetensors::serialize(views, Some(metadata));
        let file = file.map_err(|error| LoraError::adapter(&path, error.to_string()))?;
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
    let wrong = |reason: String| LoraError::adapter(path, reason);
    if fs::metadata(path).map_err(LoraError::io(path))?.len() > LONGEST_CONFIG {
        return Err(wrong("is too long to be an adapter's config".into()));
    }
    let text = fs::read_to_string(path).map_err(LoraError::io(path))?;
    let config: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("is not valid JSON: {error}")))?;
    if config["peft_type"] != "LORA" {
        return Err(wrong(format!("peft_type is {}, only LORA is supported", config["peft_type"])));
    }
    for switch in UNSUPPORTED {
        if is_on(&config[switch]) {
            return Err(wrong(format!("{switch} is on, which is not supported")));
        }
    }
    if !matches!(config["bias"].as_str(), None | Some("none")) {
        return Err(wrong("trained biases are not supported".into()));
    }
    let start = config["init_lora_weights"].as_str().unwrap_or_default();
    if CHANGING_STARTS.iter().any(|word| start.starts_with(word)) {
        let how = "save it with path_initial_model_for_weight_conversion";
        return Err(wrong(format!("it began as {start}, so it belongs to a changed base model; {how}")));
    }
    let rank = config["r"].as_u64().filter(|rank| (1..=1 << 16).contains(rank));
    let rank = rank.ok_or_else(|| wrong("r is not a rank".into()))? as usize;
    let alpha = config["lora_alpha"].as_f64().filter(|alpha| alpha.is_finite());
    let alpha = alpha.ok_or_else(|| wrong("lora_alpha is not a number".into()))?;
    let target_modules = match &config["target_modules"] {
        Value::String(_) => vec![], // a pattern such as all-linear: the tensors say what it came to
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(String::from).collect(),
        _ => return Err(wrong("target_modules is missing".into())),
    };
    let layers = match &config["layers_to_transform"] {
        Value::Null => None,
        Value::Array(layers) if layers.is_empty() => None,
        Value::Number(layer) => Some(layer.as_u64().into_iter().map(|layer| layer as usize).collect()),
        Value::Array(layers) => Some(layers.iter().filter_map(Value::as_u64).map(|layer| layer as usize).collect()),
        _ => return Err(wrong("layers_to_transform is not a list of layers".into())),
    };
    let dropout = config["lora_dropout"].as_f64().filter(|share| (0.0..1.0).contains(share)).unwrap_or(0.0);
    let (rslora, dora) = (is_on(&config["use_rslora"]), is_on(&config["use_dora"]));
    Ok(LoraConfig { rank, alpha, target_modules, layers, rslora, dora, dropout })
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

/// A module's tensors as they come.
struct Found {
    kind: ModuleKind,
    a: Option<Tensor>,
    b: Option<Tensor>,
    magnitude: Option<Tensor>,
}

fn read_pairs(path: &Path, config: &LoraConfig, device: &Device) -> Result<BTreeMap<String, LoraPair>> {
    let wrong = |reason: String| LoraError::adapter(path, reason);
    let file = fs::read(path).map_err(LoraError::io(path))?;
    header::read(&file).map_err(&wrong)?;
    let tensors = candle_core::safetensors::load_buffer(&file, device).map_err(|error| wrong(error.to_string()))?;
    let mut modules: BTreeMap<String, Found> = BTreeMap::new();
    for (name, tensor) in tensors {
        let short = name.strip_prefix(PREFIX).unwrap_or(&name);
        // PEFT saves a copy of a frozen embedding or head beside its pair. It is the base's own: one of another
        // vocabulary would not fit the pair either.
        if short.ends_with(".base_layer.weight") {
            continue;
        }
        let (module, tensor_of_pair, end) =
            split(short).ok_or_else(|| wrong(format!("{name} is not part of a LoRA pair")))?;
        let kind = if end.starts_with("lora_embedding") { ModuleKind::Embedding } else { ModuleKind::Linear };
        let found = modules.entry(module.to_string());
        let found = found.or_insert(Found { kind, a: None, b: None, magnitude: None });
        let place = match tensor_of_pair {
            PairTensor::A => &mut found.a,
            PairTensor::B => &mut found.b,
            PairTensor::Magnitude => &mut found.magnitude,
        };
        *place = Some(tensor.to_dtype(DType::F32)?);
    }
    let pair = |(module, found): (String, Found)| Ok((module.clone(), found.pair(config, &module).map_err(wrong)?));
    modules.into_iter().map(pair).collect()
}

impl Found {
    /// The pair, or what is wrong with it.
    fn pair(self, config: &LoraConfig, module: &str) -> Result<LoraPair, String> {
        let Self { kind, a, b, magnitude } = self;
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (_, None) => return Err(format!("{module} has no lora_B")),
            (None, _) => return Err(format!("{module} has no lora_A")),
        };
        let (rank, shapes) = (config.rank, (a.dims(), b.dims()));
        let ([inner, _], [width, outer]) = shapes else { return Err(format!("{module} has shapes {shapes:?}")) };
        if [*inner, *outer] != [rank; 2] {
            return Err(format!("{module} has shapes {shapes:?}, which do not fit rank {rank}"));
        }
        if config.dora && kind == ModuleKind::Embedding {
            return Err(format!("{module} has magnitudes (use_dora), which an embedding cannot have here"));
        }
        match (config.dora, &magnitude) {
            (true, None) => return Err(format!("{module} has no lora_magnitude_vector, but use_dora is on")),
            (false, Some(_)) => return Err(format!("{module} has a lora_magnitude_vector, but use_dora is off")),
            (true, Some(magnitude)) if magnitude.dims() != [*width] => {
                return Err(format!("{module} has magnitudes of shape {:?}, not [{width}]", magnitude.dims()));
            }
            _ => {}
        }
        Ok(LoraPair { a, b, magnitude, kind })
    }
}
