//! Numbers of an independent implementation: transformers 5.23 with PEFT 0.21.2 on torch 2.15, written down in
//! tests/fixtures by scripts/reference/tiny_llama.py.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use serde_json::Value;
use tunesmith_model::{Adapter, Decoder, Gradients, ModelConfig, Wanted};

use crate::formula::{Batch, MODULES, adapter, decoder};
use crate::gradients::assert_close;

fn model(fixture: &Value) -> (Decoder, Adapter) {
    let config = ModelConfig::parse(&fixture["config"].to_string(), "config.json".as_ref()).unwrap();
    let decoder = decoder(config);
    let adapter = adapter(&decoder, &MODULES, fixture["rank"].as_u64().unwrap() as usize);
    (decoder, adapter)
}

fn lengths(fixture: &Value) -> Vec<usize> {
    serde_json::from_value(fixture["lengths"].clone()).unwrap()
}

fn norm(tensors: &mut dyn Iterator<Item = &Tensor>) -> f64 {
    let square = |tensor: &Tensor| f64::from(tensor.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap());
    tensors.map(square).sum::<f64>().sqrt()
}

#[test]
fn logits_and_lora_gradients_equal_transformers_and_peft() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/tiny_llama.json")).unwrap();
    for case in fixture["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (decoder, adapter) = model(case);
        let batch = Batch::new(&lengths(case), 96, 1);

        let last: usize = *batch.lengths.last().unwrap();
        let logits = decoder.logits(&adapter, &batch.ids[batch.ids.len() - last..]).unwrap();
        let expected: Vec<f32> = serde_json::from_value(case["last_row_last_logits"].clone()).unwrap();
        let expected = Tensor::from_vec(expected, (3, 96), &Device::Cpu).unwrap();
        assert_close(&logits.narrow(0, last - 3, 3).unwrap(), &expected, 1e-5, name);

        let (loss, gradients) = decoder.gradients(&adapter, &batch.sequences(), Wanted::Adapter, false).unwrap();
        assert!((loss.nats / case["nats"].as_f64().unwrap() - 1.0).abs() < 1e-5, "{name}");
        assert_eq!(Some(loss.learned), case["learned"].as_u64());
        let norms: BTreeMap<String, f64> = serde_json::from_value(case["gradient_norms"].clone()).unwrap();
        assert!(norms.keys().eq(gradients.keys()));
        for (tensor, expected) in &norms {
            let found = norm(&mut [&gradients[tensor]].into_iter());
            assert!((found / expected - 1.0).abs() < 1e-4, "{name}: {tensor} {found} {expected}");
        }
        for (tensor, expected) in case["gradients"].as_object().into_iter().flatten() {
            let expected: Vec<f32> = serde_json::from_value(expected.clone()).unwrap();
            let expected = Tensor::from_vec(expected, gradients[tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[tensor], &expected, 1e-4, tensor);
        }
    }
}

#[test]
fn twenty_steps_lose_as_transformers_and_peft_do() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/curve.json")).unwrap();
    let (decoder, mut adapter) = model(&fixture);
    let losses: Vec<f64> = serde_json::from_value(fixture["losses"].clone()).unwrap();
    let norms: Vec<f64> = serde_json::from_value(fixture["gradient_norms"].clone()).unwrap();
    let mut moments = BTreeMap::new();
    for (step, (expected_loss, expected_norm)) in losses.into_iter().zip(norms).enumerate() {
        let batch = Batch::new(&lengths(&fixture), 96, step % 4);
        let (loss, gradients) = decoder.gradients(&adapter, &batch.sequences(), Wanted::Adapter, false).unwrap();
        let learned = loss.learned as f64;
        let length = norm(&mut gradients.values()) / learned;
        assert!((loss.nats / learned / expected_loss - 1.0).abs() < 1e-4, "step {step}: {}", loss.nats / learned);
        assert!((length / expected_norm - 1.0).abs() < 1e-3, "step {step}: {length} {expected_norm}");
        let scale = (1.0 / (length + 1e-6)).min(1.0) / learned;
        adamw(&mut adapter, gradients, scale, &mut moments, step as i32 + 1);
    }
}

/// One step of AdamW without weight decay, as torch computes it.
fn adamw(
    adapter: &mut Adapter,
    gradients: Gradients,
    scale: f64,
    moments: &mut BTreeMap<String, (Tensor, Tensor)>,
    step: i32,
) {
    let (rate, beta1, beta2, epsilon) = (1e-2, 0.9, 0.999, 1e-8);
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
