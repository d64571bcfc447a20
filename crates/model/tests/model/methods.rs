//! Every way to train an adapter against PEFT 0.21.2: gradients, and the losses of 20 steps. scripts/reference/methods.py
//! wrote the numbers to tests/fixtures/methods.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde_json::Value;
use tunesmith_model::{Adapter, Decoder, LoraConfig, ModelConfig, Noise, Wanted};

use crate::autograd::Oracle;
use crate::case::{adamw, norm};
use crate::formula::{Batch, MODULES, decoder, magnitudes, start};
use crate::gradients::{assert_close, bits};

/// One method on one family.
struct Case {
    name: String,
    decoder: Decoder,
    adapter: Adapter,
    neftune_alpha: f64,
    seed: u64,
    file: Value,
    fixture: Value,
}

fn cases() -> Vec<Case> {
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
        };
        let adapter = match method["init_lora_weights"].as_str() {
            Some("pissa") => decoder.split_off_pissa(&lora).unwrap(),
            _ => start(&decoder, &lora),
        };
        Self {
            name: format!("{family}, {}", fixture["name"].as_str().unwrap()),
            decoder,
            adapter,
            neftune_alpha: method["neftune"].as_f64().unwrap_or(0.0),
            seed: file["seed"].as_u64().unwrap(),
            file: file.clone(),
            fixture: fixture.clone(),
        }
    }

    fn batch(&self, lengths: &str, seed: usize) -> Batch {
        let lengths: Vec<usize> = serde_json::from_value(self.file[lengths].clone()).unwrap();
        Batch::new(&lengths, self.decoder.config().vocabulary, seed)
    }

    fn noise(&self, step: u64) -> Noise {
        Noise { seed: self.seed, step, first_token: 0, neftune_alpha: self.neftune_alpha }
    }

    fn gradients(&self, batch: &Batch, step: u64, recompute: bool) -> (f64, f64, BTreeMap<String, Tensor>) {
        let (rows, noise) = (batch.sequences(), self.noise(step));
        let found = self.decoder.noisy_gradients(&self.adapter, &rows, &Wanted::Adapter, recompute, Some(&noise));
        let (loss, gradients) = found.unwrap();
        (loss.nats, loss.learned as f64, gradients)
    }
}

#[test]
fn the_gradient_of_every_method_equals_pefts() {
    for case in cases() {
        let (nats, _, gradients) = case.gradients(&case.batch("lengths", 1), 7, false);
        let expected = case.fixture["nats"].as_f64().unwrap();
        assert!((nats / expected - 1.0).abs() < 1e-5, "{}: the loss is {nats}, not {expected}", case.name);
        let expected: BTreeMap<String, Vec<f32>> = serde_json::from_value(case.fixture["gradients"].clone()).unwrap();
        assert!(expected.is_empty() || expected.keys().eq(gradients.keys()), "{}: the same tensors", case.name);
        for (tensor, expected) in expected {
            let expected = Tensor::from_vec(expected, gradients[&tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[&tensor], &expected, 1e-4, &format!("{}: {tensor}", case.name));
        }
    }
}

#[test]
fn every_method_learns_as_with_peft() {
    for mut case in cases() {
        let expected: Vec<f64> = serde_json::from_value(case.fixture["losses"].clone()).unwrap();
        let (mut moments, mut worst) = (BTreeMap::new(), 0.0_f64);
        for (step, expected) in expected.into_iter().enumerate() {
            let batch = case.batch("curve_lengths", step % 4);
            let (nats, learned, gradients) = case.gradients(&batch, step as u64 + 1, false);
            let scale = (1.0 / (norm(&gradients) / learned + 1e-6)).min(1.0) / learned;
            adamw(&mut case.adapter, gradients, (scale, 5e-3), &mut moments, step as i32 + 1);
            worst = worst.max((nats / learned / expected - 1.0).abs());
        }
        println!("{:<50} {worst:.1e}", case.name);
        assert!(worst < 1e-5, "{}: the losses are {worst:e} apart", case.name);
    }
}

#[test]
fn recomputation_gives_the_same_gradients_to_the_bit() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (kept, again) = (case.gradients(&batch, 7, false), case.gradients(&batch, 7, true));
        assert!(kept.0 == again.0 && bits(&kept.2) == bits(&again.2), "{}", case.name);
    }
}

#[test]
fn pieces_of_a_step_draw_the_noise_of_their_place() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (together, _, gradients) = case.gradients(&batch, 7, false);
        let (mut nats, mut start, mut sums) = (0.0, 0, BTreeMap::<String, Tensor>::new());
        for &length in &batch.lengths {
            let range = start..start + length;
            let row = Batch {
                ids: batch.ids[range.clone()].to_vec(),
                learn: batch.learn[range].to_vec(),
                lengths: vec![length],
            };
            let noise = Noise { first_token: start as u64, ..case.noise(7) };
            let found =
                case.decoder.noisy_gradients(&case.adapter, &row.sequences(), &Wanted::Adapter, true, Some(&noise));
            let (loss, gradients) = found.unwrap();
            nats += loss.nats;
            for (name, gradient) in gradients {
                let sum = sums.remove(&name).map_or(gradient.clone(), |sum| (sum + gradient).unwrap());
                sums.insert(name, sum);
            }
            start += length;
        }
        assert!((nats / together - 1.0).abs() < 1e-5, "{}: {nats} apart, {together} together", case.name);
        for (name, sum) in sums {
            assert_close(&sum, &gradients[&name], 1e-4, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn gradients_without_noise_equal_autograd() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (_, expected) = Oracle::new(&case.decoder, &case.adapter).gradients(&batch.sequences());
        let found = case.decoder.gradients(&case.adapter, &batch.sequences(), Wanted::Adapter, false).unwrap().1;
        assert!(found.keys().eq(case.adapter.parameters().keys()), "{}", case.name);
        for (name, gradient) in found {
            assert_close(&gradient, &expected[&name], 2e-4, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn every_adapter_can_be_folded_into_the_weights() {
    for case in cases() {
        let ids = case.batch("lengths", 1).ids;
        let beside = case.decoder.logits(&case.adapter, &ids).unwrap();
        let merged = case.decoder.merged(&case.adapter).unwrap().logits(&Adapter::none(), &ids).unwrap();
        assert_close(&merged, &beside, 1e-5, &case.name);
    }
}

#[test]
fn noise_depends_on_the_step_and_the_seed() {
    for case in cases().into_iter().filter(|case| case.adapter.config.dropout > 0.0 || case.neftune_alpha > 0.0) {
        let batch = case.batch("lengths", 1);
        let nats = |noise: Noise| {
            let rows = batch.sequences();
            case.decoder.noisy_gradients(&case.adapter, &rows, &Wanted::Adapter, false, Some(&noise)).unwrap().0.nats
        };
        let (one, another) = (nats(case.noise(7)), nats(case.noise(8)));
        assert_ne!(one, another, "{}: each step has its own", case.name);
        assert_ne!(one, nats(Noise { seed: 1, ..case.noise(7) }), "{}: each seed has its own", case.name);
        assert_eq!(one, nats(case.noise(7)), "{}: the same step has the same", case.name);
    }
}

#[test]
fn a_new_adapter_of_any_kind_changes_nothing() {
    for case in cases().into_iter().filter(|case| !case.name.ends_with("pissa")) {
        let adapter = case.decoder.new_adapter(&case.adapter.config, 7).unwrap();
        let ids = case.batch("lengths", 1).ids;
        let logits = |adapter: &Adapter| case.decoder.logits(adapter, &ids).unwrap();
        assert_close(&logits(&adapter), &logits(&Adapter::none()), 1e-6, &case.name);
        assert!(magnitudes(&adapter).all(|length| length > 0.0), "{}", case.name);
    }
}
