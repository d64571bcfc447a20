//! Tiny models with the numbers that PEFT has for every way to train an adapter: scripts/reference/methods.py wrote them
//! to tests/fixtures/methods.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::Tensor;
use serde_json::Value;
use tunesmith_model::{Adapter, BiasChoice, Decoder, LoraConfig, ModelConfig, Noise, Trainable};

use crate::case::{adamw, norm};
use crate::formula::{Batch, MODULES, decoder, start};

/// One method on one family.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub decoder: Decoder,
    pub adapter: Adapter,
    pub neftune_alpha: f64,
    /// The original model and what was split off it.
    start: Option<(Decoder, Adapter)>,
    seed: u64,
    file: Value,
    pub fixture: Value,
}

/// All methods on all families.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/methods");
    let read = |family: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(format!("{family}.json"))).unwrap()).unwrap()
    };
    let all = ["llama", "qwen3", "gemma2"].map(|family| (family, read(family)));
    let cases = all.iter().flat_map(|(family, file)| {
        file["cases"].as_array().unwrap().iter().map(move |fixture| Case::new(family, file, fixture))
    });
    cases.collect()
}

impl Case {
    fn new(family: &str, file: &Value, fixture: &Value) -> Self {
        let config = ModelConfig::parse(&fixture["config"].to_string(), "config.json".as_ref()).unwrap();
        let mut decoder = decoder(config);
        let method = &fixture["method"];
        let rank = file["rank"].as_u64().unwrap() as usize;
        let lora = LoraConfig {
            rank,
            alpha: 2.0 * rank as f64,
            target_modules: match method["target_modules"].as_array() {
                Some(names) => names.iter().map(|name| name.as_str().unwrap().into()).collect(),
                None => MODULES.map(String::from).to_vec(),
            },
            layers: serde_json::from_value(method["layers_to_transform"].clone()).unwrap(),
            rslora: method["use_rslora"] == true,
            dora: method["use_dora"] == true,
            dropout: method["lora_dropout"].as_f64().unwrap_or(0.0),
            modules_to_save: serde_json::from_value(method["modules_to_save"].clone()).unwrap_or_default(),
            bias: match method["bias"].as_str() {
                Some("all") => BiasChoice::All,
                Some("lora_only") => BiasChoice::LoraOnly,
                _ => BiasChoice::None,
            },
            token_ids: match serde_json::from_value(method["trainable_token_indices"].clone()).unwrap() {
                Some(ids) => [("model.embed_tokens".to_string(), ids)].into(),
                None => [].into(),
            },
            ..LoraConfig::default()
        };
        let base = decoder.clone();
        let pissa = method["init_lora_weights"] == "pissa";
        let adapter = if pissa { decoder.init_pissa(&lora).unwrap() } else { start(&decoder, &lora) };
        let start = pissa.then(|| (base, adapter.clone()));
        Self {
            name: format!("{family}, {}", fixture["name"].as_str().unwrap()),
            decoder,
            adapter,
            start,
            neftune_alpha: method["neftune"].as_f64().unwrap_or(0.0),
            seed: file["seed"].as_u64().unwrap(),
            file: file.clone(),
            fixture: fixture.clone(),
        }
    }

    /// The fixture's rows of these lengths.
    pub fn batch(&self, lengths: &str, seed: usize) -> Batch {
        let lengths: Vec<usize> = serde_json::from_value(self.file[lengths].clone()).unwrap();
        Batch::new(&lengths, self.decoder.config().vocabulary, seed)
    }

    /// The noise of a step of one micro-batch.
    pub fn noise(&self, step: u64) -> Noise {
        Noise { seed: self.seed, step, first_token: 0, neftune_alpha: self.neftune_alpha }
    }

    /// The summed loss, the learned tokens and the gradients.
    pub fn gradients(&self, batch: &Batch, step: u64, recompute: bool) -> (f64, f64, BTreeMap<String, Tensor>) {
        let (rows, noise) = (batch.sequences(), self.noise(step));
        let found = self.decoder.noisy_gradients(&self.adapter, &rows, &Trainable::Adapter, recompute, Some(&noise));
        let (loss, gradients) = found.unwrap();
        (loss.nats, loss.learned as f64, gradients)
    }

    /// Trains as the fixture did: how far a loss was from the expected one at most, as a share of it.
    pub fn train(&mut self) -> f64 {
        let expected: Vec<f64> = serde_json::from_value(self.fixture["losses"].clone()).unwrap();
        let losses = self.losses(5e-3);
        assert_eq!(losses.len(), expected.len());
        losses.iter().zip(expected).map(|(loss, expected)| (loss / expected - 1.0).abs()).fold(0.0, f64::max)
    }

    /// Trains for as many steps as the fixture, at this learning rate: the loss of each.
    pub fn losses(&mut self, rate: f64) -> Vec<f64> {
        let mut moments = BTreeMap::new();
        let steps = self.fixture["losses"].as_array().unwrap().len();
        let step = |step: usize| {
            let batch = self.batch("curve_lengths", step % 4);
            let (nats, learned, gradients) = self.gradients(&batch, step as u64 + 1, false);
            let scale = (1.0 / (norm(&gradients) / learned + 1e-6)).min(1.0) / learned;
            adamw(&mut self.adapter, gradients, (scale, rate), &mut moments, step as i32 + 1);
            nats / learned
        };
        (0..steps).map(step).collect()
    }

    /// The model as it was, and the adapter as it fits that one.
    pub fn original(&self) -> (&Decoder, Adapter) {
        match &self.start {
            Some((base, start)) => (base, self.adapter.difference(start).unwrap()),
            None => (&self.decoder, self.adapter.clone()),
        }
    }
}
