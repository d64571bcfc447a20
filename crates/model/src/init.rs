//! New weights and new adapters. Each tensor is drawn from its own stream, so none depends on the others.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Adapter, LoraConfig, LoraPair};

use crate::random::Random;
use crate::weights::{Projection, projections, shapes};
use crate::{Decoder, ModelConfig, ModelError};

/// How far new weights spread, unless the config says otherwise; what Llama and GPT-2 began with.
const DEVIATION: f64 = 0.02;

impl Decoder {
    /// A new model with random weights; the same seed gives the same weights.
    pub fn scratch(config: ModelConfig, seed: u64, device: &Device) -> Result<Self, ModelError> {
        let deviation = config.source["initializer_range"].as_f64().filter(|range| range.is_finite() && *range > 0.0);
        let deviation = deviation.unwrap_or(DEVIATION);
        let tensor = |(name, shape): (String, Vec<usize>)| -> Result<_, ModelError> {
            let tensor = match shape.len() {
                1 if name.ends_with(".bias") => Tensor::zeros(shape, DType::F32, device)?,
                // Norms begin by changing nothing; some families keep their weights around zero.
                1 => Tensor::full((1.0 - config.norm_offset) as f32, shape, device)?,
                _ => {
                    let count = shape.iter().product();
                    let numbers = Random::new(seed, &format!("init {name}")).normal(count, deviation);
                    Tensor::from_vec(numbers, shape, device)?
                }
            };
            Ok((name, tensor.into()))
        };
        let weights = shapes(&config).into_iter().map(tensor).collect::<Result<_, _>>()?;
        Ok(Self { config, weights, device: device.clone() })
    }

    /// A new adapter that changes nothing yet: A as PEFT draws it (Kaiming-uniform with a = √5, so within 1/√in), B zero.
    pub fn new_adapter(&self, lora: &LoraConfig, seed: u64) -> Result<Adapter, ModelError> {
        if lora.rank == 0 {
            return Err(ModelError::Input("the rank of an adapter must be at least 1".into()));
        }
        let asked = self.projections_named(&lora.target_modules)?;
        let mut pairs = BTreeMap::new();
        for layer in 0..self.config.layers.len() {
            for Projection { name, out, width, .. } in asked.iter().copied() {
                let module = format!("model.layers.{layer}.{name}");
                let bound = 1.0 / (width as f64).sqrt();
                let numbers = Random::new(seed, &format!("lora_A {module}")).spread(lora.rank * width, bound);
                let a = Tensor::from_vec(numbers, (lora.rank, width), &self.device)?;
                let b = Tensor::zeros((out, lora.rank), DType::F32, &self.device)?;
                pairs.insert(module, LoraPair { a, b });
            }
        }
        Ok(Adapter { config: lora.clone(), pairs })
    }

    fn projections_named(&self, modules: &[String]) -> Result<Vec<Projection>, ModelError> {
        let all = projections(&self.config);
        if let Some(unknown) = modules.iter().find(|module| !all.iter().any(|known| known.module() == module.as_str()))
        {
            let known = all.iter().map(Projection::module).collect::<Vec<_>>().join(", ");
            return Err(ModelError::Input(format!("the model has no module {unknown}; it has {known}")));
        }
        let asked = |projection: &Projection| modules.iter().any(|module| module == projection.module());
        Ok(all.into_iter().filter(asked).collect())
    }
}
