//! Tiny models of every family with the numbers that transformers and PEFT have for them: scripts/reference/families.py
//! wrote them to tests/fixtures/families.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tunesmith_model::{
    Adapter, Decoder, Gradients, ModelConfig, SUPPORTED_FAMILIES, Trainable, WeightFormat, projections,
};

use crate::formula::{Batch, adapter, decoder};

/// One config of a family with its expected numbers.
#[derive(Clone)]
pub struct Case {
    pub family: &'static str,
    pub name: String,
    pub decoder: Decoder,
    pub adapter: Adapter,
    fixture: Value,
}

/// The fixture of a family.
pub fn file(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/families/{family}.json"))
}

/// All cases of all families.
pub fn cases() -> impl Iterator<Item = Case> {
    SUPPORTED_FAMILIES.into_iter().flat_map(|family| {
        let fixture: Value = serde_json::from_str(&fs::read_to_string(file(family)).unwrap()).unwrap();
        let cases = fixture["cases"].as_array().unwrap().clone();
        cases.into_iter().map(move |fixture| Case::new(family, fixture))
    })
}

/// The cases whose matrices are held in blocks: scripts/reference/qlora.py wrote them.
pub fn cases_in_blocks() -> Vec<(Case, WeightFormat)> {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/qlora.json")).unwrap();
    let case = |fixture: &Value| {
        let family = SUPPORTED_FAMILIES.into_iter().find(|family| fixture["family"] == *family).unwrap();
        let format = if fixture["bits"] == 8 { WeightFormat::Q8 } else { WeightFormat::Q4 };
        let case = Case::new(family, fixture.clone());
        (Case { decoder: case.decoder.in_format(format).unwrap(), ..case }, format)
    };
    fixture["cases"].as_array().unwrap().iter().map(case).collect()
}

impl Case {
    fn new(family: &'static str, fixture: Value) -> Self {
        let config = ModelConfig::parse(&fixture["config"].to_string(), "config.json".as_ref()).unwrap();
        assert_eq!(config.family, family);
        let decoder = decoder(config);
        let modules: Vec<&str> = projections(decoder.config()).iter().map(|projection| projection.module()).collect();
        let adapter = adapter(&decoder, &modules, fixture["rank"].as_u64().unwrap() as usize);
        Case { family, name: format!("{family}, {}", fixture["name"].as_str().unwrap()), decoder, adapter, fixture }
    }

    /// What the fixture has under this name.
    pub fn expected<T: DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_value(self.fixture[key].clone()).unwrap()
    }

    /// The rows of the fixture's logits and gradients.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.expected::<Vec<usize>>("lengths"), self.decoder.config().vocabulary, 1)
    }

    /// Trains the adapter as the fixture's curve says: the loss of each step, found and expected.
    pub fn train(&mut self) -> Vec<(f64, f64)> {
        let curve: Value = self.expected("curve");
        let lengths: Vec<usize> = serde_json::from_value(curve["lengths"].clone()).unwrap();
        let expected: Vec<f64> = serde_json::from_value(curve["losses"].clone()).unwrap();
        let rate = curve["learning_rate"].as_f64().unwrap();
        let mut moments = BTreeMap::new();
        let step = |(step, expected): (usize, f64)| {
            let batch = Batch::new(&lengths, self.decoder.config().vocabulary, step % 4);
            let (loss, gradients) =
                self.decoder.gradients(&self.adapter, &batch.sequences(), Trainable::Adapter, false).unwrap();
            let learned = loss.learned as f64;
            let scale = (1.0 / (norm(&gradients) / learned + 1e-6)).min(1.0) / learned;
            adamw(&mut self.adapter, gradients, (scale, rate), &mut moments, step as i32 + 1);
            (loss.nats / learned, expected)
        };
        expected.into_iter().enumerate().map(step).collect()
    }
}

/// The length of all gradients together.
pub fn norm(gradients: &Gradients) -> f64 {
    let square = |tensor: &Tensor| f64::from(tensor.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap());
    gradients.values().map(square).sum::<f64>().sqrt()
}

/// One step of AdamW without weight decay, as torch computes it.
pub fn adamw(
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
