//! An adapter that has been held against a decoder: every pair stands beside a weight of its shape, and what DoRA
//! divides by is computed once, not at each token.

use std::collections::BTreeMap;

use candle_core::Tensor;
use candle_lora::{Adapter, Beside, Lora, LoraPair};

use crate::weights::{EMBEDDING, EMBEDDING_MODULE, HEAD_MODULE, get, shapes};
use crate::{Decoder, ModelConfig, ModelError};

/// An adapter ready to compute with its decoder.
pub(crate) struct Fitted<'a> {
    adapter: &'a Adapter,
    /// ‖W + scale · B A‖ per output, of the modules with magnitudes.
    norms: BTreeMap<&'a str, Tensor>,
}

impl Fitted<'_> {
    /// What stands beside this module.
    pub(crate) fn lora(&self, module: &str) -> Option<Lora<'_>> {
        let pair = self.adapter.pairs.get(module)?;
        Some(Lora { norm: self.norms.get(module), ..Lora::of(pair, self.adapter.config.scale()) })
    }

    /// The share of inputs that dropout hides in training.
    pub(crate) fn dropout(&self) -> f64 {
        self.adapter.config.dropout
    }

    /// The lowest block that has a pair; 0 where the embedding has one.
    pub(crate) fn first_layer(&self) -> Option<usize> {
        self.adapter.pairs.keys().filter_map(|module| layer_of(module)).min()
    }
}

/// The block that a module or weight belongs to. What comes before all blocks counts as the first.
pub(crate) fn layer_of(name: &str) -> Option<usize> {
    match name.strip_prefix("model.layers.") {
        Some(rest) => rest.split('.').next()?.parse().ok(),
        None => name.starts_with(EMBEDDING_MODULE).then_some(0),
    }
}

impl ModelConfig {
    /// Whether every pair of the adapter stands beside a weight of its shape.
    pub fn check_adapter(&self, adapter: &Adapter) -> Result<(), ModelError> {
        let shapes = shapes(self);
        adapter.pairs.iter().try_for_each(|(module, pair)| {
            check_pair(module, pair, shapes.get(&self.weight_of(module)).map(Vec::as_slice))
        })
    }

    /// The name of the weight of a module: a tied head has the embedding's.
    pub(crate) fn weight_of(&self, module: &str) -> String {
        match module == HEAD_MODULE && self.tie_word_embeddings {
            true => EMBEDDING.into(),
            false => format!("{module}.weight"),
        }
    }
}

fn check_pair(module: &str, pair: &LoraPair, weight: Option<&[usize]>) -> Result<(), ModelError> {
    let other = |reason: String| ModelError::Input(format!("the adapter belongs to another model: {reason}"));
    let Some(weight) = weight else { return Err(other(format!("this one has no {module}"))) };
    let beside = if module == EMBEDDING_MODULE { Beside::Embedding } else { Beside::Linear };
    if weight.len() != 2 || pair.beside != beside {
        return Err(other(format!("its {module} is another kind of module")));
    }
    let (width, out) = pair.widths()?;
    let found = if beside == Beside::Linear { [out, width] } else { [width, out] };
    if weight != found || pair.a.dim(0)? != pair.b.dim(1)? {
        return Err(other(format!("it has {module} of shape {found:?}, this one {weight:?}")));
    }
    match &pair.magnitude {
        Some(_) if beside == Beside::Embedding => {
            Err(ModelError::Input(format!("the adapter has magnitudes beside {module}, which is not supported")))
        }
        Some(magnitude) if magnitude.dims() != [out] => {
            let (found, expected) = (magnitude.dims(), [out]);
            Err(other(format!("it has magnitudes of {module} of shape {found:?}, this one needs {expected:?}")))
        }
        _ => Ok(()),
    }
}

impl Decoder {
    /// Whether every pair of the adapter stands beside a weight of its shape.
    pub fn check_adapter(&self, adapter: &Adapter) -> Result<(), ModelError> {
        self.config.check_adapter(adapter)
    }

    pub(crate) fn fit<'a>(&self, adapter: &'a Adapter) -> Result<Fitted<'a>, ModelError> {
        self.check_adapter(adapter)?;
        let mut norms = BTreeMap::new();
        for (module, pair) in adapter.pairs.iter().filter(|(_, pair)| pair.magnitude.is_some()) {
            let weight = get(&self.weights, &self.config.weight_of(module))?;
            norms.insert(module.as_str(), Lora::of(pair, adapter.config.scale()).weight_norm(weight)?);
        }
        Ok(Fitted { adapter, norms })
    }
}
