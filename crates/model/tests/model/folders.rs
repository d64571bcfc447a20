//! Model folders, good and broken: what is wrong is named, with its file and tensor.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use tempfile::TempDir;
use tunesmith_model::{Adapter, Decoder, ModelConfig, ModelError, TrainingShape, WeightFormat, facts, training_memory};

use crate::formula::{config, decoder};

pub fn saved(dtype: DType) -> (TempDir, Decoder) {
    let folder = tempfile::tempdir().unwrap();
    let decoder = decoder(config(json!({})));
    decoder.save(folder.path(), dtype).unwrap();
    (folder, decoder)
}

pub fn load(folder: &Path) -> Result<Decoder, ModelError> {
    Decoder::load(folder, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(()))
}

/// The same complaint from looking and from loading.
#[track_caller]
pub fn refused(folder: &Path, words: &[&str]) {
    let (looked, loaded) = (facts(folder).unwrap_err().sentence(), load(folder).unwrap_err().sentence());
    assert_eq!(looked, loaded);
    assert!(!looked.key.is_empty(), "{looked:?} can be said in other languages");
    for word in words {
        assert!(looked.contains(word), "{looked:?} should name {word:?}");
    }
}

pub fn logits(decoder: &Decoder) -> Vec<Vec<f32>> {
    decoder.logits(&Adapter::none(), &[3, 1, 4, 1, 5]).unwrap().to_vec2().unwrap()
}

/// A safetensors file with this header and these bytes.
fn write_raw(folder: &Path, header: &str, data: usize) {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(vec![0; data]);
    fs::write(folder.join("model.safetensors"), file).unwrap();
}

pub fn change_config(folder: &Path, key: &str, value: Value) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    config[key] = value;
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn a_saved_model_loads_with_the_same_logits() {
    let (folder, decoder) = saved(DType::F32);
    let mut shares = Vec::new();
    let see = &mut |share| {
        shares.push(share);
        ControlFlow::Continue(())
    };
    let back = Decoder::load(folder.path(), WeightFormat::F32, &Device::Cpu, see).unwrap();
    assert_eq!(logits(&back), logits(&decoder));
    assert!(shares.is_sorted() && shares.last() == Some(&1.0));
    let cancelled = Decoder::load(folder.path(), WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Break(()));
    assert!(matches!(cancelled, Err(ModelError::Cancelled)));
}

#[test]
fn bf16_is_half_as_large_and_near() {
    let (folder, decoder) = saved(DType::BF16);
    let known = facts(folder.path()).unwrap();
    assert_eq!((known.dtype.as_str(), known.family.as_str()), ("bf16", "llama"));
    let parameters: u64 = decoder.parameters().values().map(|weight| weight.elem_count() as u64).sum();
    assert_eq!(known.parameters, parameters);
    assert!(known.size_bytes > 2 * parameters && known.size_bytes < 2 * parameters + 16_384);
    let (near, exact) = (logits(&load(folder.path()).unwrap()), logits(&decoder));
    let apart = near.iter().flatten().zip(exact.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart > 0.0 && apart < 0.1, "{apart}");
    // Once rounded, saving again changes nothing.
    let again = tempfile::tempdir().unwrap();
    load(folder.path()).unwrap().save(again.path(), DType::BF16).unwrap();
    let file = |folder: &TempDir| fs::read(folder.path().join("model.safetensors")).unwrap();
    assert_eq!(file(&folder), file(&again));
}

#[test]
fn f16_and_shards_are_read() {
    let (folder, decoder) = saved(DType::F32);
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let all: Vec<_> =
        decoder.parameters().into_iter().map(|(name, w)| (name, w.to_dtype(DType::F16).unwrap())).collect();
    let mut weight_map = serde_json::Map::new();
    for (number, part) in all.chunks(10).enumerate() {
        let file = format!("model-{number}.safetensors");
        let tensors = part.iter().cloned().collect();
        candle_core::safetensors::save(&tensors, folder.path().join(&file)).unwrap();
        part.iter().for_each(|(name, _)| drop(weight_map.insert(name.clone(), json!(file))));
    }
    let index = folder.path().join("model.safetensors.index.json");
    fs::write(&index, json!({"weight_map": weight_map}).to_string()).unwrap();
    assert_eq!(facts(folder.path()).unwrap().dtype, "f16");
    load(folder.path()).unwrap();

    for escape in
        ["../model-0.safetensors", "/etc/model.safetensors", "a\\b.safetensors", "C:x.safetensors", "model.bin"]
    {
        fs::write(&index, json!({"weight_map": {"a": escape}}).to_string()).unwrap();
        refused(folder.path(), &["model.safetensors.index.json", "not a plain"]);
    }
    fs::write(&index, json!({"weight_map": {"a": "model-9.safetensors"}}).to_string()).unwrap();
    refused(folder.path(), &["model-9.safetensors"]);
    fs::write(&index, "{").unwrap();
    refused(folder.path(), &["index.json", "not valid JSON"]);
}

#[test]
fn a_folder_that_is_not_a_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &["not a model folder", "config.json"]);
    refused(&folder.path().join("missing"), &["not a model folder", "no such folder"]);
    let (folder, _) = saved(DType::F32);
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    refused(folder.path(), &["not a model folder", "model.safetensors"]);
    fs::write(folder.path().join("pytorch_model.bin"), "").unwrap();
    refused(folder.path(), &["pickle"]);
}

#[test]
fn a_truncated_weight_file_is_refused() {
    let (folder, _) = saved(DType::F32);
    let path = folder.path().join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    for length in [0, 5, 8, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(folder.path(), &["model.safetensors"]);
    }
    let mut longer = whole.clone();
    longer.push(0);
    fs::write(&path, longer).unwrap();
    refused(folder.path(), &["after its last tensor"]);
}

#[test]
fn a_corrupt_header_is_refused() {
    let (folder, _) = saved(DType::F32);
    let entry =
        |shape: &str, from: u64, to: u64| format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#);
    let a = entry("[2]", 0, 8);
    let cases = [
        (format!(r#"{{"a":{a},"a":{a}}}"#), "a comes twice"),
        (format!(r#"{{"a":{},"b":{a}}}"#, entry("[2]", 4, 12)), "overlap"),
        (format!(r#"{{"a":{}}}"#, entry("[3]", 0, 8)), "does not fit its shape"),
        (format!(r#"{{"a":{}}}"#, entry("[4294967296,4294967296,4]", 0, 8)), "does not fit its shape"),
        (format!(r#"{{"a":{}}}"#, entry("[2]", 8, 0)), "does not fit its shape"),
        (r#"{"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}}"#.to_string(), "does not fit its shape"),
        ("[]".to_string(), "broken header"),
        ("{".to_string(), "broken header"),
        (format!("{{{}}}", (0..50_001).map(|i| format!(r#""t{i}":{a}"#)).collect::<Vec<_>>().join(",")), "50000"),
    ];
    for (header, words) in cases {
        write_raw(folder.path(), &header, 12);
        refused(folder.path(), &["model.safetensors", words]);
    }
    fs::write(folder.path().join("model.safetensors"), [0xff; 64]).unwrap();
    refused(folder.path(), &["not a safetensors file"]);
}

#[test]
fn a_missing_or_misshapen_tensor_is_named() {
    let (folder, decoder) = saved(DType::F32);
    let name = "model.layers.1.mlp.up_proj.weight";
    let save = |tensors| candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    let mut tensors: std::collections::HashMap<_, _> = decoder.parameters().into_iter().collect();
    let weight = tensors.remove(name).unwrap();
    save(tensors.clone());
    refused(folder.path(), &[name, "missing", "model.safetensors"]);
    tensors.insert(name.into(), weight.t().unwrap().contiguous().unwrap());
    save(tensors.clone());
    refused(folder.path(), &[name, "[32, 48]", "[48, 32]"]);
    tensors.insert(name.into(), weight.to_dtype(DType::U8).unwrap());
    save(tensors);
    refused(folder.path(), &[name, "U8", "BF16"]);
}

#[test]
fn an_unsupported_family_is_refused_with_the_supported_ones() {
    for (key, value, found) in [
        ("model_type", json!("mamba"), "mamba"),
        ("architectures", json!(["LlamaForSequenceClassification"]), "LlamaForSequenceClassification"),
    ] {
        let (folder, _) = saved(DType::F32);
        change_config(folder.path(), key, value);
        refused(folder.path(), &["config.json", found, "not supported", "supported: llama"]);
    }
}

#[test]
fn a_config_that_cannot_be_computed_is_refused_with_the_reason() {
    let cases = [
        ("hidden_act", json!("relu2"), "relu2"),
        ("rope_scaling", json!({"rope_type": "proportional", "factor": 4.0}), "proportional"),
        ("rope_scaling", json!({"rope_type": "dynamic"}), "factor"),
        ("rope_scaling", json!({"rope_type": "linear"}), "factor"),
        ("num_key_value_heads", json!(3), "3 key heads"),
        ("hidden_size", json!(0), "hidden_size"),
        ("hidden_size", json!(1e300), "hidden_size"),
        ("vocab_size", json!(null), "vocab_size"),
        ("num_hidden_layers", json!(100_000), "num_hidden_layers"),
        ("head_dim", json!(7), "head_dim"),
        ("rms_norm_eps", json!("small"), "rms_norm_eps"),
        ("tie_word_embeddings", json!(3), "tie_word_embeddings"),
    ];
    for (key, value, word) in cases {
        let (folder, _) = saved(DType::F32);
        change_config(folder.path(), key, value);
        refused(folder.path(), &["config.json", word]);
    }
    let (folder, _) = saved(DType::F32);
    fs::write(folder.path().join("config.json"), "{\"model_type\": ").unwrap();
    refused(folder.path(), &["config.json", "not a valid JSON"]);
    for blank in ["", " \n"] {
        fs::write(folder.path().join("config.json"), blank).unwrap();
        refused(folder.path(), &["config.json", "is empty"]);
    }
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    refused(folder.path(), &["config.json", "names neither model_type nor architectures"]);
}

const SHAPE: TrainingShape = TrainingShape {
    tokens: 1,
    rank: None,
    ranks: None,
    beside: &[],
    target_modules: &[],
    layers: None,
    dora: false,
    dropout: false,
    format: WeightFormat::F32,
    recompute: false,
    on_gpu: None,
};

#[test]
fn memory_grows_with_what_is_asked() {
    let config = config(json!({}));
    let shape = TrainingShape { tokens: 256, rank: Some(8), target_modules: &crate::formula::MODULES, ..SHAPE };
    let need = training_memory(&config, &shape);
    let recomputed = training_memory(&config, &TrainingShape { recompute: true, ..shape });
    let full = training_memory(&config, &TrainingShape { rank: None, ..shape });
    assert!(recomputed.activations < need.activations);
    assert!(full.optimizer > need.optimizer && full.adapter == 0);
    assert!(training_memory(&config, &TrainingShape { tokens: 512, ..shape }).total() > need.total());
    let fewer = training_memory(&config, &TrainingShape { target_modules: &["q_proj"], ..shape });
    assert!(fewer.adapter < need.adapter && fewer.activations < need.activations);
}

#[test]
fn on_a_gpu_scores_count_and_the_optimiser_lies_beside_it() {
    let config = config(json!({}));
    let shape = TrainingShape { tokens: 4096, rank: Some(8), target_modules: &crate::formula::MODULES, ..SHAPE };
    let on_gpu = |longest| training_memory(&config, &TrainingShape { on_gpu: Some(longest), ..shape });
    let (short, long) = (on_gpu(0), on_gpu(2048));
    assert_eq!(long.activations - short.activations, 6 * config.heads as u64 * 2048 * 2048 * 4);
    let need = training_memory(&config, &shape);
    assert_eq!(long.in_gpu().total() + long.optimizer, long.total());
    assert_eq!(long.beside_gpu().total(), need.adapter + 2 * need.gradients + need.optimizer);
}

#[test]
fn memory_counts_the_weights_that_each_family_has() {
    for case in crate::case::cases() {
        let config = case.decoder.config();
        let numbers = |tensors: std::collections::BTreeMap<String, Tensor>| {
            tensors.values().map(|tensor| 4 * tensor.elem_count() as u64).sum::<u64>()
        };
        let modules: Vec<&str> = case.adapter.config.target_modules.iter().map(String::as_str).collect();
        let rank = Some(case.adapter.config.rank);
        let shape = TrainingShape { tokens: 30, rank, target_modules: &modules, ..SHAPE };
        let need = training_memory(config, &shape);
        assert_eq!(need.weights, numbers(case.decoder.parameters()), "{}", case.name);
        assert_eq!(need.adapter, numbers(case.adapter.parameters()), "{}", case.name);
    }
}

#[test]
fn a_config_keeps_what_other_programs_need() {
    let (folder, _) = saved(DType::F32);
    change_config(folder.path(), "pad_token_id", json!(2));
    let again = tempfile::tempdir().unwrap();
    load(folder.path()).unwrap().save(again.path(), DType::BF16).unwrap();
    let config = ModelConfig::read(again.path()).unwrap();
    assert_eq!((&config.source["pad_token_id"], &config.source["torch_dtype"]), (&json!(2), &json!("bfloat16")));
}
