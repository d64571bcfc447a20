//! Every way to train: what comes out, that it can be resumed, and what cannot be asked for together.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{Device, Tensor};
use tempfile::tempdir;
use tunesmith_model::{Adapter, Decoder, WeightFormat};
use tunesmith_protocol::{Layers, Method, Switch, TargetModules, TrainSettings};
use tunesmith_train::{Job, Outcome, TrainError, TrainPlan};

use crate::tiny::{contents, job, resumed, settings, stop_after, train, train_until};

type Change = fn(&mut TrainSettings);

const METHODS: [(&str, Change); 9] = [
    ("rslora", |s| s.use_rslora = true),
    ("dropout and noise", |s| (s.lora_dropout, s.neftune_alpha) = (0.2, Some(5.0))),
    ("dora", |s| (s.method, s.lora_dropout) = (Method::Dora, 0.1)),
    ("pissa", |s| s.use_pissa = true),
    ("last layer", |s| s.layers = Layers::Last(1)),
    ("embedding and head", |s| {
        s.target_modules = TargetModules::Named(["q_proj", "embed_tokens", "lm_head"].map(String::from).to_vec());
    }),
    ("whole head and norms", |s| s.modules_to_save = vec!["lm_head".into(), "norm".into()]),
    ("single tokens, pissa", |s| (s.trainable_token_indices, s.use_pissa) = (vec![5, 3, 9], true)),
    ("weights of the last layer", |s| (s.method, s.layers) = (Method::Full, Layers::Last(1))),
];

fn job_of(folder: &Path, output: &str, change: Change) -> Job {
    let mut job = job(folder, output, Method::Lora);
    change(&mut job.settings);
    job
}

fn result(folder: &Path, output: &str) -> Vec<(String, Vec<u8>)> {
    contents(&folder.join(output).join("result"))
}

#[test]
fn a_resumed_run_of_any_method_ends_with_the_same_bytes() {
    for (name, change) in METHODS {
        let folder = tempdir().unwrap();
        train(job_of(folder.path(), "whole", change)).0.unwrap();
        train_until(job_of(folder.path(), "parts", change), stop_after(4)).0.unwrap();
        train(resumed(job_of(folder.path(), "parts", change))).0.unwrap();
        assert!(result(folder.path(), "whole") == result(folder.path(), "parts"), "{name}");
    }
}

#[test]
fn threads_and_recomputation_change_no_byte_of_any_method() {
    for (name, change) in METHODS {
        let run = |threads, recompute| {
            let folder = tempdir().unwrap();
            let mut job = job_of(folder.path(), "run", change);
            (job.threads, job.settings.gradient_checkpointing) = (threads, recompute);
            train(job).0.unwrap();
            result(folder.path(), "run")
        };
        let one = run(1, Switch::Off);
        assert!(one == run(3, Switch::Off), "{name}: threads");
        assert!(one == run(2, Switch::On), "{name}: recomputation");
    }
}

#[test]
fn four_batches_of_one_have_the_noise_of_one_batch_of_four() {
    let run = |batch_size, gradient_accumulation| {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", Method::Lora);
        let base = settings(Method::Lora);
        job.settings =
            TrainSettings { batch_size, gradient_accumulation, lora_dropout: 0.3, neftune_alpha: Some(5.0), ..base };
        train(job).1
    };
    for (apart, together) in run(1, 4).steps.iter().zip(&run(4, 1).steps) {
        assert!((apart.loss - together.loss).abs() < 1e-5, "step {}: {} and {}", apart.step, apart.loss, together.loss);
    }
}

#[test]
fn the_memory_guard_counts_what_each_method_trains() {
    for (name, change) in METHODS {
        let folder = tempdir().unwrap();
        let job = job_of(folder.path(), "run", change);
        let (base, pissa, full) = (job.base.clone(), job.settings.use_pissa, job.settings.method == Method::Full);
        let counted = TrainPlan::new(job_of(folder.path(), "run", change)).unwrap().summary().trainable_parameters;
        train(job).0.unwrap();
        let made: u64 = if full {
            let weights = weights(&base).into_iter().filter(|(name, _)| name.starts_with("model.layers.1."));
            weights.map(|(_, weight)| weight.elem_count() as u64).sum()
        } else {
            let adapter = Adapter::load(&folder.path().join("run/result"), &Device::Cpu).unwrap();
            adapter.parameters().values().map(|tensor| tensor.elem_count() as u64).sum()
        };
        // PiSSA is saved at twice the rank; what is beside pairs is not.
        let beside = if name.starts_with("single tokens") { 3 * 32 } else { 0 };
        assert_eq!(if pissa { 2 * (counted - beside) + beside } else { counted }, made, "{name}");
    }
}

#[test]
fn only_the_weights_of_the_layers_asked_for_change() {
    let folder = tempdir().unwrap();
    let job = job_of(folder.path(), "run", |s| (s.method, s.layers) = (Method::Full, Layers::Last(1)));
    let before = weights(&job.base);
    train(job).0.unwrap();
    for (name, weight) in weights(&folder.path().join("run/result")) {
        let same = numbers(&weight) == numbers(&before[&name]);
        assert_eq!(same, !name.starts_with("model.layers.1."), "{name}");
    }
}

#[test]
fn a_pissa_start_changes_nothing_and_its_result_fits_the_original_model() {
    let folder = tempdir().unwrap();
    let (_, plain) = train(job(folder.path(), "plain", Method::Lora));
    let (outcome, told) = train(job_of(folder.path(), "pissa", |s| s.use_pissa = true));
    assert!((told.evals[0].1 / plain.evals[0].1 - 1.0).abs() < 1e-6, "before the first step it is the base model");
    let Outcome::Done { result, best_step, .. } = outcome.unwrap() else { panic!("it should end by itself") };
    let adapter = Adapter::load(&result, &Device::Cpu).unwrap();
    assert_eq!((adapter.config.rank, adapter.config.scale()), (8, 2.0), "twice the rank, the same scale");
    let job = job(folder.path(), "x", Method::Lora);
    let decoder =
        Decoder::load(&job.base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
    let (mut nats, mut learned) = (0.0, 0.0);
    for row in job.validation.iter() {
        let rows = tunesmith_model::Sequences { ids: &row.ids, learn: &row.learn, lengths: &[row.ids.len()] };
        let loss = decoder.loss(&adapter, &rows).unwrap();
        (nats, learned) = (nats + loss.nats, learned + loss.learned as f64);
    }
    let best = told.evals.iter().find(|eval| eval.0 == best_step).unwrap().1;
    assert!((nats / learned / best - 1.0).abs() < 1e-5, "{} and {best}", nats / learned);
}

#[test]
fn a_run_continues_from_an_adapter_of_any_kind() {
    for (name, change) in METHODS.into_iter().take(6) {
        let folder = tempdir().unwrap();
        let (_, first) = train(job_of(folder.path(), "first", change));
        let from = folder.path().join("first/result");
        let mut second = job(folder.path(), "second", Method::Lora);
        second.settings.init_adapter = Some(from.as_path().into());
        let plan = TrainPlan::new(Job { resume: false, ..second }).unwrap().summary();
        let kept = Adapter::load(&from, &Device::Cpu).unwrap().config;
        assert_eq!((plan.training.lora_rank as usize, plan.training.lora_alpha), (kept.rank, kept.alpha), "{name}");
        assert_eq!(
            (plan.training.use_rslora, plan.training.method == Method::Dora),
            (kept.rslora, kept.dora),
            "{name}"
        );
        let mut second = job(folder.path(), "second", Method::Lora);
        second.settings.init_adapter = Some(from.as_path().into());
        let (outcome, told) = train(second);
        outcome.unwrap();
        let best = first.evals[1..].iter().map(|eval| eval.1).fold(f64::MAX, f64::min);
        assert!((told.evals[0].1 / best - 1.0).abs() < 1e-5, "{name}: it begins where the first one ended");
        let made = Adapter::load(&folder.path().join("second/result"), &Device::Cpu).unwrap();
        assert!(made.parameters().keys().eq(Adapter::load(&from, &Device::Cpu).unwrap().parameters().keys()), "{name}");
    }
}

#[test]
fn an_adapter_to_continue_from_must_fit_and_may_be_gone_when_a_run_is_resumed() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "first", Method::Lora)).0.unwrap();
    let from = folder.path().join("first/result");
    let second = || {
        let mut job = job(folder.path(), "second", Method::Lora);
        job.settings.init_adapter = Some(from.as_path().into());
        job
    };
    train_until(second(), stop_after(4)).0.unwrap();
    let other = tempdir().unwrap();
    crate::tiny::model_of_family(&other.path().join("base"), "phi3", "Phi3ForCausalLM");
    let Err(error) =
        TrainPlan::new(Job { base: other.path().join("base"), output: other.path().join("run"), ..second() })
    else {
        panic!("an adapter of another family should be refused")
    };
    let of_the_setting =
        |error: &TrainError| matches!(error, TrainError::Settings(problems) if problems[0].name == "init_adapter");
    assert!(error.to_string().contains("another model") && of_the_setting(&error), "{error}");
    fs::remove_dir_all(&from).unwrap();
    train(resumed(second())).0.unwrap();
    let Err(error) = TrainPlan::new(Job { output: other.path().join("run"), ..second() }) else {
        panic!("a folder that is gone should be refused")
    };
    assert!(error.to_string().contains("adapter_config.json") && of_the_setting(&error), "{error}");
}

/// One module has twice the rank, half of it zeros, and twice the alpha, so that it computes the same.
#[test]
fn a_run_continues_from_an_adapter_with_ranks_and_alphas_of_its_own() {
    let folder = tempdir().unwrap();
    let (_, first) = train(job(folder.path(), "first", Method::Lora));
    let from = folder.path().join("first/result");
    let mut adapter = Adapter::load(&from, &Device::Cpu).unwrap();
    let module = adapter.pairs.keys().next().unwrap().clone();
    let pair = adapter.pairs.get_mut(&module).unwrap();
    pair.a = Tensor::cat(&[&pair.a, &pair.a.zeros_like().unwrap()], 0).unwrap();
    pair.b = Tensor::cat(&[&pair.b, &pair.b.zeros_like().unwrap()], 1).unwrap();
    let (rank, alpha) = (adapter.config.rank, adapter.config.alpha);
    adapter.config.ranks.insert(module.clone(), 2 * rank);
    adapter.config.alphas.insert(module.clone(), 2.0 * alpha);
    adapter.save(&from, "base").unwrap();
    let second = || {
        let mut job = job(folder.path(), "second", Method::Lora);
        job.settings.init_adapter = Some(from.as_path().into());
        job
    };
    let numbers: usize = adapter.parameters().values().map(Tensor::elem_count).sum();
    assert_eq!(TrainPlan::new(second()).unwrap().summary().trainable_parameters, numbers as u64);
    let (outcome, told) = train(second());
    outcome.unwrap();
    let best = first.evals[1..].iter().map(|eval| eval.1).fold(f64::MAX, f64::min);
    assert!((told.evals[0].1 / best - 1.0).abs() < 1e-5, "it begins where the first one ended");
    let made = Adapter::load(&folder.path().join("second/result"), &Device::Cpu).unwrap().config;
    assert_eq!((made.rank_of(&module), made.scale_of(&module)), (2 * rank, alpha / rank as f64));
    assert_eq!(made.rank, rank, "the others have theirs");
}

#[test]
fn an_adapter_whose_config_names_other_layers_or_modules_is_not_continued() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "first", Method::Lora)).0.unwrap();
    let from = folder.path().join("first/result");
    let path = from.join("adapter_config.json");
    let whole = fs::read_to_string(&path).unwrap();
    for (key, value, word) in [
        ("layers_to_transform", serde_json::json!([7]), "layers_to_transform"),
        ("target_modules", serde_json::json!(["c_attn"]), "target_modules"),
    ] {
        let mut config: serde_json::Value = serde_json::from_str(&whole).unwrap();
        config[key] = value;
        fs::write(&path, config.to_string()).unwrap();
        let mut second = job(folder.path(), "second", Method::Lora);
        second.settings.init_adapter = Some(from.as_path().into());
        let Err(error) = TrainPlan::new(second) else { panic!("{key} should be refused") };
        let of_the_setting = matches!(&error, TrainError::Settings(problems) if problems[0].name == "init_adapter");
        assert!(of_the_setting && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn settings_that_exclude_each_other_are_refused_with_a_reason() {
    let refused: [(Change, &str, &str); 8] = [
        (|s| (s.method, s.use_pissa) = (Method::Dora, true), "use_pissa", "dora"),
        (|s| (s.method, s.use_pissa) = (Method::Full, true), "use_pissa", "full"),
        (|s| (s.use_pissa, s.init_adapter) = (true, Some("x".into())), "use_pissa", "both"),
        (|s| (s.method, s.init_adapter) = (Method::Full, Some("x".into())), "init_adapter", "full"),
        (|s| s.layers = Layers::Last(3), "layers", "last-2"),
        (|s| s.layers = Layers::Ranges(vec![(0, 2)]), "layers", "below 2"),
        (|s| (s.method, s.layers) = (Method::Scratch, Layers::Last(1)), "layers", "whole"),
        (
            |s| {
                (s.layers, s.target_modules) = (Layers::Last(1), TargetModules::Named(vec!["lm_head".into()]));
            },
            "layers",
            "lm_head",
        ),
    ];
    for (change, name, word) in refused {
        let folder = tempdir().unwrap();
        let Err(TrainError::Settings(problems)) = TrainPlan::new(job_of(folder.path(), "run", change)) else {
            panic!("{name} with {word} should be refused")
        };
        assert!(problems[0].name == name && problems[0].message.contains(word), "{}", problems[0].message);
    }
}

fn weights(folder: &Path) -> std::collections::BTreeMap<String, Tensor> {
    Decoder::load(folder, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap().parameters()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}
