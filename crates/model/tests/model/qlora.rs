//! Training beside a base model that is held in blocks, against transformers and PEFT over the weights that the blocks
//! stand for (scripts/reference/qlora.py).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use candle_core::{DType, Device, Tensor};
use serde_json::json;
use tunesmith_model::{Adapter, Decoder, ModelConfig, Trainable, TrainingShape, WeightFormat, training_memory};

use crate::case::{cases, cases_in_blocks};
use crate::gradients::assert_close;

#[test]
fn logits_and_gradients_beside_blocks_equal_pefts() {
    for (case, format) in cases_in_blocks() {
        let what = format!("{}, {format:?}", case.name);
        let (batch, mut start) = (case.batch(), 0);
        for (length, expected) in batch.lengths.iter().zip(case.expected::<Vec<Vec<f32>>>("logits")) {
            let logits = case.decoder.logits(&case.adapter, &batch.ids[start..start + length]).unwrap();
            let expected = Tensor::from_vec(expected, logits.shape(), &Device::Cpu).unwrap();
            assert_close(&logits, &expected, 1e-5, &what);
            start += length;
        }
        let (_, gradients) =
            case.decoder.gradients(&case.adapter, &batch.sequences(), Trainable::Adapter, false).unwrap();
        for (tensor, expected) in case.expected::<BTreeMap<String, Vec<f32>>>("gradients") {
            let expected = Tensor::from_vec(expected, gradients[&tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[&tensor], &expected, 1e-4, &format!("{what}: {tensor}"));
        }
    }
}

#[test]
fn twenty_steps_beside_blocks_lose_as_pefts_do() {
    for (mut case, format) in cases_in_blocks() {
        for (step, (found, expected)) in case.train().into_iter().enumerate() {
            let apart = (found / expected - 1.0).abs();
            assert!(apart < 1e-5, "{}, {format:?}, step {step}: {found} {expected} {apart:e}", case.name);
        }
    }
}

#[test]
fn blocks_compute_what_their_numbers_do_in_every_family() {
    for case in cases() {
        let blocks = case.decoder.in_format(WeightFormat::Q4).unwrap();
        let folder = tempfile::tempdir().unwrap();
        blocks.save(folder.path(), DType::F32).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let dense = Decoder::load(folder.path(), WeightFormat::F32, &Device::Cpu, go_on).unwrap();
        let batch = case.batch();
        let gradients = |decoder: &Decoder| {
            decoder.gradients(&case.adapter, &batch.sequences(), Trainable::Adapter, true).unwrap().1
        };
        let expected = gradients(&dense);
        for (name, gradient) in gradients(&blocks) {
            assert_close(&gradient, &expected[&name], 1e-6, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn a_model_is_loaded_into_the_blocks_that_it_can_be_turned_into() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        case.decoder.save(folder.path(), DType::F32).unwrap();
        for format in [WeightFormat::Q8, WeightFormat::Q4] {
            let go_on = &mut |_| ControlFlow::Continue(());
            let loaded = Decoder::load(folder.path(), format, &Device::Cpu, go_on).unwrap();
            let logits = |decoder: &Decoder| decoder.logits(&Adapter::none(), &case.batch().ids).unwrap();
            assert_close(&logits(&loaded), &logits(&case.decoder.in_format(format).unwrap()), 1e-9, &case.name);
        }
    }
}

/// The shapes of Llama 2 7B, Mistral 7B and Qwen2.5 7B, as their configs give them.
#[test]
fn the_weights_of_a_7b_model_take_less_than_five_and_a_half_gigabytes_in_four_bits() {
    let config = |family: &str, architecture: &str, hidden, inner, layers, (heads, kv_heads), vocabulary| {
        let config = json!({
            "model_type": family, "architectures": [architecture], "hidden_act": "silu", "hidden_size": hidden,
            "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "vocab_size": vocabulary, "max_position_embeddings": 4096,
            "tie_word_embeddings": false,
        });
        ModelConfig::parse(&config.to_string(), "config.json".as_ref()).unwrap()
    };
    for config in [
        config("llama", "LlamaForCausalLM", 4096, 11008, 32, (32, 32), 32_000),
        config("mistral", "MistralForCausalLM", 4096, 14336, 32, (32, 8), 32_000),
        config("qwen2", "Qwen2ForCausalLM", 3584, 18944, 28, (28, 4), 152_064),
    ] {
        let shape = TrainingShape {
            tokens: 1,
            rank: Some(16),
            beside: &[],
            target_modules: &crate::formula::MODULES,
            layers: None,
            dora: false,
            ranks: None,
            dropout: false,
            format: WeightFormat::Q4,
            recompute: true,
            on_gpu: None,
        };
        let weights = training_memory(&config, &shape).weights;
        assert!((3_500_000_000..5_500_000_000).contains(&weights), "{}: {weights}", config.family);
    }
}
