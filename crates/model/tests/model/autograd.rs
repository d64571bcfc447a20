//! The decoder once more, from the plain operations under candle's autograd: the oracle of the gradients.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor, Var};
use candle_lora::rope::Angles;
use candle_lora::{Rows, plain};
use tunesmith_model::{Adapter, Decoder, Sequences};

/// Every weight and adapter tensor as a variable.
pub struct Oracle<'a> {
    decoder: &'a Decoder,
    scale: f64,
    vars: BTreeMap<String, Var>,
}

impl<'a> Oracle<'a> {
    pub fn new(decoder: &'a Decoder, adapter: &Adapter) -> Self {
        let all = decoder.parameters().into_iter().chain(adapter.parameters());
        let vars = all.map(|(name, tensor)| (name, Var::from_tensor(&tensor.copy().unwrap()).unwrap())).collect();
        Self { decoder, scale: adapter.config.scale(), vars }
    }

    /// The summed loss over learned tokens, and the gradient of every variable.
    pub fn gradients(&self, sequences: &Sequences) -> (f32, BTreeMap<String, Tensor>) {
        let logits = self.logits(sequences.ids, sequences.lengths);
        let (mut places, mut targets, mut start) = (Vec::new(), Vec::new(), 0);
        for length in sequences.lengths {
            for token in start + 1..start + length {
                if sequences.learn[token] {
                    places.push(token as u32 - 1);
                    targets.push(sequences.ids[token]);
                }
            }
            start += length;
        }
        let places = Tensor::new(places, &Device::Cpu).unwrap();
        let logits = logits.index_select(&places, 0).unwrap();
        let loss = plain::loss_per_row(&logits, &targets).unwrap().sum_all().unwrap();
        let store = loss.backward().unwrap();
        let found =
            self.vars.iter().filter_map(|(name, var)| Some((name.clone(), store.get(var.as_tensor())?.clone())));
        (loss.to_scalar().unwrap(), found.collect())
    }

    pub fn logits(&self, ids: &[u32], lengths: &[usize]) -> Tensor {
        let config = self.decoder.config();
        let rows = Rows::of_lengths(lengths);
        let frequencies = &config.frequencies.0;
        let angles = Angles::new(&rows.positions(), frequencies, candle_core::DType::F32, &Device::Cpu).unwrap();
        let (cos, sin) = angles.per_token().unwrap();
        let turn = |x: Tensor| plain::rope(&x, &cos, &sin).unwrap();
        let embedding = self.var("model.embed_tokens.weight");
        let mut x = embedding.index_select(&Tensor::new(ids, &Device::Cpu).unwrap(), 0).unwrap();
        for layer in 0..config.layers {
            let block = format!("model.layers.{layer}");
            let linear = |x: &Tensor, name: &str| self.linear(x, &format!("{block}.{name}"));
            let h = self.norm(&x, &format!("{block}.input_layernorm.weight"));
            let (q, k) = (turn(linear(&h, "self_attn.q_proj")), turn(linear(&h, "self_attn.k_proj")));
            let v = linear(&h, "self_attn.v_proj");
            let (o, _) = plain::attention(&q, &k, &v, config.attention(), &rows).unwrap();
            x = (x + linear(&o, "self_attn.o_proj")).unwrap();
            let h = self.norm(&x, &format!("{block}.post_attention_layernorm.weight"));
            let product = plain::swiglu(&linear(&h, "mlp.gate_proj"), &linear(&h, "mlp.up_proj")).unwrap();
            x = (x + linear(&product, "mlp.down_proj")).unwrap();
        }
        let head = if config.tie_word_embeddings { embedding } else { self.var("lm_head.weight") };
        self.norm(&x, "model.norm.weight").matmul(&head.t().unwrap()).unwrap()
    }

    fn var(&self, name: &str) -> &Tensor {
        self.vars[name].as_tensor()
    }

    fn norm(&self, x: &Tensor, name: &str) -> Tensor {
        plain::rms_norm(x, self.var(name), self.decoder.config().norm_epsilon).unwrap().0
    }

    fn linear(&self, x: &Tensor, module: &str) -> Tensor {
        let mut y = x.matmul(&self.var(&format!("{module}.weight")).t().unwrap()).unwrap();
        if let Some(bias) = self.vars.get(&format!("{module}.bias")) {
            y = y.broadcast_add(bias).unwrap();
        }
        if let Some(a) = self.vars.get(&format!("{module}.lora_A.weight")) {
            let b = self.var(&format!("{module}.lora_B.weight"));
            let low = x.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
            y = (y + (low * self.scale).unwrap()).unwrap();
        }
        y
    }
}
