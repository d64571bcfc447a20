//! One decoder block, forward and backward: attention and feed-forward, each added to the residual stream, with norms
//! where the family has them. What forward keeps is named in `Saved`; everything else is recomputed where that is cheaper
//! than keeping it.

mod attention;
mod feed_forward;

use candle_core::Tensor;
use candle_lora::{norm, sum};

use crate::config::NormPlaces;
use crate::fitted::FittedAdapter;
use crate::norm::Norm;
use crate::pass::Pass;
use crate::trainable::CollectedGradients;
use crate::weights::Weights;
use crate::{ModelConfig, ModelError};

pub(crate) use attention::CacheKv;
use attention::SelfAttention;
use feed_forward::FeedForward;

/// A block of a decoder, with the adapter beside its weights.
pub(crate) struct Block<'a> {
    attention: SelfAttention<'a>,
    feed_forward: FeedForward<'a>,
    attention_norms: Norms,
    feed_forward_norms: Norms,
    /// Both parts read the same normed input (parallel residual).
    same_input: bool,
    residual_scale: f64,
}

/// The norms of one part, where it has them.
#[derive(Default)]
struct Norms {
    before: Option<Norm>,
    after: Option<Norm>,
}

/// What backward needs besides the block's input.
pub(crate) struct Saved {
    attention: attention::Saved,
    attention_norms: SavedNorms,
    /// The residual stream after attention.
    middle: Tensor,
    feed_forward: feed_forward::Saved,
    feed_forward_norms: SavedNorms,
}

#[derive(Default)]
struct SavedNorms {
    before: Option<norm::Saved>,
    /// With what the norm was given.
    after: Option<(Tensor, norm::Saved)>,
}

impl<'a> Block<'a> {
    /// The block of this layer.
    pub(crate) fn new(
        config: &'a ModelConfig,
        weights: &'a Weights,
        adapter: &'a FittedAdapter,
        layer: usize,
    ) -> Result<Self, ModelError> {
        let norm = |name: &str| Norm::new(config, weights, format!("model.layers.{layer}.{name}")).map(Some);
        let (before, after) = ("input_layernorm", "post_attention_layernorm");
        let [attention_norms, feed_forward_norms] = match config.norm_places {
            NormPlaces::Before => {
                [Norms { before: norm(before)?, after: None }, Norms { before: norm(after)?, after: None }]
            }
            NormPlaces::Around => [
                Norms { before: norm(before)?, after: norm(after)? },
                Norms { before: norm("pre_feedforward_layernorm")?, after: norm("post_feedforward_layernorm")? },
            ],
            NormPlaces::After => [
                Norms { before: None, after: norm(after)? },
                Norms { before: None, after: norm("post_feedforward_layernorm")? },
            ],
            NormPlaces::OnceForBoth => [Norms { before: norm(before)?, after: None }, Norms::default()],
        };
        Ok(Self {
            attention: SelfAttention::new(config, weights, adapter, layer)?,
            feed_forward: FeedForward::new(config, weights, adapter, layer)?,
            attention_norms,
            feed_forward_norms,
            same_input: config.norm_places == NormPlaces::OnceForBoth,
            residual_scale: config.residual_scale,
        })
    }

    /// The residual stream after the block, (tokens, hidden), and what backward needs.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        pass: &Pass,
        cache_kv: &mut CacheKv,
    ) -> Result<(Tensor, Saved), ModelError> {
        let (mut attention_norms, mut feed_forward_norms) = (SavedNorms::default(), SavedNorms::default());
        let h = self.attention_norms.before(x, &mut attention_norms)?; // (tokens, hidden)
        let (attended, attention) = self.attention.forward(&h, pass, cache_kv)?;
        let middle = self.add_residual(self.attention_norms.after(attended, &mut attention_norms)?, x)?;

        let h = if self.same_input { h } else { self.feed_forward_norms.before(&middle, &mut feed_forward_norms)? };
        let (fed, feed_forward) = self.feed_forward.forward(&h, pass)?;
        let out = self.add_residual(self.feed_forward_norms.after(fed, &mut feed_forward_norms)?, &middle)?;
        Ok((out, Saved { attention, attention_norms, middle, feed_forward, feed_forward_norms }))
    }

    /// The gradient of the block's input from that of its output; those of what the block owns are collected. The
    /// caller alone holds `grad`.
    pub(crate) fn backward(
        &self,
        saved: &Saved,
        x: &Tensor,
        grad: Tensor,
        pass: &Pass,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        let norms = (&self.feed_forward_norms, &saved.feed_forward_norms);
        let d_fed = norms.0.after_backward(norms.1, self.part_gradient(&grad)?, collect)?;
        if self.same_input {
            let norms = (&self.attention_norms, &saved.attention_norms);
            let h = norms.0.recompute_before(norms.1, x)?;
            let dh = self.feed_forward.backward(&saved.feed_forward, &h, &d_fed, pass, collect)?;
            let dh =
                self.attention.backward(&saved.attention, &h, &self.part_gradient(&grad)?, Some(dh), pass, collect)?;
            return norms.0.before_backward(norms.1, x, dh, grad, collect);
        }
        let h = norms.0.recompute_before(norms.1, &saved.middle)?;
        let dh = self.feed_forward.backward(&saved.feed_forward, &h, &d_fed, pass, collect)?;
        let grad = norms.0.before_backward(norms.1, &saved.middle, dh, grad, collect)?;

        let norms = (&self.attention_norms, &saved.attention_norms);
        let d_attended = norms.0.after_backward(norms.1, self.part_gradient(&grad)?, collect)?;
        let h = norms.0.recompute_before(norms.1, x)?;
        let dh = self.attention.backward(&saved.attention, &h, &d_attended, None, pass, collect)?;
        norms.0.before_backward(norms.1, x, dh, grad, collect)
    }

    /// Adds a part's output to the residual stream. The caller alone holds the output.
    fn add_residual(&self, part: Tensor, stream: &Tensor) -> Result<Tensor, ModelError> {
        let part = if self.residual_scale == 1.0 { part } else { (part * self.residual_scale)? };
        Ok(sum::add(part, stream)?)
    }

    /// The gradient of a part's output from that of the stream that it was added to.
    fn part_gradient(&self, grad: &Tensor) -> Result<Tensor, ModelError> {
        Ok(if self.residual_scale == 1.0 { grad.clone() } else { (grad * self.residual_scale)? })
    }
}

impl Norms {
    /// The part's input: the stream, normed where there is a norm before the part.
    fn before(&self, stream: &Tensor, saved: &mut SavedNorms) -> Result<Tensor, ModelError> {
        let Some(norm) = &self.before else { return Ok(stream.clone()) };
        let (h, kept) = norm.forward(stream)?;
        saved.before = Some(kept);
        Ok(h)
    }

    /// The part's input once more.
    fn recompute_before(&self, saved: &SavedNorms, stream: &Tensor) -> Result<Tensor, ModelError> {
        match (&self.before, &saved.before) {
            (Some(norm), Some(saved)) => norm.recompute(saved, stream),
            _ => Ok(stream.clone()),
        }
    }

    /// `grad` + the gradient of the stream from that of the part's input. The caller alone holds `grad`.
    fn before_backward(
        &self,
        saved: &SavedNorms,
        stream: &Tensor,
        dh: Tensor,
        grad: Tensor,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        match (&self.before, &saved.before) {
            (Some(norm), Some(saved)) => norm.backward(saved, stream, &dh, Some(grad), collect),
            _ => Ok(sum::add(grad, &dh)?),
        }
    }

    /// The part's output, normed where there is a norm after the part.
    fn after(&self, part: Tensor, saved: &mut SavedNorms) -> Result<Tensor, ModelError> {
        let Some(norm) = &self.after else { return Ok(part) };
        let (out, kept) = norm.forward(&part)?;
        saved.after = Some((part, kept));
        Ok(out)
    }

    fn after_backward(
        &self,
        saved: &SavedNorms,
        grad: Tensor,
        collect: &mut CollectedGradients,
    ) -> Result<Tensor, ModelError> {
        match (&self.after, &saved.after) {
            (Some(norm), Some((part, saved))) => norm.backward(saved, part, &grad, None, collect),
            _ => Ok(grad),
        }
    }
}
