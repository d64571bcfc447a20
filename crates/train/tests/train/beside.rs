//! Adapters that have more than low-rank pairs: as PEFT wrote them, continued from, and written again.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;
use tunesmith_model::{Adapter, Decoder, Device, WeightFormat};
use tunesmith_protocol::{Bias, Method, Quantization, TargetModules, TrainSettings};
use tunesmith_train::{TrainError, TrainPlan};

use crate::curve_case::{Case, cases};
use crate::tiny::{job, train};

fn beside() -> impl Iterator<Item = Case> {
    cases().filter(|case| !case.logits.is_empty())
}

fn adapter_of(case: &Case) -> String {
    case.settings.init_adapter.as_ref().unwrap().as_str().to_owned()
}

fn load(case: &Case, format: WeightFormat) -> Decoder {
    Decoder::load(&case.base(), format, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// The largest difference to the expected logits, as a share of the largest of these.
fn apart(case: &Case, found: &[f32]) -> f32 {
    let largest = case.logits.iter().fold(0.0_f32, |most, logit| most.max(logit.abs()));
    assert_eq!(found.len(), case.logits.len());
    found.iter().zip(&case.logits).map(|(found, wanted)| (found - wanted).abs() / largest).fold(0.0, f32::max)
}

fn logits(decoder: &Decoder, adapter: &Adapter, ids: &[u32]) -> Vec<f32> {
    decoder.logits(adapter, ids).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn what_peft_saved_beside_pairs_computes_as_with_peft() {
    let mut seen = 0;
    for case in beside() {
        let adapter = Adapter::load(Path::new(&adapter_of(&case)), &Device::Cpu).unwrap();
        let (decoder, ids) = (load(&case, WeightFormat::F32), case.first_row());
        let found = logits(&decoder, &adapter, &ids);
        assert!(apart(&case, &found) < 1e-5, "{}: {:e}", case.name(), apart(&case, &found));
        // Not by chance: without it they are others.
        assert!(apart(&case, &logits(&decoder, &Adapter::none(), &ids)) > 1e-2, "{}", case.name());
        let own = decoder.without_copies(adapter.clone()).unwrap();
        assert!(apart(&case, &logits(&decoder, &own, &ids)) < 1e-5, "{}", case.name());
        let merged = decoder.merged(&adapter).unwrap();
        assert!(apart(&case, &logits(&merged, &Adapter::none(), &ids)) < 1e-5, "{}: merged", case.name());
        // Beside fewer bits it counts as much, and is itself held in 32.
        for (format, most) in [(WeightFormat::Bf16, 0.03), (WeightFormat::Q8, 0.03), (WeightFormat::Q4, 0.3)] {
            let found = logits(&load(&case, format), &adapter, &ids);
            assert!(apart(&case, &found) < most, "{}, {format:?}: {}", case.name(), apart(&case, &found));
        }
        seen += 1;
    }
    assert!(seen >= 20, "{seen}");
}

#[test]
fn a_copy_of_a_frozen_embedding_is_let_go_and_a_changed_one_is_not() {
    for case in beside().filter(|case| ["pair of the embedding", "saved embeddings"].contains(&case.way.as_str())) {
        let adapter = Adapter::load(Path::new(&adapter_of(&case)), &Device::Cpu).unwrap();
        assert!(adapter.weights.contains_key("model.embed_tokens.weight"), "{}", case.name());
        let own = load(&case, WeightFormat::F32).without_copies(adapter).unwrap();
        assert_eq!(
            own.weights.contains_key("model.embed_tokens.weight"),
            case.way == "saved embeddings",
            "{}",
            case.name()
        );
    }
}

fn names(adapter: &Path) -> Vec<String> {
    let file = fs::read(adapter.join("adapter_model.safetensors")).unwrap();
    let mut names: Vec<String> =
        safetensors::SafeTensors::deserialize(&file).unwrap().names().into_iter().map(String::from).collect();
    names.sort();
    names
}

#[test]
fn what_continues_from_pefts_adapter_is_written_as_peft_writes_it() {
    for case in beside() {
        let folder = tempdir().unwrap();
        let job = case.job(folder.path());
        train(job).0.unwrap();
        let (begun, result) = (adapter_of(&case), folder.path().join("result"));
        let mut expected = names(Path::new(&begun));
        match case.way.as_str() {
            // The copies of the frozen embedding and of the head that is none are the base's own.
            "saved embeddings" if case.family == "llama_beside" => expected.retain(|name| !name.contains("lm_head")),
            "pair of the embedding" => expected.retain(|name| !name.ends_with("base_layer.weight")),
            _ => {}
        }
        assert_eq!(names(&result), expected, "{}", case.name());
        let config = |folder: &Path| -> Value {
            serde_json::from_slice(&fs::read(folder.join("adapter_config.json")).unwrap()).unwrap()
        };
        let (one, other) = (config(Path::new(&begun)), config(&result));
        for key in ["modules_to_save", "bias", "trainable_token_indices"] {
            assert_eq!(one[key], other[key], "{}: {key}", case.name());
        }
    }
}

type Change = fn(&mut TrainSettings);

fn refused(change: Change, setting: &str, words: &str) {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    change(&mut job.settings);
    let Err(TrainError::Settings(problems)) = TrainPlan::new(job) else { panic!("{setting} should be refused") };
    assert_eq!(problems[0].name, setting);
    assert!(problems[0].message.contains(words), "{}", problems[0].message.text);
}

#[test]
fn what_cannot_be_trained_beside_an_adapter_is_told() {
    refused(|s| s.modules_to_save = vec!["qkv_proj".into()], "modules_to_save", "has no qkv_proj");
    refused(|s| s.modules_to_save = vec!["classifier".into()], "modules_to_save", "a list of q_proj");
    refused(
        |s| (s.method, s.modules_to_save) = (Method::Full, vec!["lm_head".into()]),
        "modules_to_save",
        "method full",
    );
    refused(
        |s| {
            s.target_modules = TargetModules::Named(vec!["q_proj".into()]);
            s.modules_to_save = vec!["q_proj".into()];
        },
        "modules_to_save",
        "q_proj is trained whole and with an adapter",
    );
    refused(|s| s.bias = Bias::All, "bias", "has no biases");
    refused(|s| s.trainable_token_indices = vec![1_000_000], "trainable_token_indices", "1000000");
    refused(|s| s.trainable_token_indices = vec![3, 3], "trainable_token_indices", "each once");
    refused(
        |s| (s.trainable_token_indices, s.modules_to_save) = (vec![3], vec!["embed_tokens".into()]),
        "trainable_token_indices",
        "trained already",
    );
}

/// Beside a base model of few bits it is trained as beside one of 32.
#[test]
fn whole_modules_and_tokens_are_trained_beside_a_quantized_model() {
    let changes: [Change; 2] =
        [|s| s.modules_to_save = vec!["lm_head".into(), "norm".into()], |s| s.trainable_token_indices = vec![5, 3, 9]];
    for change in changes {
        for quantization in [Quantization::Eight, Quantization::Four] {
            let folder = tempdir().unwrap();
            let mut job = job(folder.path(), "run", Method::Lora);
            job.settings.quantization = quantization;
            change(&mut job.settings);
            let (outcome, told) = train(job);
            outcome.unwrap();
            let (first, last) = (told.steps.first().unwrap().loss, told.steps.last().unwrap().loss);
            assert!(last < first, "{first} → {last}");
        }
    }
}

/// The file is sparse: it takes no room on the disk.
#[test]
fn an_adapter_that_does_not_fit_into_memory_is_not_read() {
    let folder = tempdir().unwrap();
    let (rows, module) = (100_000_000_000_u64, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
    let adapter = folder.path().join("adapter");
    fs::create_dir(&adapter).unwrap();
    let config = json!({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]});
    fs::write(adapter.join("adapter_config.json"), config.to_string()).unwrap();
    let tensors: BTreeMap<&str, Value> =
        [(module, json!({"dtype": "F32", "shape": [2, rows], "data_offsets": [0, 8 * rows]}))].into();
    let header = serde_json::to_string(&tensors).unwrap();
    let path = adapter.join("adapter_model.safetensors");
    fs::write(&path, [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(8 + header.len() as u64 + 8 * rows).unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings.init_adapter = Some(adapter.into());
    let Err(TrainError::Settings(problems)) = TrainPlan::new(job) else { panic!("it should be refused") };
    assert!(problems[0].message.contains("2400.0 GB of memory"), "{}", problems[0].message.text);
}
