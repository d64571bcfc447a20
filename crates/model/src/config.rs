//! What a model is made of, read from its `config.json`. The families differ by these values and by nothing else.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::ModelError;
use crate::rope::Frequencies;

/// The families that can be computed, as `model_type` names them.
pub const SUPPORTED_FAMILIES: [&str; 1] = ["llama"];
/// A config is a few kilobytes; a file that claims more is not one.
const LONGEST_CONFIG: u64 = 4 << 20;
/// More than any model has; a hostile config must not make us allocate by its numbers.
const LARGEST: u64 = 1 << 24;

/// A decoder's shape and the choices in which families differ.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The family, as `model_type` names it.
    pub family: String,
    /// The width of the residual stream.
    pub hidden_size: usize,
    /// Decoder blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Key and value heads; each serves heads / kv_heads attention heads.
    pub kv_heads: usize,
    /// The width of one head.
    pub head_dim: usize,
    /// The inner width of the feed-forward part.
    pub intermediate_size: usize,
    /// Tokens that the model knows.
    pub vocabulary: usize,
    /// The longest input, in tokens.
    pub context_length: usize,
    /// Added to the mean square before its root is taken.
    pub norm_epsilon: f64,
    /// The output head is the embedding.
    pub tie_word_embeddings: bool,
    /// The four attention projections add a bias.
    pub attention_bias: bool,
    /// The three feed-forward projections add a bias.
    pub mlp_bias: bool,
    /// How far each pair of a head turns per position.
    pub frequencies: Frequencies,
    /// The file as it was read: what other programs need is kept when the model is saved.
    pub source: Value,
}

impl ModelConfig {
    /// Reads `config.json` of a model folder.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let file = folder.join("config.json");
        let not_a_model = |reason: &str| ModelError::NotAModel { folder: folder.into(), reason: reason.into() };
        if !folder.is_dir() {
            return Err(not_a_model("there is no such folder"));
        }
        let length = match fs::metadata(&file) {
            Ok(facts) => facts.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(not_a_model("it has no config.json"));
            }
            Err(error) => return Err(ModelError::io(&file)(error)),
        };
        if length > LONGEST_CONFIG {
            return Err(ModelError::Config { file, reason: "is too long to be a model's config".into() });
        }
        let text = fs::read_to_string(&file).map_err(ModelError::io(&file))?;
        Self::parse(&text, &file)
    }

    /// Reads the text of a `config.json`; `file` is what errors name.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ModelError> {
        let reader = |source: Value| Reader { file: file.to_path_buf(), source };
        let source = serde_json::from_str::<Map<String, Value>>(text)
            .map_err(|error| reader(Value::Null).wrong(format!("is not a valid JSON object: {error}")))?;
        reader(Value::Object(source)).config()
    }

    /// The heads of every block's attention.
    pub fn attention(&self) -> candle_lora::Heads {
        candle_lora::Heads { heads: self.heads, kv_heads: self.kv_heads, width: self.head_dim }
    }
}

/// The config while it is being read.
pub(crate) struct Reader {
    file: std::path::PathBuf,
    source: Value,
}

impl Reader {
    fn config(self) -> Result<ModelConfig, ModelError> {
        let family = self.family()?;
        self.check_activation()?;
        let hidden_size = self.size("hidden_size")?;
        let heads = self.size("num_attention_heads")?;
        let kv_heads = self.size_or("num_key_value_heads", heads)?;
        let head_dim = match self.source["head_dim"].is_null() {
            true => hidden_size / heads,
            false => self.size("head_dim")?,
        };
        let context_length = self.size("max_position_embeddings")?;
        let config = ModelConfig {
            family,
            hidden_size,
            layers: self.size("num_hidden_layers")?,
            heads,
            kv_heads,
            head_dim,
            intermediate_size: self.size("intermediate_size")?,
            vocabulary: self.size("vocab_size")?,
            context_length,
            norm_epsilon: self.number_or("rms_norm_eps", 1e-6)?,
            tie_word_embeddings: self.switch("tie_word_embeddings")?,
            attention_bias: self.switch("attention_bias")?,
            mlp_bias: self.switch("mlp_bias")?,
            frequencies: Frequencies::read(&self, head_dim)?,
            source: self.source.clone(),
        };
        self.check_shape(&config)?;
        Ok(config)
    }

    fn family(&self) -> Result<String, ModelError> {
        let architecture = self.source["architectures"][0].as_str();
        let named = self.source["model_type"].as_str().or(architecture).unwrap_or("without a name");
        let known = SUPPORTED_FAMILIES.contains(&named) && matches!(architecture, None | Some("LlamaForCausalLM"));
        if !known {
            let found = if SUPPORTED_FAMILIES.contains(&named) { architecture.unwrap_or(named) } else { named };
            let supported = SUPPORTED_FAMILIES.join(", ");
            return Err(ModelError::UnsupportedFamily { file: self.file.clone(), found: found.into(), supported });
        }
        Ok(named.to_string())
    }

    fn check_activation(&self) -> Result<(), ModelError> {
        match self.source["hidden_act"].as_str() {
            None | Some("silu" | "swish") => Ok(()),
            Some(other) => Err(self.wrong(format!("the activation “{other}” is not supported; supported: silu"))),
        }
    }

    fn check_shape(&self, config: &ModelConfig) -> Result<(), ModelError> {
        if !config.heads.is_multiple_of(config.kv_heads) {
            let (heads, kv_heads) = (config.heads, config.kv_heads);
            return Err(self.wrong(format!("{heads} attention heads cannot share {kv_heads} key heads evenly")));
        }
        if !config.head_dim.is_multiple_of(2) {
            return Err(self.wrong(format!("head_dim is {}, but rotary positions need pairs", config.head_dim)));
        }
        if config.attention().q_width() as u64 > LARGEST {
            return Err(
                self.wrong(format!("{} heads of width {} are more than any model has", config.heads, config.head_dim))
            );
        }
        if config.layers > 1024 {
            return Err(self.wrong(format!("num_hidden_layers is {}, which no model has", config.layers)));
        }
        Ok(())
    }

    pub(crate) fn wrong(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Config { file: self.file.clone(), reason: reason.into() }
    }

    pub(crate) fn value(&self, key: &str) -> &Value {
        &self.source[key]
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
        if self.source[key].is_null() { Ok(default) } else { self.size(key) }
    }

    pub(crate) fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        match &self.source[key] {
            Value::Null => Ok(default),
            value => value
                .as_f64()
                .filter(|number| number.is_finite() && *number > 0.0)
                .ok_or_else(|| self.wrong(format!("{key} is {value}, expected a number above 0"))),
        }
    }

    fn switch(&self, key: &str) -> Result<bool, ModelError> {
        match &self.source[key] {
            Value::Null => Ok(false),
            Value::Bool(on) => Ok(*on),
            value => Err(self.wrong(format!("{key} is {value}, expected true or false"))),
        }
    }
}
