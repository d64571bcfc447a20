//! Adapters: names, shapes and PEFT's files.

use std::fs;

use candle_core::Device;
use candle_lora::{Adapter, BiasChoice, LoraConfig, LoraPair, ModuleKind, StoredAdapter};

use crate::random::{distance, numbers};

const MODULE: &str = "model.layers.0.self_attn.q_proj";

fn adapter() -> Adapter {
    let config = LoraConfig {
        rank: 2,
        alpha: 4.0,
        target_modules: vec!["q_proj".into(), "down_proj".into()],
        ..LoraConfig::default()
    };
    let pair = |seed| LoraPair::new(numbers(seed, &[2, 6]), numbers(seed + 1, &[8, 2]));
    let pairs = [(MODULE.to_string(), pair(1)), ("model.layers.1.mlp.down_proj".to_string(), pair(3))];
    Adapter { config, pairs: pairs.into(), ..Adapter::none() }
}

#[test]
fn an_adapter_comes_back_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "some/base").unwrap();
    let back = Adapter::load(folder.path(), &Device::Cpu).unwrap();
    assert_eq!(back.config, adapter().config);
    let (back, expected) = (back.parameters(), adapter().parameters());
    assert_eq!(back.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(back.iter().all(|(name, tensor)| distance(tensor, &expected[name]) == 0.0));
}

#[test]
fn the_files_have_pefts_names() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "some/base").unwrap();
    let file = fs::read(folder.path().join("adapter_model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
    let mut names = tensors.names();
    names.sort();
    assert_eq!(names[0], "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
    assert_eq!(names[3], "base_model.model.model.layers.1.mlp.down_proj.lora_B.weight");
    let config = fs::read_to_string(folder.path().join("adapter_config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["base_model_name_or_path"], "some/base");
    assert_eq!((config["r"].as_u64(), config["lora_alpha"].as_u64()), (Some(2), Some(4)));
}

#[test]
fn the_same_adapter_gives_the_same_file() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    adapter().save(one.path(), "b").unwrap();
    adapter().save(two.path(), "b").unwrap();
    for name in ["adapter_model.safetensors", "adapter_config.json"] {
        assert_eq!(fs::read(one.path().join(name)).unwrap(), fs::read(two.path().join(name)).unwrap());
    }
}

#[test]
fn a_tensor_can_be_replaced_by_one_of_its_shape_only() {
    let mut adapter = adapter();
    let name = format!("{MODULE}.lora_B.weight");
    adapter.set(&name, numbers(9, &[8, 2])).unwrap();
    assert_eq!(distance(&adapter.pairs[MODULE].b, &numbers(9, &[8, 2])), 0.0);
    let error = adapter.set(&name, numbers(9, &[2, 8])).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("[8, 2]"), "{error}");
    assert!(adapter.set("model.lora_C.weight", numbers(9, &[1])).is_err());
    assert!(Adapter::none().parameters().is_empty());
}

#[test]
fn what_an_adapter_cannot_do_is_refused_by_name() {
    for (key, value) in [
        ("use_dora", serde_json::json!(true)), // without magnitudes in the file
        ("lora_bias", serde_json::json!(true)),
        ("init_lora_weights", serde_json::json!("pissa_niter_4")),
        ("layers_to_transform", serde_json::json!("all")),
        ("modules_to_save", serde_json::json!("lm_head")),
        ("ensure_weight_tying", serde_json::json!(true)), // of the head, see below
        ("trainable_token_indices", serde_json::json!([7, 7])),
        ("trainable_token_indices", serde_json::json!([7])), // without vectors in the file
        ("peft_type", serde_json::json!("LOHA")),
        ("r", serde_json::json!(0)),
        ("bias", serde_json::json!("some")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        adapter().save(folder.path(), "b").unwrap();
        let path = folder.path().join("adapter_config.json");
        let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if key == "ensure_weight_tying" {
            // By itself it changes nothing.
            config[key] = value.clone();
            fs::write(&path, config.to_string()).unwrap();
            Adapter::load(folder.path(), &Device::Cpu).unwrap();
            config["target_modules"] = serde_json::json!(["q_proj", "down_proj", "lm_head"]);
        }
        config[key] = value;
        fs::write(&path, config.to_string()).unwrap();
        let error = Adapter::load(folder.path(), &Device::Cpu).unwrap_err().to_string();
        let of_the_file = error.contains("magnitude") || error.contains("no vectors for the tokens of embed_tokens");
        assert!(error.contains("adapter_config.json") || of_the_file, "{key}: {error}");
    }
}

#[test]
fn every_kind_of_adapter_comes_back_from_its_files() {
    let mut listed = adapter();
    listed.config.layers = Some(vec![0, 1]);
    let mut adapter = adapter();
    let mut switches = LoraConfig { rslora: true, dropout: 0.1, ..adapter.config.clone() };
    switches.target_modules.push("embed_tokens".into());
    let table = LoraPair { kind: ModuleKind::Embedding, ..LoraPair::new(numbers(7, &[2, 9]), numbers(8, &[6, 2])) };
    adapter.pairs.insert("model.embed_tokens".into(), table);
    adapter.config = switches;
    let mut with_magnitudes = self::adapter();
    with_magnitudes.config.dora = true;
    with_magnitudes.pairs.values_mut().for_each(|pair| pair.magnitude = Some(numbers(9, &[8])));
    let mut with_more = self::adapter();
    with_more.config.modules_to_save = vec!["lm_head".into(), "norm".into()];
    with_more.config.bias = BiasChoice::LoraOnly;
    with_more.config.token_ids = [("model.embed_tokens".into(), vec![5, 2])].into();
    with_more.tokens = [("model.embed_tokens".into(), numbers(4, &[2, 6]))].into();
    let bias = format!("{MODULE}.bias");
    let weights = [("lm_head.weight", vec![9, 6]), ("model.norm.weight", vec![6]), (bias.as_str(), vec![8])];
    with_more.weights = weights.into_iter().map(|(name, shape)| (name.into(), numbers(6, &shape))).collect();
    for adapter in [adapter, listed, with_magnitudes, with_more] {
        let folder = tempfile::tempdir().unwrap();
        adapter.save(folder.path(), "b").unwrap();
        let back = Adapter::load(folder.path(), &Device::Cpu).unwrap();
        assert_eq!(back.config, adapter.config);
        let (back, expected) = (back.parameters(), adapter.parameters());
        assert!(back.keys().eq(expected.keys()));
        assert!(back.iter().all(|(name, tensor)| distance(tensor, &expected[name]) == 0.0));
    }
}

#[test]
fn a_pattern_of_modules_is_read_from_the_tensors() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "b").unwrap();
    let path = folder.path().join("adapter_config.json");
    let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    config["target_modules"] = serde_json::json!("all-linear");
    fs::write(&path, config.to_string()).unwrap();
    let back = Adapter::load(folder.path(), &Device::Cpu).unwrap();
    assert_eq!(back.config.target_modules, ["down_proj", "q_proj"]);
}

#[test]
fn what_is_trained_beside_pairs_is_told_from_what_is_only_saved() {
    let mut adapter = adapter();
    adapter.config.modules_to_save = vec!["lm_head".into(), "norm".into(), "mlp".into()];
    for (weight, trained) in [
        ("lm_head.weight", true),
        ("model.layers.0.input_layernorm.weight", true),
        ("model.layers.1.mlp.up_proj.weight", true),
        ("model.embed_tokens.weight", false),
        ("model.layers.0.self_attn.q_proj.bias", false),
    ] {
        assert_eq!(adapter.trains(weight), trained, "{weight}");
    }
    let (of_a_pair, other) = (format!("{MODULE}.bias"), "model.layers.0.self_attn.k_proj.bias");
    for (bias, of_pairs, of_others) in [(BiasChoice::LoraOnly, true, false), (BiasChoice::All, true, true)] {
        adapter.config.bias = bias;
        assert_eq!((adapter.trains(&of_a_pair), adapter.trains(other)), (of_pairs, of_others));
    }
    // A frozen embedding is saved, and none of the parameters.
    adapter.weights.insert("model.embed_tokens.weight".into(), numbers(3, &[9, 6]));
    assert_eq!(adapter.parameters().len(), 4);
    let folder = tempfile::tempdir().unwrap();
    adapter.save(folder.path(), "b").unwrap();
    assert!(Adapter::load(folder.path(), &Device::Cpu).unwrap().weights.contains_key("model.embed_tokens.weight"));
}

/// A sparse file takes no room on the disk, and all memory once it is read.
#[test]
fn the_size_of_an_adapter_is_known_before_its_numbers_are_read() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "b").unwrap();
    let small = StoredAdapter::open(folder.path()).unwrap().size_bytes();
    assert_eq!(small, adapter().size_bytes());
    let rows = 50_000_000_000_u64;
    let header = format!(
        "{{\"base_model.model.{MODULE}.lora_A.weight\":{{\"dtype\":\"F32\",\"shape\":[2,{rows}],\"data_offsets\":[0,{}]}}}}",
        8 * rows
    );
    let path = folder.path().join("adapter_model.safetensors");
    fs::write(&path, [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(8 + header.len() as u64 + 8 * rows).unwrap();
    let stored = StoredAdapter::open(folder.path()).unwrap();
    assert_eq!((stored.size_bytes(), stored.loading_bytes()), (8 * rows, 3 * 8 * rows));
}

#[test]
fn a_broken_adapter_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "b").unwrap();
    let path = folder.path().join("adapter_model.safetensors");
    let whole = fs::read(&path).unwrap();
    for broken in [&whole[..whole.len() - 1], &whole[..20], b""] {
        fs::write(&path, broken).unwrap();
        let error = Adapter::load(folder.path(), &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("adapter_model.safetensors"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    assert!(Adapter::load(folder.path(), &Device::Cpu).is_err());
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_at_once() {
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        let folder = tempfile::tempdir().unwrap();
        adapter().save(folder.path(), "b").unwrap();
        let path = folder.path().join(name);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let error = Adapter::load(folder.path(), &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_config_that_does_not_go_with_its_tensors_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    adapter().save(folder.path(), "some/base").unwrap();
    let path = folder.path().join("adapter_config.json");
    let written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let refused = |key: &str, value: serde_json::Value| {
        let mut config = written.clone();
        config[key] = value;
        fs::write(&path, config.to_string()).unwrap();
        Adapter::load(folder.path(), &Device::Cpu).err().unwrap_or_else(|| panic!("{key} is accepted")).to_string()
    };
    for alpha in [0.0, -8.0] {
        assert!(refused("lora_alpha", alpha.into()).contains("above 0"));
    }
    assert!(refused("alpha_pattern", serde_json::json!({ "q_proj": 0 })).contains("alpha_pattern"));
    assert!(refused("task_type", "SEQ_CLS".into()).contains("task_type is SEQ_CLS"));
    assert!(refused("exclude_modules", serde_json::json!(["q_proj"])).contains("which exclude_modules"));
    assert!(refused("exclude_modules", r".*\.(q|k)_proj".into()).contains("which exclude_modules"));
    // A text is an expression for the whole name, and this one fits none.
    let mut config = written.clone();
    config["exclude_modules"] = "q_proj".into();
    fs::write(&path, config.to_string()).unwrap();
    assert!(Adapter::load(folder.path(), &Device::Cpu).is_ok());

    fs::write(&path, written.to_string()).unwrap();
    fs::remove_file(folder.path().join("adapter_model.safetensors")).unwrap();
    let told = || Adapter::load(folder.path(), &Device::Cpu).err().unwrap().to_string();
    assert!(told().contains("has no adapter_model.safetensors") && !told().contains("os error"), "{}", told());
    fs::write(folder.path().join("adapter_model.bin"), "pickled").unwrap();
    assert!(told().contains("holds only adapter_model.bin"), "{}", told());
}
