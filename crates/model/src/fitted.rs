//! An adapter that was checked against a decoder, with the lengths that DoRA divides by.

use std::collections::{BTreeMap, BTreeSet};

use candle_core::Tensor;
use candle_lora::{Adapter, Lora, LoraPair, ModuleKind, StoredAdapter, TokenVectors};
use tunesmith_sentence::{Sentence, say};

use crate::weights::{EMBEDDING_MODULE, HEAD_MODULE, layer_of, module_names, shapes};
use crate::{ModelConfig, ModelError};

/// An adapter ready to compute with its decoder.
#[derive(Debug, Clone)]
pub(crate) struct FittedAdapter {
    adapter: Adapter,
    /// ‖W + scale · B A‖ per output, of the modules with magnitudes.
    norms: BTreeMap<String, Tensor>,
}

impl FittedAdapter {
    /// The adapter, without lengths yet.
    pub(crate) fn new(adapter: Adapter) -> Self {
        Self { adapter, norms: BTreeMap::new() }
    }

    /// ‖W + scale · B A‖ per output of a module.
    pub(crate) fn set_norm(&mut self, module: &str, norm: Tensor) {
        self.norms.insert(module.to_string(), norm);
    }

    /// What stands beside this module.
    pub(crate) fn lora(&self, module: &str) -> Option<Lora<'_>> {
        let pair = self.adapter.pairs.get(module)?;
        Some(Lora { norm: self.norms.get(module), ..Lora::of(pair, self.adapter.config.scale_of(module)) })
    }

    /// The share of inputs that dropout hides in training.
    pub(crate) fn dropout(&self) -> f64 {
        self.adapter.config.dropout
    }

    /// The vectors of single tokens of the embedding.
    pub(crate) fn embedded_tokens(&self) -> Option<TokenVectors<'_>> {
        self.adapter.token_vectors(EMBEDDING_MODULE)
    }

    /// The vectors of single tokens of the head, and the table that they belong to: a tied head has the embedding's.
    pub(crate) fn head_tokens(&self, tied: bool) -> Option<(&'static str, TokenVectors<'_>)> {
        let own = self.adapter.token_vectors(HEAD_MODULE).map(|tokens| (HEAD_MODULE, tokens));
        own.or_else(|| Some((EMBEDDING_MODULE, self.embedded_tokens().filter(|_| tied)?)))
    }

    /// The model's weights that are trained beside the pairs.
    pub(crate) fn trained_weights(&self) -> BTreeSet<String> {
        self.adapter.weights.keys().filter(|name| self.adapter.trains(name)).cloned().collect()
    }

    /// The lowest block in which something is trained; 0 where something of the embedding is.
    pub(crate) fn first_layer(&self) -> Option<usize> {
        self.adapter.parameters().keys().filter_map(|name| layer_of(name)).min()
    }
}

impl ModelConfig {
    /// Whether every pair of the adapter stands beside a weight of its shape, and what it has beside pairs fits too.
    ///
    /// # Errors
    /// When it does not, with the module.
    pub fn check_adapter(&self, adapter: &Adapter) -> Result<(), ModelError> {
        let shapes = shapes(self);
        adapter.pairs.iter().try_for_each(|(module, pair)| {
            check_pair(module, pair, shapes.get(&self.weight_of(module)).map(Vec::as_slice))
        })?;
        self.check_beside(adapter, &shapes)
    }

    /// Whether an adapter has a pair for all that its config names of this model: so it can be trained on.
    ///
    /// # Errors
    /// When it does not, with the module.
    pub fn check_complete(&self, stored: &StoredAdapter) -> Result<(), ModelError> {
        match stored.missing(module_names(self)).into_iter().next() {
            Some(module) => Err(ModelError::Input(say!(
                "adapter-incomplete",
                "The adapter has no tensors for {module}, which its config names (target_modules, layers_to_transform)",
                module
            ))),
            None => Ok(()),
        }
    }
}

pub(crate) fn other(reason: Sentence) -> ModelError {
    ModelError::Input(say!("adapter-of-other-model", "The adapter belongs to another model: {reason}", reason))
}

fn check_pair(module: &str, pair: &LoraPair, weight: Option<&[usize]>) -> Result<(), ModelError> {
    let Some(weight) = weight else {
        return Err(other(say!("adapter-module-missing", "this one has no {module}", module)));
    };
    let kind = if module == EMBEDDING_MODULE { ModuleKind::Embedding } else { ModuleKind::Linear };
    if weight.len() != 2 || pair.kind != kind {
        return Err(other(say!("adapter-module-kind", "its {module} is another kind of module", module)));
    }
    let (width, out) = pair.widths()?;
    let found = if kind == ModuleKind::Linear { [out, width] } else { [width, out] };
    if weight != found || pair.a.dim(0)? != pair.b.dim(1)? {
        return Err(other(say!(
            "adapter-module-shape",
            "it has {module} of shape {found}, this one {expected}",
            module,
            found = format!("{found:?}"),
            expected = format!("{weight:?}")
        )));
    }
    match &pair.magnitude {
        Some(_) if kind == ModuleKind::Embedding => Err(ModelError::Input(say!(
            "adapter-magnitudes-beside",
            "The adapter has magnitudes beside {module}, which is not supported",
            module
        ))),
        Some(magnitude) if magnitude.dims() != [out] => Err(other(say!(
            "adapter-magnitudes-unfit",
            "it has magnitudes of {module} of shape {found}, this one needs {expected}",
            module,
            found = format!("{:?}", magnitude.dims()),
            expected = format!("[{out}]")
        ))),
        _ => Ok(()),
    }
}
