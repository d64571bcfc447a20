//! What of a model is trained, and the gradients of it that a backward pass collects.

use std::collections::{BTreeMap, BTreeSet};

use candle_core::Tensor;
use candle_lora::ModuleKind;
use candle_lora::linear::{self, RequiresGrad};

use crate::fitted::FittedAdapter;
use crate::weights::{EMBEDDING, layer_of};

/// Gradients by the name of what they belong to, as in `Adapter::parameters` or `Decoder::parameters`.
pub type Gradients = BTreeMap<String, Tensor>;

/// What is trained, and so gets a gradient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trainable {
    /// The adapter; the model's weights are frozen.
    Adapter,
    /// Every weight of the model.
    AllWeights,
    /// The weights of these blocks. Embedding, last norm and head are frozen.
    Layers(Vec<usize>),
}

/// The gradients that a backward pass has collected, and which it collects now.
pub(crate) struct CollectedGradients {
    pub(crate) requires_grad: RequiresGrad,
    pub(crate) gradients: Gradients,
    /// Weights of the model that are trained beside an adapter's pairs.
    pub(crate) beside: BTreeSet<String>,
}

impl Trainable {
    /// Whether this weight of the model is trained.
    pub fn has_weight(&self, name: &str) -> bool {
        match self {
            Self::Adapter => false,
            Self::AllWeights => true,
            Self::Layers(layers) => name != EMBEDDING && layer_of(name).is_some_and(|layer| layers.contains(&layer)),
        }
    }

    /// What gets a gradient in a block, or without a number before and after all blocks.
    pub(crate) fn in_layer(&self, layer: Option<usize>) -> RequiresGrad {
        match self {
            Self::Adapter => RequiresGrad::Lora,
            Self::AllWeights => RequiresGrad::Weight,
            Self::Layers(layers) if layer.is_some_and(|layer| layers.contains(&layer)) => RequiresGrad::Weight,
            Self::Layers(_) => RequiresGrad::None,
        }
    }

    /// The lowest block that has something trained in it or before it: no gradient is needed further down.
    pub(crate) fn first_layer(&self, adapter: &FittedAdapter) -> Option<usize> {
        match self {
            Self::Adapter => adapter.first_layer(),
            Self::AllWeights => Some(0),
            Self::Layers(layers) => layers.iter().min().copied(),
        }
    }
}

impl CollectedGradients {
    /// None yet; first come those of what is outside of the blocks.
    pub(crate) fn new(trainable: &Trainable, adapter: &FittedAdapter) -> Self {
        let beside = if *trainable == Trainable::Adapter { adapter.trained_weights() } else { BTreeSet::new() };
        Self { requires_grad: trainable.in_layer(None), gradients: Gradients::new(), beside }
    }

    /// Whether the weight of this name gets a gradient.
    pub(crate) fn wants(&self, weight: &str) -> bool {
        self.requires_grad == RequiresGrad::Weight || self.beside.contains(weight)
    }

    /// What of a module gets a gradient.
    pub(crate) fn required_of(&self, module: &str) -> RequiresGrad {
        match self.beside.contains(&format!("{module}.weight")) {
            true => RequiresGrad::Weight,
            false => self.requires_grad,
        }
    }

    /// Takes the gradients of a linear map of this name.
    pub(crate) fn linear(&mut self, module: &str, own: linear::Gradients) {
        let [a, b, magnitude] = ModuleKind::Linear.names();
        let parts = [("weight", own.weight), ("bias", own.bias), (a, own.a), (b, own.b), (magnitude, own.magnitude)];
        for (part, gradient) in parts {
            if let Some(gradient) = gradient {
                self.gradients.insert(format!("{module}.{part}"), gradient);
            }
        }
    }
}
