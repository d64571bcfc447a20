//! Which modules an adapter's config names, and the ranks and alphas that it gives single ones.

use std::fs;

use candle_core::{Device, Tensor};
use candle_lora::{Adapter, FrozenWeight, LoraConfig, LoraPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::random::{distance, numbers};

/// A saved adapter with pairs of these modules and ranks, and a config with these changes.
fn saved(pairs: &[(&str, usize)], changes: Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pair = |(module, rank): &(&str, usize)| {
        (module.to_string(), LoraPair::new(numbers(1, &[*rank, 6]), numbers(2, &[8, *rank])))
    };
    let config = LoraConfig {
        rank: 2,
        alpha: 4.0,
        target_modules: vec!["q_proj".into(), "down_proj".into()],
        ..LoraConfig::default()
    };
    let pairs = pairs.iter().map(pair).collect();
    Adapter { config, pairs, ..Adapter::none() }.save(folder.path(), "b").unwrap();
    let path = folder.path().join("adapter_config.json");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    fs::write(&path, config.to_string()).unwrap();
    folder
}

fn load(folder: &TempDir) -> Result<Adapter, String> {
    Adapter::load(folder.path(), &Device::Cpu).map_err(|error| error.to_string())
}

const Q0: &str = "model.layers.0.self_attn.q_proj";
const Q1: &str = "model.layers.1.self_attn.q_proj";
const DOWN0: &str = "model.layers.0.mlp.down_proj";
const DOWN1: &str = "model.layers.1.mlp.down_proj";
const DOWN11: &str = "model.layers.11.mlp.down_proj";

fn with_patterns(more: Value) -> TempDir {
    let mut changes = json!({
        "rank_pattern": {"^model.layers.0.self_attn.q_proj": 4, "q_proj": 3, "layers\\.1\\.mlp\\..*": 1},
        "alpha_pattern": {"down_proj": 6, "1.self_attn.q_proj": 9, "proj": 5},
    });
    changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    saved(&[(Q0, 4), (Q1, 3), (DOWN0, 2), (DOWN1, 1), (DOWN11, 2)], changes)
}

/// What scripts/reference/peft_patterns.py prints.
#[test]
fn modules_have_the_ranks_and_scales_that_peft_gives_them() {
    let expected = [(Q0, 4, 4.0), (Q1, 3, 9.0), (DOWN0, 2, 6.0), (DOWN1, 1, 6.0), (DOWN11, 2, 6.0)];
    for rslora in [false, true] {
        let adapter = load(&with_patterns(json!({"use_rslora": rslora}))).unwrap();
        // Saved and read again they are the same.
        let again = tempfile::tempdir().unwrap();
        adapter.save(again.path(), "b").unwrap();
        let again = load(&again).unwrap();
        assert_eq!(again.config, adapter.config);
        for (module, rank, alpha) in expected {
            assert_eq!(again.config.rank_of(module), rank, "{module}");
            let root = if rslora { (rank as f64).sqrt() } else { rank as f64 };
            assert_eq!(again.config.scale_of(module), alpha / root, "{module}");
            assert_eq!(distance(&again.pairs[module].a, &adapter.pairs[module].a), 0.0);
        }
    }
}

#[test]
fn the_difference_of_adapters_with_patterns_keeps_every_scale() {
    let adapter = load(&with_patterns(json!({}))).unwrap();
    let mut start = adapter.clone();
    for name in adapter.parameters().keys() {
        let shape = adapter.parameters()[name].dims().to_vec();
        start.set(name, numbers(9, &shape)).unwrap();
    }
    let difference = adapter.difference(&start).unwrap();
    let weight = FrozenWeight::from(numbers(5, &[8, 6]));
    for (module, pair) in &adapter.pairs {
        let merged = |adapter: &Adapter, sign: f64| -> Tensor {
            adapter.pairs[module].merged(&weight, sign * adapter.config.scale_of(module)).unwrap()
        };
        let moved = (merged(&adapter, 1.0) - merged(&start, 1.0)).unwrap();
        let found = (merged(&difference, 1.0) - weight.dense().unwrap()).unwrap();
        assert!(distance(&found, &moved) < 1e-5, "{module}");
        assert_eq!(difference.pairs[module].a.dim(0).unwrap(), 2 * pair.a.dim(0).unwrap());
    }
    let (back, _) = difference.split_difference().unwrap();
    assert!(adapter.pairs.keys().all(|module| back.config.scale_of(module) == adapter.config.scale_of(module)));
    assert!(adapter.parameters().iter().all(|(name, tensor)| distance(tensor, &back.parameters()[name]) == 0.0));
}

#[test]
fn tensors_that_the_config_does_not_name_are_refused() {
    for (changes, words) in [
        (json!({"target_modules": ["k_proj"]}), ["q_proj", "names only k_proj"]),
        (json!({"target_modules": ["proj"]}), ["q_proj", "names only proj"]),
        (json!({"layers_to_transform": [5, 6]}), ["model.layers.0", "names only 5, 6"]),
        (json!({"layers_to_transform": 1}), ["model.layers.0", "names only 1"]),
        (json!({"layers_to_transform": ["0"]}), ["layers_to_transform", "not a list of layers"]),
        (json!({"layers_to_transform": [-1]}), ["layers_to_transform", "not a list of layers"]),
        (json!({"rank_pattern": {"q_proj": 3}}), ["q_proj", "do not fit rank 3"]),
        (
            json!({"rank_pattern": {"q_(proj": 2}}),
            ["rank_pattern", "a mistake, or that only Python understands: q_(proj"],
        ),
        (json!({"alpha_pattern": {"(?!x)q_proj": 2}}), ["alpha_pattern", "understands: (?!x)q_proj"]),
        (json!({"lora_alpha": null}), ["lora_alpha", "is not a number above 0"]),
        (json!({"rank_pattern": {"q_proj": 0}}), ["rank_pattern", "q_proj: 0"]),
        (json!({"alpha_pattern": {"q_proj": "much"}}), ["alpha_pattern", "much"]),
        (json!({"alpha_pattern": 3}), ["alpha_pattern", "does not give"]),
    ] {
        let error = load(&saved(&[(Q0, 2), (DOWN1, 2)], changes.clone())).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{changes}: {error}");
    }
    assert!(load(&saved(&[], json!({}))).unwrap_err().contains("no low-rank pair"));
}

#[test]
fn patterns_that_ask_for_much_memory_are_refused() {
    let many: serde_json::Map<_, _> = (0..200).map(|number| (format!(r"\w{{100}}q{number}"), json!(4))).collect();
    let error = load(&saved(&[(Q0, 2)], json!({"alpha_pattern": many}))).unwrap_err();
    assert!(error.contains("alpha_pattern has patterns that take too much memory"), "{error}");
    let modules: serde_json::Map<_, _> =
        (0..1000).map(|layer| (format!("model.layers.{layer}.self_attn.q_proj"), json!(2))).collect();
    load(&saved(&[(Q0, 2)], json!({"rank_pattern": modules}))).unwrap();
    load(&saved(&[(Q0, 2)], json!({"target_modules": r"(\w{1000}){1000}"}))).unwrap();
}

#[test]
fn what_a_config_does_not_say_is_what_peft_takes() {
    let folder = saved(&[(Q0, 8)], json!({}));
    let path = folder.path().join("adapter_config.json");
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config.as_object_mut().unwrap().retain(|key, _| key != "r" && key != "lora_alpha");
    std::fs::write(&path, config.to_string()).unwrap();
    let config = load(&folder).unwrap().config;
    assert_eq!((config.rank, config.alpha), (8, 8.0));
}

#[test]
fn modules_named_by_paths_and_patterns_are_those_of_the_tensors() {
    for (targets, layers) in [
        (json!([Q0, DOWN0]), Some(vec![0])),
        (json!(["self_attn.q_proj", "mlp.down_proj"]), Some(vec![0])),
        (json!(".*\\.0\\..*(q|down)_proj"), Some(vec![0])),
        (json!(["q_proj", "down_proj", "c_attn"]), None),
    ] {
        let config = load(&saved(&[(Q0, 2), (DOWN0, 2)], json!({"target_modules": targets}))).unwrap().config;
        assert_eq!(config.layers, layers, "{targets}");
        let named = |name: &str| config.target_modules.iter().any(|known| known == name);
        assert!(named("q_proj") && named("down_proj"), "{:?}", config.target_modules);
    }
}

#[test]
fn an_adapter_with_numbers_that_are_none_is_refused_with_the_tensors_name() {
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let folder = saved(&[(Q0, 2), (DOWN1, 2)], json!({}));
        let mut adapter = load(&folder).unwrap();
        let name = format!("{Q0}.lora_B.weight");
        let mut broken = vec![0.1; 16];
        broken[11] = number;
        adapter.set(&name, Tensor::from_vec(broken, (8, 2), &Device::Cpu).unwrap()).unwrap();
        adapter.save(folder.path(), "b").unwrap();
        let error = load(&folder).unwrap_err();
        assert!(error.contains(&name) && error.contains("NaN or infinite"), "{error}");
    }
}

#[test]
fn a_file_that_is_none_is_refused_at_once() {
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        let folder = saved(&[(Q0, 2)], json!({}));
        let path = folder.path().join(name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = load(&folder).unwrap_err();
        assert!(error.contains(name) && error.contains("is a folder"), "{error}");
        #[cfg(unix)]
        {
            fs::remove_dir(&path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
            let error = load(&folder).unwrap_err();
            assert!(error.contains(name) && error.contains("a pipe"), "{error}");
        }
    }
}
