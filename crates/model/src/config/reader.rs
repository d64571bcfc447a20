//! Reads the fields of a `config.json`: one at a time, each checked, with errors that name the file and the field.

use std::path::{Path, PathBuf};

use candle_lora::Rotation;
use candle_lora::glu::Activation;
use candle_lora::norm::Kind;
use serde_json::Value;

use super::{Biases, Layer, ModelConfig, NormPlaces};
use crate::ModelError;
use crate::family::{FAMILIES, Family, FamilyDefaults, SUPPORTED_FAMILIES};
use crate::rope::{Defaults, Fields};

/// More than any model has; a hostile config must not make us allocate by its numbers.
const LARGEST: u64 = 1 << 24;

/// The config while it is being read.
pub(crate) struct Reader {
    file: PathBuf,
    source: Value,
}

impl Reader {
    pub(super) fn new(file: &Path, source: Value) -> Self {
        Self { file: file.into(), source }
    }

    pub(super) fn config(&self) -> Result<ModelConfig, ModelError> {
        self.check_kind()?;
        self.family()?.config(self)
    }

    /// What all families have in common, with everything else as Llama has it.
    pub(crate) fn as_llama(&self, family: &'static str, defaults: FamilyDefaults) -> Result<ModelConfig, ModelError> {
        let (hidden_size, heads) = (self.size("hidden_size")?, self.size("num_attention_heads")?);
        let head_dim = self.size_or("head_dim", defaults.head_dim.unwrap_or(hidden_size / heads))?;
        let count = self.size("num_hidden_layers")?;
        if count > 1024 {
            return Err(self.wrong(format!("num_hidden_layers is {count}, which no model has")));
        }
        let mut config = ModelConfig {
            family,
            hidden_size,
            layers: vec![Layer { window: None, rope: Some(0) }; count],
            heads,
            kv_heads: self.size_or("num_key_value_heads", heads)?,
            head_dim,
            intermediate_size: self.size("intermediate_size")?,
            vocabulary: self.size("vocab_size")?,
            context_length: self.size("max_position_embeddings")?,
            norm: Kind::Rms,
            norm_places: NormPlaces::Before,
            norm_epsilon: self.number_or(defaults.norm_epsilon.0, defaults.norm_epsilon.1)?,
            norm_offset: 0.0,
            qk_norm: None,
            tie_word_embeddings: self.switch_or("tie_word_embeddings", defaults.tied)?,
            biases: Biases::default(),
            fused: false,
            activation: self.activation(defaults.activation)?,
            ropes: vec![],
            attention_scale: 1.0 / (head_dim as f64).sqrt(),
            attention_soft_cap: None,
            logit_soft_cap: None,
            logit_scale: 1.0,
            embedding_scale: 1.0,
            embeds_scaled: false,
            residual_scale: 1.0,
            source: self.source.clone(),
        };
        self.check_heads(&config)?;
        let newer = self.value("rope_parameters");
        let scaling = if newer.is_null() { self.value("rope_scaling") } else { newer };
        config.ropes = vec![self.rotation(scaling, &config, defaults.rope)?];
        Ok(config)
    }

    /// The rotation that an object describes.
    pub(crate) fn rotation(
        &self,
        scaling: &Value,
        config: &ModelConfig,
        defaults: Defaults,
    ) -> Result<Rotation, ModelError> {
        let (head_width, context) = (config.head_dim, config.context_length);
        Fields { reader: self, scaling, head_width, context, defaults }.rotation()
    }

    fn family(&self) -> Result<&'static Family, ModelError> {
        let architecture = self.source["architectures"][0].as_str();
        let named = self.source["model_type"].as_str().or(architecture).unwrap_or("without a name");
        let family = FAMILIES.iter().find(|family| family.name == named || family.architecture == named);
        let found = match family {
            Some(family) if architecture.is_none_or(|name| name == family.architecture) => return Ok(family),
            Some(_) => architecture.unwrap_or(named),
            None => named,
        };
        let supported = SUPPORTED_FAMILIES.join(", ");
        Err(ModelError::UnsupportedFamily { file: self.file.clone(), found: found.into(), supported })
    }

    /// Whole kinds of models that no family of ours is, said in words rather than by a name.
    fn check_kind(&self) -> Result<(), ModelError> {
        let has = |key: &str| !self.source[key].is_null();
        if has("vision_config") || has("audio_config") {
            return Err(self.wrong("the model has a vision or audio tower; only models of text alone are supported"));
        }
        let experts = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];
        if experts.iter().any(|key| self.source[key].as_u64().is_some_and(|count| count > 1)) {
            return Err(self.wrong("the model is a mixture of experts, which is not supported"));
        }
        Ok(())
    }

    fn activation(&self, default: &str) -> Result<Activation, ModelError> {
        let named = self.source["hidden_activation"].as_str().or(self.source["hidden_act"].as_str());
        match named.unwrap_or(default) {
            "silu" | "swish" => Ok(Activation::Silu),
            "gelu_pytorch_tanh" | "gelu_new" | "gelu_fast" | "gelu_python_tanh" => Ok(Activation::GeluTanh),
            "gelu" | "gelu_python" => Ok(Activation::GeluErf),
            other => Err(self
                .wrong(format!("the activation “{other}” is not supported; supported: silu, gelu, gelu_pytorch_tanh"))),
        }
    }

    fn check_heads(&self, config: &ModelConfig) -> Result<(), ModelError> {
        if !config.heads.is_multiple_of(config.kv_heads) {
            let (heads, kv_heads) = (config.heads, config.kv_heads);
            return Err(self.wrong(format!("{heads} attention heads cannot share {kv_heads} key heads evenly")));
        }
        if !config.head_dim.is_multiple_of(2) {
            return Err(self.wrong(format!("head_dim is {}, but rotary positions need pairs", config.head_dim)));
        }
        if config.heads().q_width() as u64 > LARGEST {
            let (heads, width) = (config.heads, config.head_dim);
            return Err(self.wrong(format!("{heads} heads of width {width} are more than any model has")));
        }
        Ok(())
    }

    pub(crate) fn wrong(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Config { file: self.file.clone(), reason: reason.into() }
    }

    pub(crate) fn value(&self, key: &str) -> &Value {
        &self.source[key]
    }

    /// A list, empty where there is none.
    pub(crate) fn list(&self, key: &str) -> Result<&[Value], ModelError> {
        match &self.source[key] {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            _ => Err(self.wrong(format!("{key} is not a list"))),
        }
    }

    fn size(&self, key: &str) -> Result<usize, ModelError> {
        let value = &self.source[key];
        let size = value.as_u64().filter(|size| (1..=LARGEST).contains(size));
        size.map(|size| size as usize).ok_or_else(|| match value.is_null() {
            true => self.wrong(format!("{key} is missing")),
            false => self.wrong(format!("{key} is {value}, expected a whole number from 1 to {LARGEST}")),
        })
    }

    fn size_or(&self, key: &str, default: usize) -> Result<usize, ModelError> {
        Ok(self.size_if_any(key)?.unwrap_or(default))
    }

    pub(crate) fn size_if_any(&self, key: &str) -> Result<Option<usize>, ModelError> {
        if self.source[key].is_null() { Ok(None) } else { self.size(key).map(Some) }
    }

    /// A whole number that may be 0.
    pub(crate) fn whole_or(&self, key: &str, default: usize) -> Result<usize, ModelError> {
        if self.source[key].as_u64() == Some(0) { Ok(0) } else { self.size_or(key, default) }
    }

    pub(crate) fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    /// A number that is switched off by null and has a default when the key is absent.
    /// Whether the config has this key, be it `null`.
    pub(crate) fn says(&self, key: &str) -> bool {
        self.source.get(key).is_some()
    }

    pub(crate) fn number_or_none(&self, key: &str, default: Option<f64>) -> Result<Option<f64>, ModelError> {
        if self.source.get(key).is_none() { Ok(default) } else { self.number(key) }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        match &self.source[key] {
            Value::Null => Ok(None),
            value => value
                .as_f64()
                .filter(|number| number.is_finite() && *number > 0.0)
                .ok_or_else(|| self.wrong(format!("{key} is {value}, expected a number above 0")))
                .map(Some),
        }
    }

    pub(crate) fn switch_or(&self, key: &str, default: bool) -> Result<bool, ModelError> {
        match &self.source[key] {
            Value::Null => Ok(default),
            Value::Bool(on) => Ok(*on),
            value => Err(self.wrong(format!("{key} is {value}, expected true or false"))),
        }
    }
}
