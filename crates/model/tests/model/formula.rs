//! A tiny model whose weights come from a formula, so that scripts/reference/families.py has the same ones.

use candle_core::{Device, Tensor};
use tunesmith_model::device::choose;
use tunesmith_model::{Adapter, Decoder, LoraConfig, ModelConfig};

pub const MODULES: [&str; 7] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

const CONFIG: &str = r#"{
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48, "vocab_size": 96,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu"
}"#;

/// Where the tests compute: on the CPU, or where `make check-cuda` says.
pub fn device() -> Device {
    std::env::var("TUNESMITH_TEST_DEVICE").map_or(Device::Cpu, |id| choose(&id).unwrap().device)
}

/// The tiny config with some fields changed.
pub fn config(changes: serde_json::Value) -> ModelConfig {
    let mut fields: serde_json::Value = serde_json::from_str(CONFIG).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        fields[key] = value.clone();
    }
    ModelConfig::parse(&fields.to_string(), "config.json".as_ref()).unwrap()
}

/// `count` numbers in (−1, 1): a linear congruential generator that starts at the sum of the name's bytes, each times its
/// place. All products fit 64 bits, so Python has the same.
pub fn numbers(name: &str, count: usize) -> Vec<f32> {
    let start: u64 = name.bytes().enumerate().map(|(place, byte)| (place as u64 + 1) * u64::from(byte)).sum();
    let mut state = start % 2_147_483_647;
    let next = |_| {
        state = (state * 48_271 + 11) % 2_147_483_647;
        (state as f64 / 1_073_741_823.5 - 1.0) as f32
    };
    (0..count).map(next).collect()
}

fn tensor(name: &str, shape: &[usize], scale: f64, offset: f64) -> Tensor {
    let numbers = numbers(name, shape.iter().product());
    let scaled = numbers.into_iter().map(|number| (f64::from(number) * scale + offset) as f32).collect();
    Tensor::from_vec(scaled, shape, &device()).unwrap()
}

/// Norms around the weight that changes nothing but away from it, everything else around 0.
pub fn decoder(config: ModelConfig) -> Decoder {
    let neutral = 1.0 - config.norm_offset;
    let mut decoder = Decoder::scratch(config, 0, &device()).unwrap();
    for (name, weight) in decoder.parameters() {
        let value = match name.contains("norm") && name.ends_with(".weight") {
            true => tensor(&name, weight.dims(), 0.4, neutral),
            false => tensor(&name, weight.dims(), 0.3, 0.0),
        };
        decoder.set_parameter(&name, value).unwrap();
    }
    decoder
}

/// An adapter whose B is not zero.
pub fn adapter(decoder: &Decoder, modules: &[&str], rank: usize) -> Adapter {
    let target_modules = modules.iter().map(|module| module.to_string()).collect();
    start(decoder, &LoraConfig { rank, alpha: 2.0 * rank as f64, target_modules, ..LoraConfig::default() })
}

/// An adapter of this shape that changes something. Magnitudes are those of the weights, moved a little.
pub fn start(decoder: &Decoder, config: &LoraConfig) -> Adapter {
    let mut adapter = decoder.new_adapter(config, 0).unwrap();
    for (name, weight) in adapter.parameters() {
        let value = tensor(&name, weight.dims(), 0.2, 0.0);
        let value =
            if name.ends_with("magnitude_vector") { (&weight + (&weight * value).unwrap()).unwrap() } else { value };
        adapter.set(&name, value).unwrap();
    }
    adapter
}

/// All magnitudes of an adapter.
pub fn magnitudes(adapter: &Adapter) -> impl Iterator<Item = f32> {
    let pairs = adapter.pairs.values().filter_map(|pair| pair.magnitude.as_ref());
    pairs.flat_map(|magnitude| magnitude.to_vec1::<f32>().unwrap())
}

/// Rows of unequal length; learned are the tokens of the second half of each.
pub struct Batch {
    pub ids: Vec<u32>,
    pub learn: Vec<bool>,
    pub lengths: Vec<usize>,
}

impl Batch {
    pub fn new(lengths: &[usize], vocabulary: usize, seed: usize) -> Self {
        let tokens: usize = lengths.iter().sum();
        let ids = (0..tokens).map(|i| ((i * i * 31 + i * 17 + seed * 7919) % vocabulary) as u32).collect();
        let learn = lengths.iter().flat_map(|&length| (0..length).map(move |i| i > 0 && i >= length / 2)).collect();
        Self { ids, learn, lengths: lengths.to_vec() }
    }

    pub fn sequences(&self) -> tunesmith_model::Sequences<'_> {
        tunesmith_model::Sequences { ids: &self.ids, learn: &self.learn, lengths: &self.lengths }
    }
}
