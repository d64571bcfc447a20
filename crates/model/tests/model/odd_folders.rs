//! Model folders that are not as they should be: numbers that are none, files that are none, weights under other names,
//! quantized ones, and heads that disagree with the config.

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_lora::{LoraConfig, StoredAdapter};
use serde_json::json;
use tempfile::TempDir;
use tunesmith_model::{
    Adapter, Decoder, ModelError, Sampling, TrainingShape, WeightFormat, facts, generate, trained_parameters,
};

use crate::folders::{change_config, load, logits, refused, saved};
use crate::formula::{config, decoder};
use crate::gradients::assert_close;

fn write(folder: &Path, tensors: &HashMap<String, Tensor>) {
    candle_core::safetensors::save(tensors, folder.join("model.safetensors")).unwrap();
}

fn all(decoder: &Decoder) -> HashMap<String, Tensor> {
    decoder.parameters().into_iter().collect()
}

#[test]
fn weights_that_are_no_numbers_are_refused_with_the_tensors_name_in_every_format() {
    let name = "model.layers.1.mlp.up_proj.weight";
    for (number, stored) in [(f32::NAN, DType::F32), (f32::INFINITY, DType::F16), (f32::NEG_INFINITY, DType::BF16)] {
        let (folder, decoder) = saved(DType::F32);
        let mut tensors = all(&decoder);
        let mut numbers = tensors[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        numbers[700] = number;
        let broken = Tensor::from_vec(numbers, tensors[name].shape(), &Device::Cpu).unwrap();
        tensors.insert(name.into(), broken.to_dtype(stored).unwrap());
        write(folder.path(), &tensors);
        for format in [WeightFormat::F32, WeightFormat::Bf16, WeightFormat::Q8, WeightFormat::Q4] {
            let loaded = Decoder::load(folder.path(), format, &Device::Cpu, &mut |_| ControlFlow::Continue(()));
            let error = loaded.unwrap_err().to_string();
            let words = ["model.safetensors", name, "NaN or infinite"];
            assert!(words.iter().all(|word| error.contains(word)), "{format:?}: {error}");
        }
    }
}

#[test]
fn an_answer_of_no_numbers_is_an_error() {
    let mut decoder = decoder(config(json!({})));
    let norm = decoder.parameters()["model.norm.weight"].affine(f64::from(f32::MAX), 0.0).unwrap();
    decoder.set_parameter("model.norm.weight", norm).unwrap();
    let greedy = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 3, seed: 1, repetition_penalty: 1.0 };
    let answer = generate(&decoder, &Adapter::none(), &[1, 2], &[], &greedy, &mut |_| ControlFlow::Continue(()));
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("NaN"), "{error}");
}

#[test]
fn files_that_are_none_are_refused_at_once() {
    for name in ["model.safetensors", "config.json"] {
        let (folder, _) = saved(DType::F32);
        let path = folder.path().join(name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refused(folder.path(), &[name, "is a folder"]);
        #[cfg(unix)]
        {
            fs::remove_dir(&path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
            refused(folder.path(), &[name, "a pipe"]);
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            refused(folder.path(), &[name, "a device"]);
        }
    }
}

#[test]
fn an_index_of_too_many_or_missing_files_is_refused_before_any_is_read() {
    let (folder, _) = saved(DType::F32);
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let index = |count: usize| {
        let names = (0..count).map(|number| (format!("w{number}"), json!(format!("model-{number:06}.safetensors"))));
        let map: serde_json::Map<_, _> = names.collect();
        fs::write(folder.path().join("model.safetensors.index.json"), json!({"weight_map": map}).to_string()).unwrap();
    };
    let started = Instant::now();
    index(100_000);
    refused(folder.path(), &["index.json", "more than 4096 weight files"]);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    // The first is there and no weight file: what is said is that the second is not there.
    fs::write(folder.path().join("model-000000.safetensors"), "no weights").unwrap();
    index(2);
    refused(folder.path(), &["model-000001.safetensors", "is not there"]);
}

#[test]
fn a_git_lfs_pointer_is_called_one() {
    let (folder, _) = saved(DType::F32);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    fs::write(folder.path().join("model.safetensors"), pointer).unwrap();
    refused(folder.path(), &["model.safetensors", "Git LFS pointer", "git lfs pull"]);
}

#[test]
fn a_quantized_model_is_called_so() {
    let quantized = |tensors: HashMap<String, Tensor>| {
        let (folder, _) = saved(DType::F32);
        write(folder.path(), &tensors);
        folder
    };
    let (_, decoder) = saved(DType::F32);
    let name = "model.layers.0.self_attn.q_proj.weight";
    let mut tensors = all(&decoder);
    tensors.insert(name.into(), Tensor::zeros((512, 1), DType::U8, &Device::Cpu).unwrap());
    let folder = quantized(tensors.clone());
    change_config(folder.path(), "quantization_config", json!({"quant_method": "bitsandbytes"}));
    refused(folder.path(), &["quantized already (bitsandbytes)"]);
    assert!(matches!(facts(folder.path()), Err(ModelError::Quantized { .. })));
    tensors.remove(name);
    tensors.insert(name.replace(".weight", ".qweight"), Tensor::zeros((4, 32), DType::U32, &Device::Cpu).unwrap());
    refused(quantized(tensors).path(), &["quantized already (GPTQ or AWQ)"]);
    // What a config says of weights that are whole is left to programs that would quantize them.
    let (folder, _) = saved(DType::F32);
    change_config(folder.path(), "quantization_config", json!({"quant_method": "bitsandbytes"}));
    load(folder.path()).unwrap();
}

#[test]
fn weights_without_prefix_and_the_bare_architecture_load() {
    for tied in [false, true] {
        let original = decoder(config(json!({"tie_word_embeddings": tied})));
        let folder = tempfile::tempdir().unwrap();
        original.save(folder.path(), DType::F32).unwrap();
        let bare = all(&original)
            .into_iter()
            .map(|(name, weight)| (name.strip_prefix("model.").map_or(name.clone(), String::from), weight));
        write(folder.path(), &bare.collect());
        change_config(folder.path(), "architectures", json!(["LlamaModel"]));
        assert!(facts(folder.path()).unwrap().remarks.is_empty());
        let loaded = load(folder.path()).unwrap();
        assert_eq!(logits(&loaded), logits(&original));
        // What is saved again has a head, so it is the whole model.
        let again = tempfile::tempdir().unwrap();
        loaded.save(again.path(), DType::F32).unwrap();
        assert_eq!(load(again.path()).unwrap().config().source["architectures"], json!(["LlamaForCausalLM"]));
    }
    for (family, name) in [("gemma3_text", "Gemma3TextModel"), ("qwen2", "Qwen2Model"), ("stablelm", "StableLmModel")] {
        let case = crate::case::cases().into_iter().find(|case| case.family == family).unwrap();
        let folder = tempfile::tempdir().unwrap();
        case.decoder.save(folder.path(), DType::F32).unwrap();
        change_config(folder.path(), "architectures", json!([name]));
        assert_eq!(facts(folder.path()).unwrap().family, family);
    }
}

/// transformers 5.23, `tie_weights`: "both are present in the checkpoints with different values, so we will NOT tie them".
#[test]
fn a_stored_head_that_differs_is_used_and_told_of() {
    let tied = decoder(config(json!({"tie_word_embeddings": true})));
    let apart = decoder(config(json!({"tie_word_embeddings": false})));
    let folder = |head: Option<&Tensor>| -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        tied.save(folder.path(), DType::F32).unwrap();
        let mut tensors = all(&tied);
        head.into_iter().for_each(|head| drop(tensors.insert("lm_head.weight".into(), head.clone())));
        write(folder.path(), &tensors);
        folder
    };
    let (same, other) =
        (tied.parameters()["model.embed_tokens.weight"].clone(), apart.parameters()["lm_head.weight"].clone());
    for head in [None, Some(&same)] {
        let folder = folder(head);
        assert!(facts(folder.path()).unwrap().remarks.is_empty());
        assert_eq!(logits(&load(folder.path()).unwrap()), logits(&tied));
    }
    let folder = folder(Some(&other));
    let known = facts(folder.path()).unwrap();
    assert!(known.remarks[0].contains("tie_word_embeddings") && known.remarks.len() == 1, "{:?}", known.remarks);
    let loaded = load(folder.path()).unwrap();
    assert_eq!((logits(&loaded), loaded.config()), (logits(&apart), &known.config));
    // Stored as the head alone, it is the embedding too.
    let mut tensors = all(&tied);
    let embedding = tensors.remove("model.embed_tokens.weight").unwrap();
    tensors.insert("lm_head.weight".into(), embedding);
    write(folder.path(), &tensors);
    assert_eq!(logits(&load(folder.path()).unwrap()), logits(&tied));
}

#[test]
fn stored_tensors_that_the_model_does_not_have_are_told_of() {
    let (folder, decoder) = saved(DType::F32);
    let mut tensors = all(&decoder);
    tensors.insert(
        "model.layers.0.self_attn.rotary_emb.inv_freq".into(),
        Tensor::zeros(4, DType::F32, &Device::Cpu).unwrap(),
    );
    write(folder.path(), &tensors);
    assert!(facts(folder.path()).unwrap().remarks.is_empty());
    tensors.insert("model.layers.0.self_attn.q_proj.bias".into(), Tensor::zeros(32, DType::F32, &Device::Cpu).unwrap());
    write(folder.path(), &tensors);
    let remarks = facts(folder.path()).unwrap().remarks;
    assert!(remarks[0].contains("1 stored tensor") && remarks[0].contains("q_proj.bias"), "{remarks:?}");
}

/// The extra fields are those of configs on the hub: Llama 3.2, SmolLM2, Qwen 2.5 and Phi-4-mini among them.
#[test]
fn config_fields_that_are_not_read_and_may_matter_are_told_of() {
    let (folder, _) = saved(DType::F32);
    for (key, value) in [
        ("pretraining_tp", json!(1)),
        ("is_llama_config", json!(true)),
        ("attention_dropout", json!(0.1)),
        ("bos_token_id", json!(1)),
        ("sliding_window", json!(32768)),
        ("max_window_layers", json!(21)),
        ("rope_interleaved", json!(false)),
        ("interpolate_factor", json!(1)),
        ("transformers.js_config", json!({"dtype": "q4"})),
        ("use_mrope", json!(false)),
        ("_name_or_path", json!("somewhere")),
        ("embd_pdrop", json!(0.1)),
        ("quantization_config", json!(null)),
    ] {
        change_config(folder.path(), key, value);
    }
    assert!(facts(folder.path()).unwrap().remarks.is_empty());
    change_config(folder.path(), "final_logit_softcapping", json!(30.0));
    let remarks = facts(folder.path()).unwrap().remarks;
    assert!(remarks[0].contains("1 field of config.json is not read: final_logit_softcapping"), "{remarks:?}");
    for number in 0..9 {
        change_config(folder.path(), &format!("new_{number}"), json!(number + 1));
    }
    let remarks = facts(folder.path()).unwrap().remarks;
    assert!(remarks[0].contains("10 fields") && remarks[0].contains("new_3, …"), "{remarks:?}");
    for case in crate::case::cases() {
        assert_eq!(case.decoder.config().unread, [""; 0], "{}", case.family);
    }
}

#[test]
fn a_scaling_without_a_kind_is_told_of_and_kinds_that_are_no_words_are_refused() {
    let (folder, _) = saved(DType::F32);
    change_config(folder.path(), "rope_scaling", json!({"factor": 4.0, "finetuned": false}));
    let remarks = facts(folder.path()).unwrap().remarks;
    assert!(remarks[0].contains("is not read: rope_scaling.factor"), "transformers ignores it too: {remarks:?}");
    change_config(folder.path(), "rope_scaling", json!({"rope_type": "linear", "factor": 2.0, "new": 1}));
    assert!(facts(folder.path()).unwrap().remarks[0].contains("rope_scaling.new"));
    change_config(folder.path(), "rope_scaling", json!({"rope_type": 7, "factor": 4.0}));
    let error = facts(folder.path()).unwrap_err().to_string();
    assert!(error.contains("the rope type “7” is not supported"), "{error}");
    change_config(folder.path(), "rope_scaling", json!(null));
    change_config(folder.path(), "hidden_act", json!(5));
    let error = facts(folder.path()).unwrap_err().to_string();
    assert!(error.contains("the activation “5” is not supported"), "{error}");
}

#[test]
fn an_adapter_without_tensors_for_what_it_names_is_not_continued() {
    let decoder = decoder(config(json!({})));
    let lora = LoraConfig { target_modules: vec!["q_proj".into(), "down_proj".into()], ..LoraConfig::default() };
    let whole = decoder.new_adapter(&lora, 1).unwrap();
    let folder = TempDir::new().unwrap();
    let check = |adapter: &Adapter, change: &dyn Fn(&mut serde_json::Value)| {
        adapter.save(folder.path(), "base").unwrap();
        let path = folder.path().join("adapter_config.json");
        let mut saved = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut saved);
        fs::write(&path, saved.to_string()).unwrap();
        let complete = decoder.config().check_complete(&StoredAdapter::open(folder.path()).unwrap());
        complete.map_err(|error| error.to_string())
    };
    check(&whole, &|_| ()).unwrap();
    let mut lacking = whole.clone();
    lacking.pairs.remove("model.layers.2.mlp.down_proj").unwrap();
    let error = check(&lacking, &|_| ()).unwrap_err();
    assert!(error.contains("model.layers.2.mlp.down_proj"), "{error}");
    // What the config leaves out itself is not missing, and names that the model does not have are left alone by PEFT, too.
    check(&lacking, &|saved| saved["exclude_modules"] = json!(".*2.mlp.down_proj")).unwrap();
    check(&whole, &|saved| saved["target_modules"] = json!(["q_proj", "down_proj", "c_attn"])).unwrap();
}

#[test]
fn modules_with_ranks_and_alphas_of_their_own_compute_and_count_so() {
    let decoder = decoder(config(json!({})));
    let (one, other) = ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj");
    let lora = LoraConfig {
        rank: 2,
        alpha: 4.0,
        target_modules: vec!["q_proj".into(), "down_proj".into()],
        ranks: [(one.to_string(), 5)].into(),
        alphas: [(one.to_string(), 15.0), (other.to_string(), 1.0)].into(),
        ..LoraConfig::default()
    };
    let adapter = crate::formula::start(&decoder, &lora);
    let beside = decoder.logits(&adapter, &[3, 1, 4]).unwrap();
    // By the definition: each weight W becomes W + alpha / rank · B A.
    let mut by_hand = decoder.clone();
    for (module, pair) in &adapter.pairs {
        let scale = if module == one {
            3.0
        } else if module == other {
            0.5
        } else {
            2.0
        };
        let name = format!("{module}.weight");
        let change = (pair.b.matmul(&pair.a).unwrap() * scale).unwrap();
        by_hand.set_parameter(&name, (&decoder.parameters()[&name] + change).unwrap()).unwrap();
    }
    let expected = by_hand.logits(&Adapter::none(), &[3, 1, 4]).unwrap();
    assert_close(&beside, &expected, 1e-5, "beside the weights");
    assert_close(
        &decoder.merged(&adapter).unwrap().logits(&Adapter::none(), &[3, 1, 4]).unwrap(),
        &expected,
        1e-5,
        "merged",
    );
    let shape = TrainingShape {
        tokens: 1,
        rank: Some(lora.rank),
        ranks: Some(&lora.ranks),
        beside: &[],
        target_modules: &["q_proj", "down_proj"],
        layers: None,
        dora: false,
        dropout: false,
        format: WeightFormat::F32,
        recompute: false,
        on_gpu: None,
    };
    let numbers: usize = adapter.parameters().values().map(Tensor::elem_count).sum();
    assert_eq!(trained_parameters(decoder.config(), &shape), numbers as u64);
}
