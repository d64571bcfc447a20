//! One decoder block, forward and backward. What forward keeps is named in `Saved`; everything else is computed again
//! where that is cheaper than keeping it.

use candle_core::Tensor;
use candle_lora::linear::{self, Wanted};
use candle_lora::rope::Angles;
use candle_lora::{Adapter, FrozenWeight, Linear, Rows, attention, rms_norm, sum, swiglu};

use crate::weights::{Weights, get};
use crate::{Gradients, ModelConfig, ModelError};

/// A block of a decoder, with the adapter that stands beside its weights.
pub(crate) struct Block<'a> {
    config: &'a ModelConfig,
    input_norm: Norm<'a>,
    q: Projection<'a>,
    k: Projection<'a>,
    v: Projection<'a>,
    o: Projection<'a>,
    post_attention_norm: Norm<'a>,
    gate: Projection<'a>,
    up: Projection<'a>,
    down: Projection<'a>,
}

struct Norm<'a> {
    name: String,
    weight: &'a FrozenWeight,
}

struct Projection<'a> {
    name: String,
    map: Linear<'a>,
}

/// What is the same for all blocks of a pass.
pub(crate) struct Pass<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) angles: &'a Angles,
}

/// What backward needs besides the block's input.
pub(crate) struct Saved {
    input_norm: rms_norm::Saved,
    q: linear::Saved,
    k: linear::Saved,
    v: linear::Saved,
    attention: attention::Saved,
    o: linear::Saved,
    /// The residual stream after attention.
    middle: Tensor,
    post_attention_norm: rms_norm::Saved,
    gate: (Tensor, linear::Saved),
    up: (Tensor, linear::Saved),
    down: linear::Saved,
}

impl<'a> Block<'a> {
    /// The block of this layer.
    pub(crate) fn new(
        config: &'a ModelConfig,
        weights: &'a Weights,
        adapter: &'a Adapter,
        layer: usize,
    ) -> Result<Self, ModelError> {
        let block = format!("model.layers.{layer}");
        let norm = |norm: &str| -> Result<Norm<'a>, ModelError> {
            let name = format!("{block}.{norm}.weight");
            Ok(Norm { weight: get(weights, &name)?, name })
        };
        let scale = adapter.config.scale();
        let projection = |projection: &str| -> Result<Projection<'a>, ModelError> {
            let name = format!("{block}.{projection}");
            let map = Linear {
                weight: get(weights, &format!("{name}.weight"))?,
                bias: weights.get(&format!("{name}.bias")),
                lora: adapter.pairs.get(&name).map(|pair| (pair, scale)),
            };
            Ok(Projection { name, map })
        };
        Ok(Self {
            config,
            input_norm: norm("input_layernorm")?,
            q: projection("self_attn.q_proj")?,
            k: projection("self_attn.k_proj")?,
            v: projection("self_attn.v_proj")?,
            o: projection("self_attn.o_proj")?,
            post_attention_norm: norm("post_attention_layernorm")?,
            gate: projection("mlp.gate_proj")?,
            up: projection("mlp.up_proj")?,
            down: projection("mlp.down_proj")?,
        })
    }

    /// The residual stream after the block, (tokens, hidden), and what backward needs. `cache` takes this pass's keys
    /// and values and gives all that attention may see.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        pass: &Pass,
        cache: &mut dyn FnMut(Tensor, Tensor) -> Result<(Tensor, Tensor), ModelError>,
    ) -> Result<(Tensor, Saved), ModelError> {
        let epsilon = self.config.norm_epsilon;
        let (h, input_norm) = rms_norm::forward(x, self.input_norm.weight, epsilon)?; // (tokens, hidden)
        let (q, q_saved) = self.q.map.forward(&h)?; // (tokens, heads · head_dim)
        let (k, k_saved) = self.k.map.forward(&h)?; // (tokens, kv_heads · head_dim)
        let (v, v_saved) = self.v.map.forward(&h)?;
        let (k, v) = cache(pass.angles.forward(k)?, v)?;
        let (o, attention) = attention::forward(pass.angles.forward(q)?, k, v, self.config.attention(), pass.rows)?;
        let (attended, o_saved) = self.o.map.forward(&o)?;
        let middle = sum::add(attended, x)?;

        let (h, post_attention_norm) = rms_norm::forward(&middle, self.post_attention_norm.weight, epsilon)?;
        let gate = self.gate.map.forward(&h)?; // (tokens, intermediate)
        let up = self.up.map.forward(&h)?;
        let (fed, down) = self.down.map.forward(&swiglu::forward(&gate.0, &up.0)?)?;
        let out = sum::add(fed, &middle)?;
        let saved = Saved {
            input_norm,
            q: q_saved,
            k: k_saved,
            v: v_saved,
            attention,
            o: o_saved,
            middle,
            post_attention_norm,
            gate,
            up,
            down,
        };
        Ok((out, saved))
    }

    /// The gradient of the block's input from that of its output; those of what the block owns go to `gradients`. The
    /// caller alone holds `grad`.
    pub(crate) fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: Tensor,
        pass: &Pass,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<Tensor, ModelError> {
        let grad = self.feed_forward_backward(saved, grad, wanted, gradients)?;
        self.attention_backward(saved, x, grad, pass, wanted, gradients)
    }

    fn feed_forward_backward(
        &self,
        saved: &Saved,
        grad: Tensor,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<Tensor, ModelError> {
        let ((gate, gate_saved), (up, up_saved)) = (&saved.gate, &saved.up);
        let product = swiglu::forward(gate, up)?;
        let d_product = self.down.backward(&saved.down, &product, &grad, None, wanted, gradients)?;
        let (d_gate, d_up) = swiglu::backward(gate, up, &d_product)?;
        let norm = &self.post_attention_norm;
        let h = rms_norm::again(&saved.post_attention_norm, &saved.middle, norm.weight)?;
        let dh = self.gate.backward(gate_saved, &h, &d_gate, None, wanted, gradients)?;
        let dh = self.up.backward(up_saved, &h, &d_up, Some(dh), wanted, gradients)?;
        norm.backward(&saved.post_attention_norm, &saved.middle, &dh, grad, wanted, gradients)
    }

    fn attention_backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: Tensor,
        pass: &Pass,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<Tensor, ModelError> {
        let d_o = self.o.backward(&saved.o, saved.attention.output(), &grad, None, wanted, gradients)?;
        let (dq, dk, dv) = attention::backward(&saved.attention, &d_o, self.config.attention(), pass.rows)?;
        let (dq, dk) = (pass.angles.backward(dq)?, pass.angles.backward(dk)?);
        let h = rms_norm::again(&saved.input_norm, x, self.input_norm.weight)?;
        let dh = self.q.backward(&saved.q, &h, &dq, None, wanted, gradients)?;
        let dh = self.k.backward(&saved.k, &h, &dk, Some(dh), wanted, gradients)?;
        let dh = self.v.backward(&saved.v, &h, &dv, Some(dh), wanted, gradients)?;
        self.input_norm.backward(&saved.input_norm, x, &dh, grad, wanted, gradients)
    }
}

impl Norm<'_> {
    fn backward(
        &self,
        saved: &rms_norm::Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Tensor,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<Tensor, ModelError> {
        if wanted == Wanted::Weight {
            gradients.insert(self.name.clone(), rms_norm::weight_backward(saved, x, grad)?);
        }
        Ok(rms_norm::backward(saved, x, self.weight, grad, total)?)
    }
}

impl Projection<'_> {
    fn backward(
        &self,
        saved: &linear::Saved,
        x: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        wanted: Wanted,
        gradients: &mut Gradients,
    ) -> Result<Tensor, ModelError> {
        let (dx, own) = self.map.backward(saved, x, grad, total, wanted)?;
        let name = &self.name;
        let (a, b) = own.lora.unzip();
        let all = [("weight", own.weight), ("bias", own.bias), ("lora_A.weight", a), ("lora_B.weight", b)];
        for (part, gradient) in all {
            if let Some(gradient) = gradient {
                gradients.insert(format!("{name}.{part}"), gradient);
            }
        }
        Ok(dx)
    }
}
