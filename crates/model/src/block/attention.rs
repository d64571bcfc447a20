//! The attention part of a block: from its normed input to what is added to the residual stream.

use candle_core::Tensor;
use candle_lora::{Attention, attention, linear, norm};

use crate::fitted::FittedAdapter;
use crate::linear_layers::{LinearGroup, LinearLayer};
use crate::norm::Norm;
use crate::pass::Pass;
use crate::trainable::CollectedGradients;
use crate::weights::{Weights, qk_norms};
use crate::{ModelConfig, ModelError};

/// Puts the keys and values of a pass into the KV cache, if there is one, and gives all that attention may see.
pub(crate) type CacheKv<'a> = dyn FnMut(Tensor, Tensor) -> Result<(Tensor, Tensor), ModelError> + 'a;

/// Attention with the linear layers around it.
pub(super) struct SelfAttention<'a> {
    attention: Attention,
    rope: Option<usize>,
    qkv: LinearGroup<'a, 3>,
    /// The norms of queries and keys.
    norms: Option<[Norm; 2]>,
    o: LinearLayer<'a>,
}

/// What backward needs besides the input.
pub(super) struct Saved {
    qkv: Vec<linear::Saved>,
    /// Queries and keys before their norms.
    normed: Option<[(Tensor, norm::Saved); 2]>,
    attention: attention::Saved,
    o: linear::Saved,
}

impl<'a> SelfAttention<'a> {
    pub(super) fn new(
        config: &ModelConfig,
        weights: &'a Weights,
        adapter: &'a FittedAdapter,
        layer: usize,
    ) -> Result<Self, ModelError> {
        let block = format!("model.layers.{layer}");
        let linear = |name: &str| LinearLayer::new(weights, adapter, format!("{block}.self_attn.{name}"));
        let heads = config.heads();
        let qkv = match config.fused {
            true => LinearGroup::Fused(linear("qkv_proj")?, [heads.q_width(), heads.kv_width(), heads.kv_width()]),
            false => LinearGroup::Separate(vec![linear("q_proj")?, linear("k_proj")?, linear("v_proj")?]),
        };
        let norm = |names: Vec<(String, usize)>| {
            Norm::of_heads(config, weights, names.into_iter().map(|(name, _)| format!("{block}.{name}")).collect())
        };
        let norms = match qk_norms(config) {
            Some([q, k]) => Some([norm(q)?, norm(k)?]),
            None => None,
        };
        let kind = config.layers[layer];
        Ok(Self { attention: config.attention(kind), rope: kind.rope, qkv, norms, o: linear("o_proj")? })
    }

    /// (tokens, hidden), and what backward needs.
    pub(super) fn forward(
        &self,
        h: &Tensor,
        pass: &Pass,
        cache_kv: &mut CacheKv,
    ) -> Result<(Tensor, Saved), ModelError> {
        // (tokens, heads · head_dim), and (tokens, kv_heads · head_dim) twice
        let ([mut q, mut k, v], qkv) = self.qkv.forward(h, pass)?;
        let mut normed = None;
        if let Some([q_norm, k_norm]) = &self.norms {
            let ((q_out, q_saved), (k_out, k_saved)) = (q_norm.forward(&q)?, k_norm.forward(&k)?);
            normed = Some([(std::mem::replace(&mut q, q_out), q_saved), (std::mem::replace(&mut k, k_out), k_saved)]);
        }
        if let Some(rope) = self.rope {
            (q, k) = (pass.angles[rope].forward(q)?, pass.angles[rope].forward(k)?);
        }
        let (k, v) = cache_kv(k, v)?;
        let (o, attention) = attention::forward(q, k, v, self.attention, pass.rows)?;
        let (out, o) = self.o.forward(&o, pass)?;
        Ok((out, Saved { qkv, normed, attention, o }))
    }

    /// `total` + the gradient of the input. The caller alone holds the total.
    pub(super) fn backward(
        &self,
        saved: &Saved,
        h: &Tensor,
        grad: &Tensor,
        total: Option<Tensor>,
        pass: &Pass,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        let d_o = self.o.backward(&saved.o, saved.attention.output(), grad, None, pass, collect)?;
        let (mut dq, mut dk, dv) = attention::backward(&saved.attention, &d_o, self.attention, pass.rows)?;
        if let Some(rope) = self.rope {
            (dq, dk) = (pass.angles[rope].backward(dq)?, pass.angles[rope].backward(dk)?);
        }
        if let (Some([q_norm, k_norm]), Some([(q, q_saved), (k, k_saved)])) = (&self.norms, &saved.normed) {
            dq = q_norm.backward(q_saved, q, &dq, None, collect)?;
            dk = k_norm.backward(k_saved, k, &dk, None, collect)?;
        }
        self.qkv.backward(&saved.qkv, h, [dq, dk, dv], total, pass, collect)
    }
}
