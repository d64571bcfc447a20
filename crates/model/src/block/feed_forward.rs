//! The feed-forward part of a block: down(activation(gate) · up).

use candle_core::Tensor;
use candle_lora::linear;
use candle_lora::{Activation, glu};

use crate::fitted::FittedAdapter;
use crate::linear_layers::{LinearGroup, LinearLayer};
use crate::pass::Pass;
use crate::trainable::CollectedGradients;
use crate::weights::Weights;
use crate::{ModelConfig, ModelError};

/// The three linear layers and the activation between them.
pub(super) struct FeedForward<'a> {
    activation: Activation,
    gate_up: LinearGroup<'a, 2>,
    down: LinearLayer<'a>,
}

/// What backward needs besides the input.
pub(super) struct Saved {
    gate: Tensor,
    up: Tensor,
    gate_up: Vec<linear::Saved>,
    down: linear::Saved,
}

impl<'a> FeedForward<'a> {
    pub(super) fn new(
        config: &ModelConfig,
        weights: &'a Weights,
        adapter: &'a FittedAdapter,
        layer: usize,
    ) -> Result<Self, ModelError> {
        let linear = |name: &str| LinearLayer::new(weights, adapter, format!("model.layers.{layer}.mlp.{name}"));
        let gate_up = match config.fused {
            true => LinearGroup::Fused(linear("gate_up_proj")?, [config.intermediate_size; 2]),
            false => LinearGroup::Separate(vec![linear("gate_proj")?, linear("up_proj")?]),
        };
        Ok(Self { activation: config.activation, gate_up, down: linear("down_proj")? })
    }

    /// (tokens, hidden), and what backward needs.
    pub(super) fn forward(&self, h: &Tensor, pass: &Pass) -> Result<(Tensor, Saved), ModelError> {
        let ([gate, up], gate_up) = self.gate_up.forward(h, pass)?; // (tokens, intermediate)
        let (out, down) = self.down.forward(&glu::forward(self.activation, &gate, &up)?, pass)?;
        Ok((out, Saved { gate, up, gate_up, down }))
    }

    /// The gradient of the input.
    pub(super) fn backward(
        &self,
        saved: &Saved,
        h: &Tensor,
        grad: &Tensor,
        pass: &Pass,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        let Saved { gate, up, gate_up, down } = saved;
        let product = glu::forward(self.activation, gate, up)?;
        let d_product = self.down.backward(down, &product, grad, None, pass, collect)?;
        let (d_gate, d_up) = glu::backward(self.activation, gate, up, &d_product)?;
        self.gate_up.backward(gate_up, h, [d_gate, d_up], None, pass, collect)
    }
}
