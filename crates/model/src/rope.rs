//! The frequencies of rotary positions, plain and scaled, as configs describe them. What comes out is one number per
//! pair of a head; the decoder knows no kinds.

use serde_json::Value;

use crate::ModelError;
use crate::config::Reader;

/// How far each pair of a head turns per position, in radians.
#[derive(Debug, Clone, PartialEq)]
pub struct Frequencies(pub Vec<f32>);

impl Frequencies {
    /// From a config: `rope_theta`, and `rope_scaling` or, as newer configs have it, both in `rope_parameters`.
    pub(crate) fn read(config: &Reader, head_dim: usize) -> Result<Self, ModelError> {
        let newer = config.value("rope_parameters");
        let scaling = if newer.is_null() { config.value("rope_scaling") } else { newer };
        if !(scaling.is_null() || scaling.is_object()) {
            return Err(config.wrong("the rope scaling is not an object"));
        }
        if config.number_or("partial_rotary_factor", 1.0)? != 1.0 {
            return Err(config.wrong("rotary positions on a part of each head are not supported"));
        }
        let theta = match &scaling["rope_theta"] {
            Value::Null => config.number_or("rope_theta", 10_000.0)?,
            _ => number(config, scaling, "rope_theta")?,
        };
        let plain = plain(theta, head_dim);
        let kind = scaling["rope_type"].as_str().or(scaling["type"].as_str()).unwrap_or("default");
        match kind {
            "default" => Ok(Self(plain)),
            "linear" => {
                let factor = number(config, scaling, "factor")? as f32;
                Ok(Self(plain.into_iter().map(|frequency| frequency / factor).collect()))
            }
            "llama3" => Ok(Self(llama3(config, scaling, plain)?)),
            other => {
                Err(config
                    .wrong(format!("the rope type “{other}” is not supported; supported: default, linear, llama3")))
            }
        }
    }
}

/// θ^(−2i / width), computed as PyTorch does in f32.
fn plain(theta: f64, head_dim: usize) -> Vec<f32> {
    let exponent = |i: usize| (2 * i) as f32 / head_dim as f32;
    (0..head_dim / 2).map(|i| 1.0 / theta.powf(f64::from(exponent(i))) as f32).collect()
}

/// Llama 3's scaling: slow turns are slowed further by `factor`, fast ones stay, those between are blended.
fn llama3(config: &Reader, scaling: &Value, plain: Vec<f32>) -> Result<Vec<f32>, ModelError> {
    let factor = number(config, scaling, "factor")?;
    let low = number(config, scaling, "low_freq_factor")?;
    let high = number(config, scaling, "high_freq_factor")?;
    let context = number(config, scaling, "original_max_position_embeddings")?;
    if high <= low {
        return Err(config.wrong("high_freq_factor must be above low_freq_factor"));
    }
    let scaled = |frequency: f32| {
        let frequency = f64::from(frequency);
        let wavelength = 2.0 * std::f64::consts::PI / frequency;
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

fn number(config: &Reader, object: &Value, key: &str) -> Result<f64, ModelError> {
    let number = object[key].as_f64().filter(|number| number.is_finite() && *number > 0.0);
    number
        .ok_or_else(|| config.wrong(format!("{key} of the rope scaling is {}, expected a number above 0", object[key])))
}
