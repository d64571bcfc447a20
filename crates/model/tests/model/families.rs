//! Every family against an independent implementation: transformers 5.23 with PEFT 0.21.2 on torch 2.15, whose numbers
//! scripts/reference/families.py wrote to tests/fixtures/families.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use serde_json::Value;
use tunesmith_model::{
    Adapter, Decoder, Gradients, ModelConfig, SUPPORTED_FAMILIES, Sampling, Wanted, generate, projections,
};

use crate::autograd::Oracle;
use crate::formula::{Batch, adapter, decoder};
use crate::gradients::assert_close;

/// One config of a family with its expected numbers.
pub struct Case {
    pub name: String,
    pub decoder: Decoder,
    pub adapter: Adapter,
    fixture: Value,
}

fn file(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/families/{family}.json"))
}

/// All cases of all families.
pub fn cases() -> impl Iterator<Item = Case> {
    SUPPORTED_FAMILIES.into_iter().flat_map(|family| {
        let fixture: Value = serde_json::from_str(&fs::read_to_string(file(family)).unwrap()).unwrap();
        let cases = fixture["cases"].as_array().unwrap().clone();
        cases.into_iter().map(move |fixture| {
            let config = ModelConfig::parse(&fixture["config"].to_string(), "config.json".as_ref()).unwrap();
            assert_eq!(config.family, family);
            let decoder = decoder(config);
            let modules: Vec<&str> =
                projections(decoder.config()).iter().map(|projection| projection.module()).collect();
            let adapter = adapter(&decoder, &modules, fixture["rank"].as_u64().unwrap() as usize);
            let name = format!("{family}, {}", fixture["name"].as_str().unwrap());
            Case { name, decoder, adapter, fixture }
        })
    })
}

impl Case {
    fn numbers<T: serde::de::DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_value(self.fixture[key].clone()).unwrap()
    }

    fn batch(&self) -> Batch {
        Batch::new(&self.numbers::<Vec<usize>>("lengths"), self.decoder.config().vocabulary, 1)
    }
}

#[test]
fn logits_equal_those_of_transformers() {
    for case in cases() {
        let (batch, expected) = (case.batch(), case.numbers::<Vec<Vec<f32>>>("logits"));
        let mut start = 0;
        for (length, expected) in batch.lengths.iter().zip(expected) {
            let logits = case.decoder.logits(&case.adapter, &batch.ids[start..start + length]).unwrap();
            let expected = Tensor::from_vec(expected, logits.shape(), &Device::Cpu).unwrap();
            assert_close(&logits, &expected, 1e-5, &case.name);
            start += length;
        }
    }
}

#[test]
fn the_gradient_of_every_lora_tensor_equals_pefts() {
    for case in cases() {
        let batch = case.batch();
        let (loss, gradients) =
            case.decoder.gradients(&case.adapter, &batch.sequences(), Wanted::Adapter, false).unwrap();
        assert!((loss.nats / case.numbers::<f64>("nats") - 1.0).abs() < 1e-5, "{}", case.name);
        assert_eq!(loss.learned, case.numbers::<u64>("learned"));
        let expected: BTreeMap<String, Vec<f32>> = case.numbers("gradients");
        assert!(expected.keys().eq(gradients.keys()), "{}: the same tensors", case.name);
        for (tensor, expected) in expected {
            let expected = Tensor::from_vec(expected, gradients[&tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[&tensor], &expected, 1e-4, &format!("{}: {tensor}", case.name));
        }
    }
}

#[test]
fn every_gradient_of_every_family_equals_autograd() {
    for case in cases() {
        let batch = case.batch();
        for (adapter, wanted) in [(&case.adapter, Wanted::Adapter), (&Adapter::none(), Wanted::Weights)] {
            let (_, expected) = Oracle::new(&case.decoder, adapter).gradients(&batch.sequences());
            let (_, gradients) = case.decoder.gradients(adapter, &batch.sequences(), wanted, false).unwrap();
            let trained = if wanted == Wanted::Adapter { adapter.parameters() } else { case.decoder.parameters() };
            assert!(gradients.keys().eq(trained.keys()), "{}: all of them and nothing else", case.name);
            let largest = |tensor: &Tensor| tensor.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            let most = expected.values().map(largest).fold(0.0, f32::max);
            for (name, gradient) in &gradients {
                // A bias that shifts all scores of a query alike has a gradient of zero but for rounding.
                if name.ends_with("k_proj.bias") && largest(&expected[name]) < 1e-6 * most {
                    assert!(largest(gradient) < 1e-5 * most, "{}: {name}", case.name);
                    continue;
                }
                assert_close(gradient, &expected[name], 2e-4, &format!("{}: {name}", case.name));
            }
            let (_, again) = case.decoder.gradients(adapter, &batch.sequences(), wanted, true).unwrap();
            for (name, gradient) in &gradients {
                assert_close(gradient, &again[name], 1e-9, &format!("{}: {name} recomputed", case.name));
            }
        }
    }
}

#[test]
fn twenty_steps_lose_as_transformers_and_peft_do() {
    for mut case in cases() {
        let curve = case.fixture["curve"].clone();
        let lengths: Vec<usize> = serde_json::from_value(curve["lengths"].clone()).unwrap();
        let (losses, rate) = (curve["losses"].as_array().unwrap(), curve["learning_rate"].as_f64().unwrap());
        let mut moments = BTreeMap::new();
        for (step, expected) in losses.iter().map(|loss| loss.as_f64().unwrap()).enumerate() {
            let batch = Batch::new(&lengths, case.decoder.config().vocabulary, step % 4);
            let (loss, gradients) =
                case.decoder.gradients(&case.adapter, &batch.sequences(), Wanted::Adapter, false).unwrap();
            let learned = loss.learned as f64;
            let apart = (loss.nats / learned / expected - 1.0).abs();
            assert!(apart < 1e-5, "{}, step {step}: {} {expected} {apart:e}", case.name, loss.nats / learned);
            let scale = (1.0 / (norm(&gradients) / learned + 1e-6)).min(1.0) / learned;
            adamw(&mut case.adapter, gradients, (scale, rate), &mut moments, step as i32 + 1);
        }
    }
}

#[test]
fn a_cache_gives_the_tokens_of_full_recomputation_in_every_family() {
    for case in cases() {
        let prompt = Batch::new(&[6], case.decoder.config().vocabulary, 1).ids;
        let greedy = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1 };
        let answer =
            generate(&case.decoder, &case.adapter, &prompt, &[], &greedy, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut ids = prompt.clone();
        for _ in 0..20 {
            let last = case.decoder.logits(&case.adapter, &ids).unwrap().narrow(0, ids.len() - 1, 1).unwrap();
            ids.push(last.argmax(1).unwrap().to_vec1::<u32>().unwrap()[0]);
        }
        assert_eq!(answer.ids, ids[prompt.len()..], "{}", case.name);
    }
}

#[test]
fn a_fixture_is_small() {
    for family in SUPPORTED_FAMILIES {
        assert!(fs::metadata(file(family)).unwrap().len() <= 200_000, "{family}");
    }
}

fn norm(gradients: &Gradients) -> f64 {
    let square = |tensor: &Tensor| f64::from(tensor.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap());
    gradients.values().map(square).sum::<f64>().sqrt()
}

/// One step of AdamW without weight decay, as torch computes it.
fn adamw(
    adapter: &mut Adapter,
    gradients: Gradients,
    (scale, rate): (f64, f64),
    moments: &mut BTreeMap<String, (Tensor, Tensor)>,
    step: i32,
) {
    let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
    let parameters = adapter.parameters();
    for (name, gradient) in gradients {
        let gradient = (gradient * scale).unwrap();
        let zero = gradient.zeros_like().unwrap();
        let (mean, square) = moments.remove(&name).unwrap_or((zero.clone(), zero));
        let mean = ((mean * beta1).unwrap() + (&gradient * (1.0 - beta1)).unwrap()).unwrap();
        let square = ((square * beta2).unwrap() + (gradient.sqr().unwrap() * (1.0 - beta2)).unwrap()).unwrap();
        let root = ((&square / (1.0 - f64::powi(beta2, step))).unwrap().sqrt().unwrap() + epsilon).unwrap();
        let change = ((&mean / root).unwrap() * (rate / (1.0 - f64::powi(beta1, step)))).unwrap();
        adapter.set(&name, (&parameters[&name] - change).unwrap()).unwrap();
        moments.insert(name, (mean, square));
    }
}
