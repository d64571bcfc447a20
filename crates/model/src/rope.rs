//! Reads the rotary position embeddings of a config. Plain and scaled variants (linear, dynamic, llama3, yarn, longrope) all become
//! frequencies and a factor, so that the decoder needs no case for each.

use std::f64::consts::PI;

use candle_lora::{Longer, Rotation};
use serde_json::Value;
use tunesmith_sentence::say;

use crate::ModelError;
use crate::config_fields::ConfigFields;

/// What a config leaves open and its family decides.
#[derive(Clone, Copy)]
pub(crate) struct RopeDefaults {
    /// The base of the frequencies.
    pub(crate) theta: f64,
    /// The share of a head that turns; none where heads always turn whole, whatever a config says.
    pub(crate) partial: Option<f64>,
    /// The length that long contexts were scaled up from, where the family has it beside the rope's own fields.
    pub(crate) original_context: Option<f64>,
    /// Kinds of layers have ropes of their own; then nothing beside them counts.
    pub(crate) per_layer: bool,
}

/// Fields of a rope scaling that may stand beside those of any kind.
const OF_EVERY_KIND: [&str; 6] = [
    "rope_type",
    "type",
    "rope_theta",
    "partial_rotary_factor",
    "original_max_position_embeddings",
    "max_position_embeddings",
];

/// Where the fields of one kind of rotary positions stand.
pub(crate) struct RopeFields<'a> {
    pub(crate) config: &'a ConfigFields,
    /// The object with the scaling: `rope_parameters`, which has all fields, or the older `rope_scaling`.
    pub(crate) scaling: &'a Value,
    pub(crate) head_width: usize,
    pub(crate) context: usize,
    pub(crate) defaults: RopeDefaults,
}

impl RopeFields<'_> {
    /// The rotation that they describe.
    pub(crate) fn rotation(&self) -> Result<Rotation, ModelError> {
        if !(self.scaling.is_null() || self.scaling.is_object()) {
            return Err(self.config.wrong(say!("model-rope-no-object", "the rope scaling is not an object")));
        }
        let theta = self.here_or_in_config("rope_theta", self.defaults.theta)?;
        let plain = frequencies(theta, self.turned_width()?);
        let head_width = self.head_width;
        let of = |frequencies, factor| Rotation { head_width, frequencies, longer: Longer::Same, factor };
        let kind = self.kind()?;
        self.note_unread(kind);
        match kind {
            "default" => Ok(of(plain, 1.0)),
            "linear" => {
                let factor = self.number("factor")? as f32;
                Ok(of(plain.into_iter().map(|frequency| frequency / factor).collect(), 1.0))
            }
            "llama3" => Ok(of(self.llama3(plain)?, 1.0)),
            "yarn" => {
                let (frequencies, factor) = self.yarn(theta, &plain)?;
                Ok(of(frequencies, factor))
            }
            "longrope" => self.longrope(&plain),
            "dynamic" => {
                let longer = Longer::Growing { limit: self.context, base: theta, factor: self.number("factor")? };
                Ok(Rotation { longer, ..of(plain, 1.0) })
            }
            other => Err(self.unsupported(other)),
        }
    }

    /// The width of the part of each head that turns.
    fn turned_width(&self) -> Result<usize, ModelError> {
        let partial = self.here_or_in_config("partial_rotary_factor", self.defaults.partial.unwrap_or(1.0))?;
        if self.defaults.partial.is_none() && partial != 1.0 {
            return Err(self.config.wrong(say!(
                "model-rope-partial",
                "rotary positions on a part of each head are not supported in this family"
            )));
        }
        let turned = (self.head_width as f64 * partial) as usize;
        if partial > 1.0 || turned < 2 || !turned.is_multiple_of(2) {
            let width = self.head_width;
            return Err(self.config.wrong(say!(
                "model-rope-odd",
                "partial_rotary_factor is {factor}, but heads of {width} need pairs",
                factor = partial,
                width
            )));
        }
        Ok(turned)
    }

    /// Phi-3 called LongRoPE by two other names first.
    fn kind(&self) -> Result<&str, ModelError> {
        let named = ["rope_type", "type"].iter().map(|key| &self.scaling[*key]).find(|value| !value.is_null());
        let Some(named) = named else { return Ok("default") };
        match named.as_str() {
            Some("su") => Ok("longrope"),
            Some("yarn") if self.scaling["short_factor"].is_array() => Ok("longrope"),
            Some(other) => Ok(other),
            None => Err(self.unsupported(&named.to_string())),
        }
    }

    fn unsupported(&self, kind: &str) -> ModelError {
        self.config.wrong(say!(
            "model-rope-unsupported",
            "the rope type “{kind}” is not supported; supported: default, linear, dynamic, llama3, yarn, longrope",
            kind
        ))
    }

    /// Notes the fields that this kind of scaling does not use: without a type, even `factor` scales nothing.
    fn note_unread(&self, kind: &str) {
        let used: &[&str] = match kind {
            "linear" | "dynamic" => &["factor"],
            "llama3" => &["factor", "low_freq_factor", "high_freq_factor"],
            "yarn" => &[
                "factor",
                "attention_factor",
                "beta_fast",
                "beta_slow",
                "mscale",
                "mscale_all_dim",
                "truncate",
                "finetuned",
            ],
            "longrope" => &["factor", "short_factor", "long_factor", "attention_factor"],
            _ => &[],
        };
        // An object holds the rope of one kind of layers, which is read by itself.
        let is_off = |value: &Value| matches!(value, Value::Null | Value::Bool(false) | Value::Object(_));
        let fields = self.scaling.as_object().into_iter().flatten();
        for (key, _) in fields.filter(|(key, value)| {
            !(is_off(value) || OF_EVERY_KIND.contains(&key.as_str()) || used.contains(&key.as_str()))
        }) {
            self.config.leave_unread(format!("rope_scaling.{key}"));
        }
    }

    /// Llama 3's scaling: slow turns are slowed further by `factor`, fast ones stay, those between are blended.
    fn llama3(&self, plain: Vec<f32>) -> Result<Vec<f32>, ModelError> {
        let (factor, context) = (self.number("factor")?, self.original_context()?);
        let (low, high) = (self.number("low_freq_factor")?, self.number("high_freq_factor")?);
        if high <= low {
            return Err(self.config.wrong(say!("model-rope-bounds", "high_freq_factor must be above low_freq_factor")));
        }
        let scaled = |frequency: f32| {
            let frequency = f64::from(frequency);
            let wavelength = 2.0 * PI / frequency;
            if wavelength < context / high {
                frequency as f32
            } else if wavelength > context / low {
                (frequency / factor) as f32
            } else {
                let blend = (context / wavelength - low) / (high - low);
                ((1.0 - blend) * frequency / factor + blend * frequency) as f32
            }
        };
        Ok(plain.into_iter().map(scaled).collect())
    }

    /// YaRN (Peng et al. 2023): pairs that turn often in the original context stay, those that turn seldom are slowed by
    /// `factor`, with a ramp between; queries and keys grow by the attention factor.
    fn yarn(&self, theta: f64, plain: &[f32]) -> Result<(Vec<f32>, f64), ModelError> {
        let context = self.original_context()?;
        let factor = self.number_or("factor", self.context as f64 / context)?;
        let width = 2.0 * plain.len() as f64;
        // The pair that turns so many times in the original context.
        let pair = |turns: f64| width * (context / (turns * 2.0 * PI)).ln() / (2.0 * theta.ln());
        let (low, high) = (pair(self.number_or("beta_fast", 32.0)?), pair(self.number_or("beta_slow", 1.0)?));
        let whole = self.scaling["truncate"].as_bool().unwrap_or(true);
        let (low, high) = if whole { (low.floor(), high.ceil()) } else { (low, high) };
        let (low, high) = (low.max(0.0), high.min(width - 1.0));
        let high = if low == high { high + 0.001 } else { high };
        let slowed = |(number, frequency): (usize, &f32)| {
            let kept = 1.0 - ((number as f64 - low) / (high - low)).clamp(0.0, 1.0);
            let frequency = f64::from(*frequency);
            (frequency / factor * (1.0 - kept) + frequency * kept) as f32
        };
        Ok((plain.iter().enumerate().map(slowed).collect(), self.yarn_attention(factor)?))
    }

    fn yarn_attention(&self, factor: f64) -> Result<f64, ModelError> {
        let grown = |share: f64| if factor <= 1.0 { 1.0 } else { 0.1 * share * factor.ln() + 1.0 };
        let (part, all) = (&self.scaling["mscale"], &self.scaling["mscale_all_dim"]);
        let default = match (part.as_f64(), all.as_f64()) {
            (Some(part), Some(all)) if part != 0.0 && all != 0.0 => grown(part) / grown(all),
            _ => grown(1.0),
        };
        self.number_or("attention_factor", default)
    }

    /// LongRoPE: each pair has its own factor, one for rows within the original context and one for longer rows.
    fn longrope(&self, plain: &[f32]) -> Result<Rotation, ModelError> {
        let context = self.original_context()?;
        let divided = |key: &str| -> Result<Vec<f32>, ModelError> {
            let factors: Option<Vec<f64>> =
                self.scaling[key].as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
            let factors = factors.filter(|list| list.len() == plain.len() && list.iter().all(|factor| *factor > 0.0));
            let expected = || {
                self.config.wrong(say!(
                    "model-rope-no-list",
                    "{key} of the rope scaling is not a list of {count} numbers above 0",
                    key,
                    count = plain.len()
                ))
            };
            let factors = factors.ok_or_else(expected)?;
            Ok(plain.iter().zip(factors).map(|(frequency, factor)| frequency / factor as f32).collect())
        };
        let (short, long) = (divided("short_factor")?, divided("long_factor")?);
        let factor = self.number_or("factor", self.context as f64 / context)?;
        let default = if factor <= 1.0 { 1.0 } else { (1.0 + factor.ln() / context.ln()).sqrt() };
        let factor = self.number_or("attention_factor", default)?;
        let longer = Longer::Others { limit: context as usize, frequencies: long };
        Ok(Rotation { head_width: self.head_width, frequencies: short, longer, factor })
    }

    /// The context that scaling started from. Where it stands beside the rope's fields, that one counts, as in transformers.
    fn original_context(&self) -> Result<f64, ModelError> {
        let key = "original_max_position_embeddings";
        match self.defaults.original_context {
            Some(default) => self.config.number_or(key, default),
            None if self.config.value(key).is_null() || self.defaults.per_layer => {
                self.number_or(key, self.context as f64)
            }
            None => self.config.number_or(key, self.context as f64),
        }
    }

    /// A field that newer configs have in `rope_parameters` and older ones beside `rope_scaling`.
    fn here_or_in_config(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        match &self.scaling[key] {
            Value::Null => self.config.number_or(key, default),
            _ => self.number(key),
        }
    }

    fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        if self.scaling[key].is_null() { Ok(default) } else { self.number(key) }
    }

    fn number(&self, key: &str) -> Result<f64, ModelError> {
        let number = self.scaling[key].as_f64().filter(|number| number.is_finite() && *number > 0.0);
        let found = &self.scaling[key];
        number.ok_or_else(|| {
            self.config.wrong(say!(
                "model-rope-no-number",
                "{key} of the rope scaling is {value}, expected a number above 0",
                key,
                value = found.to_string()
            ))
        })
    }
}

/// θ^(−2i / width), computed as PyTorch does in f32.
fn frequencies(theta: f64, width: usize) -> Vec<f32> {
    let exponent = |i: usize| (2 * i) as f32 / width as f32;
    (0..width / 2).map(|i| 1.0 / theta.powf(f64::from(exponent(i))) as f32).collect()
}
