//! New weights and new adapters. Each tensor is drawn from its own stream, so none depends on the others.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Adapter, Lora, LoraConfig, LoraPair, ModuleKind};
use tunesmith_sentence::say;

use crate::random::Random;
use crate::weights::{EMBEDDING_MODULE, HEAD_MODULE, get, projections, shapes};
use crate::{Decoder, ModelConfig, ModelError};

/// How far new weights spread, unless the config says otherwise; what Llama and GPT-2 began with.
const DEVIATION: f64 = 0.02;

impl Decoder {
    /// A new model with random weights; the same seed gives the same weights.
    ///
    /// # Errors
    /// When the device does not give the memory.
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

    /// A new adapter that changes nothing yet, as PEFT makes it. Of a linear map, A is Kaiming-uniform with a = √5, so
    /// within 1/√in, and B zero; of an embedding, A is zero and B normal; magnitudes are the lengths that are there.
    ///
    /// # Errors
    /// When the config asks for rank 0, or for modules or layers that the model does not have.
    pub fn new_adapter(&self, lora: &LoraConfig, seed: u64) -> Result<Adapter, ModelError> {
        if lora.rank == 0 || lora.ranks.values().any(|rank| *rank == 0) {
            return Err(ModelError::Input(say!("adapter-rank-zero", "The rank of an adapter must be at least 1")));
        }
        let modules = self.modules(lora)?;
        let pair =
            |(module, (out, width))| Ok((String::clone(&module), self.new_pair(lora, seed, &module, out, width)?));
        let pairs = modules.into_iter().map(pair).collect::<Result<_, ModelError>>()?;
        self.complete(Adapter { config: lora.clone(), pairs, ..Adapter::none() })
    }

    /// The modules that get a pair, with their width out and in.
    fn modules(&self, lora: &LoraConfig) -> Result<BTreeMap<String, (usize, usize)>, ModelError> {
        let layers = self.layers(lora)?;
        let (projections, mut modules) = (projections(&self.config), BTreeMap::new());
        let (vocabulary, hidden) = (self.config.vocabulary, self.config.hidden_size);
        for asked in &lora.target_modules {
            let outside = match asked.as_str() {
                "embed_tokens" => Some((EMBEDDING_MODULE, (hidden, vocabulary))),
                HEAD_MODULE => Some((HEAD_MODULE, (vocabulary, hidden))),
                _ => None,
            };
            if let Some((name, widths)) = outside {
                check_outside(lora, asked, name)?;
                modules.insert(name.to_string(), widths);
                continue;
            }
            let Some(known) = projections.iter().find(|projection| projection.module() == asked) else {
                return Err(ModelError::Input(say!(
                    "adapter-module-unknown",
                    "The model has no module {module}; it has {known}",
                    module = asked,
                    known = crate::weights::modules(&self.config).join(", ")
                )));
            };
            for layer in &layers {
                modules.insert(format!("model.layers.{layer}.{}", known.name), (known.out, known.width));
            }
        }
        Ok(modules)
    }

    fn layers(&self, lora: &LoraConfig) -> Result<Vec<usize>, ModelError> {
        let count = self.config.layers.len();
        let Some(layers) = &lora.layers else { return Ok((0..count).collect()) };
        match layers.iter().find(|layer| **layer >= count) {
            Some(layer) => {
                let last = count.saturating_sub(1);
                Err(ModelError::Input(say!(
                    "adapter-layer-unknown",
                    "The model has no layer {layer}: its last one is {last}",
                    layer,
                    last
                )))
            }
            None => Ok(layers.clone()),
        }
    }

    fn new_pair(
        &self,
        lora: &LoraConfig,
        seed: u64,
        module: &str,
        out: usize,
        width: usize,
    ) -> Result<LoraPair, ModelError> {
        let (rank, device) = (lora.rank_of(module), &self.device);
        if module == EMBEDDING_MODULE {
            let numbers = Random::new(seed, &format!("lora_B {module}")).normal(out * rank, 1.0);
            let a = Tensor::zeros((rank, width), DType::F32, device)?;
            let pair = LoraPair::new(a, Tensor::from_vec(numbers, (out, rank), device)?);
            return Ok(LoraPair { kind: ModuleKind::Embedding, ..pair });
        }
        let numbers = Random::new(seed, &format!("lora_A {module}")).spread(rank * width, 1.0 / (width as f64).sqrt());
        let a = Tensor::from_vec(numbers, (rank, width), device)?;
        let pair = LoraPair::new(a, Tensor::zeros((out, rank), DType::F32, device)?);
        let weight = get(&self.weights, &self.config.weight_of(module))?;
        let magnitude = lora.dora.then(|| Lora::of(&pair, lora.scale_of(module)).weight_norm(weight)).transpose()?;
        Ok(LoraPair { magnitude, ..pair })
    }
}

/// Whether a module outside of the blocks can have a pair.
fn check_outside(lora: &LoraConfig, asked: &str, name: &str) -> Result<(), ModelError> {
    // PEFT gives modules outside of the blocks no pair where layers are listed.
    if lora.layers.is_some() {
        return Err(ModelError::Input(say!(
            "adapter-module-without-layer",
            "{module} belongs to no layer, so it cannot be tuned where layers are listed",
            module = asked
        )));
    }
    if lora.dora && name == EMBEDDING_MODULE {
        return Err(ModelError::Input(say!("adapter-dora-embedding", "DoRA is not supported for embed_tokens")));
    }
    Ok(())
}
