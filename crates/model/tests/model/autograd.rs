//! The decoder once more, from the plain operations under candle's autograd: the oracle of the gradients.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor, Var};
use candle_lora::rope::Angles;
use candle_lora::{Norm, NormKind};
use candle_lora::{Rows, plain};
use tunesmith_model::{Adapter, Decoder, Layer, ModelConfig, NormPlaces, QkNorm, Sequences};

/// Every weight and adapter tensor as a variable.
pub struct Oracle<'a> {
    decoder: &'a Decoder,
    scale: f64,
    vars: BTreeMap<String, Var>,
    /// Tokens whose vectors are others, by the name of their table.
    token_ids: BTreeMap<String, Vec<u32>>,
    /// The embedding is trained whole, which a tied head is not.
    parted: bool,
}

impl<'a> Oracle<'a> {
    pub fn new(decoder: &'a Decoder, adapter: &Adapter) -> Self {
        let all = decoder.parameters().into_iter().chain(adapter.parameters());
        let vars = all.map(|(name, tensor)| (name, Var::from_tensor(&tensor.copy().unwrap()).unwrap())).collect();
        let parted = adapter.weights.contains_key("model.embed_tokens.weight");
        Self { decoder, scale: adapter.config.scale(), vars, token_ids: adapter.config.token_ids.clone(), parted }
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
        let config = self.config();
        let rows = Rows::of_lengths(lengths);
        let embedding = self.table("model.embed_tokens");
        let ids = Tensor::new(ids, &Device::Cpu).unwrap();
        let mut x = embedding.index_select(&ids, 0).unwrap();
        if let Some(a) = self.vars.get("model.embed_tokens.lora_embedding_A") {
            let b = self.var("model.embed_tokens.lora_embedding_B");
            let low = a.index_select(&ids, 1).unwrap().t().unwrap().matmul(&b.t().unwrap()).unwrap();
            x = (x + (low * self.scale).unwrap()).unwrap();
        }
        let mut x = (x * config.embedding_scale).unwrap();
        for (number, layer) in config.layers.iter().enumerate() {
            x = self.block(x, &rows, &format!("model.layers.{number}"), *layer);
        }
        let head = match config.tie_word_embeddings && !self.vars.contains_key("lm_head.weight") {
            true if self.parted => self.decoder.parameters()["model.embed_tokens.weight"].clone(),
            true => embedding,
            false => self.table("lm_head"),
        };
        let logits = self.map(&self.norm(&x, "model.norm"), &head, "lm_head");
        plain::soft_cap(&(logits * config.logit_scale).unwrap(), config.logit_soft_cap).unwrap()
    }

    fn block(&self, x: Tensor, rows: &Rows, block: &str, layer: Layer) -> Tensor {
        let norm = |x: &Tensor, name: &str| self.norm(x, &format!("{block}.{name}"));
        let attend = |h: &Tensor| self.attention(h, rows, block, layer);
        let feed = |h: &Tensor| self.feed_forward(h, block);
        let join = |x: &Tensor, part: Tensor| (x + (part * self.config().residual_scale).unwrap()).unwrap();
        let (first, second) = ("input_layernorm", "post_attention_layernorm");
        match self.config().norm_places {
            NormPlaces::Before => {
                let x = join(&x, attend(&norm(&x, first)));
                join(&x, feed(&norm(&x, second)))
            }
            NormPlaces::Around => {
                let x = join(&x, norm(&attend(&norm(&x, first)), second));
                join(&x, norm(&feed(&norm(&x, "pre_feedforward_layernorm")), "post_feedforward_layernorm"))
            }
            NormPlaces::After => {
                let x = join(&x, norm(&attend(&x), second));
                join(&x, norm(&feed(&x), "post_feedforward_layernorm"))
            }
            NormPlaces::OnceForBoth => {
                let h = norm(&x, first);
                join(&join(&x, attend(&h)), feed(&h))
            }
        }
    }

    fn attention(&self, h: &Tensor, rows: &Rows, block: &str, layer: Layer) -> Tensor {
        let (config, heads) = (self.config(), self.config().heads());
        let linear = |name: &str| self.linear(h, &format!("{block}.self_attn.{name}"));
        let (q, k, v) = match config.fused {
            false => (linear("q_proj"), linear("k_proj"), linear("v_proj")),
            true => {
                let (all, q, kv) = (linear("qkv_proj"), heads.q_width(), heads.kv_width());
                let part = |start, width| all.narrow(1, start, width).unwrap();
                (part(0, q), part(q, kv), part(q + kv, kv))
            }
        };
        let place = |x: Tensor, name: &str| {
            let x = self.head_norm(x, &format!("{block}.self_attn.{name}"));
            let Some(rope) = layer.rope else { return x };
            let rope = &config.ropes[rope];
            let angles = Angles::new(rows, rope, candle_core::DType::F32, &Device::Cpu).unwrap();
            let (cos, sin) = angles.per_token().unwrap();
            plain::rope(&x, &cos, &sin, config.head_dim).unwrap()
        };
        let (q, k) = (place(q, "q"), place(k, "k"));
        let (o, _) = plain::attention(&q, &k, &v, config.attention(layer), rows).unwrap();
        self.linear(&o, &format!("{block}.self_attn.o_proj"))
    }

    fn feed_forward(&self, h: &Tensor, block: &str) -> Tensor {
        let linear = |name: &str| self.linear(h, &format!("{block}.mlp.{name}"));
        let inner = self.config().intermediate_size;
        let (gate, up) = match self.config().fused {
            false => (linear("gate_proj"), linear("up_proj")),
            true => {
                let both = linear("gate_up_proj");
                (both.narrow(1, 0, inner).unwrap(), both.narrow(1, inner, inner).unwrap())
            }
        };
        let product = plain::glu(self.config().activation, &gate, &up).unwrap();
        self.linear(&product, &format!("{block}.mlp.down_proj"))
    }

    /// A table with the vectors of single tokens in the places of its rows.
    fn table(&self, module: &str) -> Tensor {
        let table = self.var(&format!("{module}.weight"));
        let Some(ids) = self.token_ids.get(module) else { return table.clone() };
        let ids = Tensor::new(ids.as_slice(), &Device::Cpu).unwrap();
        let vectors = self.var(&format!("{module}.token_adapter.trainable_tokens_delta"));
        table.index_add(&ids, &(vectors - table.index_select(&ids, 0).unwrap()).unwrap(), 0).unwrap()
    }

    fn config(&self) -> &ModelConfig {
        self.decoder.config()
    }

    fn var(&self, name: &str) -> &Tensor {
        self.vars[name].as_tensor()
    }

    fn head_norm(&self, x: Tensor, name: &str) -> Tensor {
        let weight = match self.config().qk_norm {
            None => return x,
            Some(QkNorm::SharedByHeads | QkNorm::FullWidth) => self.var(&format!("{name}_norm.weight")).clone(),
            Some(QkNorm::OnePerHead) => {
                let heads = x.dim(1).unwrap() / self.config().head_dim;
                let weights: Vec<&Tensor> =
                    (0..heads).map(|head| self.var(&format!("{name}_layernorm.norms.{head}.weight"))).collect();
                Tensor::stack(&weights, 0).unwrap()
            }
        };
        self.normed(&x, weight, None)
    }

    fn norm(&self, x: &Tensor, name: &str) -> Tensor {
        let bias = (self.config().norm == NormKind::Layer).then(|| self.var(&format!("{name}.bias")).clone());
        self.normed(x, self.var(&format!("{name}.weight")).clone(), bias)
    }

    fn normed(&self, x: &Tensor, weight: Tensor, bias: Option<Tensor>) -> Tensor {
        let config = self.config();
        let weight = (weight + config.norm_offset).unwrap();
        plain::norm(&Norm { kind: config.norm, weight, bias, epsilon: config.norm_epsilon }, x).unwrap().0
    }

    fn linear(&self, x: &Tensor, module: &str) -> Tensor {
        let y = self.map(x, self.var(&format!("{module}.weight")), module);
        match self.vars.get(&format!("{module}.bias")) {
            Some(bias) => y.broadcast_add(bias).unwrap(),
            None => y,
        }
    }

    /// Without the bias, which DoRA leaves alone.
    fn map(&self, x: &Tensor, weight: &Tensor, module: &str) -> Tensor {
        let y = x.matmul(&weight.t().unwrap()).unwrap();
        let Some(a) = self.vars.get(&format!("{module}.lora_A.weight")) else { return y };
        let b = self.var(&format!("{module}.lora_B.weight"));
        let low = x.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
        let y = (y + (low * self.scale).unwrap()).unwrap();
        let Some(magnitude) = self.vars.get(&format!("{module}.lora_magnitude_vector")) else { return y };
        let sum = (weight + (b.matmul(a).unwrap() * self.scale).unwrap()).unwrap();
        let norm = plain::row_norms(&sum).unwrap().detach();
        y.broadcast_mul(&(magnitude.as_tensor() / norm).unwrap()).unwrap()
    }
}
