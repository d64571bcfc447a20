//! What is decided, counted and refused before anything is loaded.

use std::sync::Arc;

use std::fs;
use std::ops::ControlFlow;

use tempfile::tempdir;
use tunesmith_protocol::{AutoOr, ErrorCode, Method, Precision, Switch, TargetModules, TrainSettings};
use tunesmith_train::{Job, TrainError, TrainPlan, run};

use crate::tiny::{job, model_of_family, rows, train};

#[test]
fn every_auto_is_decided() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.training = rows(100).into();
    job.settings = TrainSettings { batch_size: 2, gradient_accumulation: 1, ..TrainSettings::default() };
    let plan = TrainPlan::new(job).unwrap().summary();
    assert_eq!(plan.steps, 150, "3 epochs of 50 steps");
    assert_eq!(plan.training.eval_every, AutoOr::Steps(15), "ten times a run");
    assert_eq!(plan.training.save_every, AutoOr::Steps(15), "with each evaluation");
    assert_eq!(plan.training.precision, Precision::F32);
    assert_eq!(plan.training.gradient_checkpointing, Switch::Off, "it fits without");
    assert_eq!((plan.device.as_str(), plan.training.device.as_str()), ("cpu", "cpu"));
    // rank × (in + out) of the seven projections of two layers: (32+32) + 2 × (32+16) + (32+32) + 3 × (32+48).
    assert_eq!(plan.trainable_parameters, 2 * 16 * (64 + 96 + 64 + 240));
    assert!(plan.fit.fits && plan.fit.needed_bytes > 0 && !plan.fit.parts.is_empty());
}

#[test]
fn measuring_takes_about_a_tenth_of_the_run() {
    let folder = tempdir().unwrap();
    let plan = |steps: u32, validation: u32, eval_every: AutoOr| {
        let mut job = job(folder.path(), "run", Method::Lora);
        job.training = rows(100).into();
        job.validation = rows(validation).into();
        let batches = TrainSettings { batch_size: 2, gradient_accumulation: 1, ..TrainSettings::default() };
        job.settings = TrainSettings { max_steps: Some(steps), eval_every, ..batches };
        let plan = TrainPlan::new(job).unwrap().summary();
        let AutoOr::Steps(every) = plan.training.eval_every else { panic!("it is decided") };
        (every, plan.measured_rows)
    };
    // A step of two rows costs as much as measuring six; so many rows are measured in all, beside the steps.
    let share = |steps: u32, (every, measured): (u32, u64)| {
        let measured = f64::from(1 + steps.div_ceil(every)) * measured as f64;
        measured / (measured + 6.0 * f64::from(steps))
    };
    for (steps, validation) in [(100, 10), (1000, 100), (1000, 500), (200, 2000), (10, 400), (5000, 5000)] {
        let (every, measured) = plan(steps, validation, AutoOr::Auto);
        let share = share(steps, (every, measured));
        let least = measured == 16 || measured == u64::from(validation) && every == steps.div_ceil(10).min(50);
        assert!(share < 0.115 || measured == 16, "{steps} {validation}: {share}, {measured} rows every {every}");
        assert!(share > 0.06 || least, "{steps} {validation}: {share}, {measured} rows every {every}");
    }
    assert_eq!(plan(1000, 10, AutoOr::Auto), (50, 10), "once an epoch, where that is cheap");
    assert_eq!(plan(10, 400, AutoOr::Auto), (4, 16), "and no fewer rows than tell anything");
    assert_eq!(plan(10, 400, AutoOr::Steps(1)), (1, 400), "who asks for more gets it");
    assert_eq!(plan(10, 5, AutoOr::Auto).1, 5);
}

#[test]
fn only_the_projections_asked_for_are_trained() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings.target_modules = TargetModules::Named(vec!["q_proj".into(), "v_proj".into()]);
    let plan = TrainPlan::new(job).unwrap();
    assert_eq!(plan.summary().trainable_parameters, 2 * 4 * (64 + 48));
    run(plan, &mut |_| ControlFlow::Continue(())).unwrap();
    let file = fs::read(folder.path().join("run/result/adapter_model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
    assert_eq!(tensors.len(), 2 * 2 * 2, "A and B of two projections in two layers");
}

#[test]
fn all_linear_means_the_projections_that_the_family_has() {
    let folder = tempdir().unwrap();
    model_of_family(&folder.path().join("base"), "phi3", "Phi3ForCausalLM");
    let plan = TrainPlan::new(job(folder.path(), "run", Method::Lora)).unwrap();
    // In + out of qkv, o, gate and up, and down, fused as they are.
    assert_eq!(plan.summary().trainable_parameters, 2 * 4 * ((32 + 64) + (32 + 32) + (32 + 96) + (48 + 32)));
    run(plan, &mut |_| ControlFlow::Continue(())).unwrap();
    let file = fs::read(folder.path().join("run/result/adapter_config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(config["target_modules"], serde_json::json!(["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]));
}

#[test]
fn a_module_that_the_family_lacks_is_refused_with_those_it_has() {
    let folder = tempdir().unwrap();
    model_of_family(&folder.path().join("base"), "phi3", "Phi3ForCausalLM");
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings.target_modules = TargetModules::Named(vec!["q_proj".into()]);
    let Err(TrainError::Settings(problems)) = TrainPlan::new(job) else { panic!("q_proj should be refused") };
    assert_eq!(problems[0].name, "target_modules");
    assert!(problems[0].message.contains("no q_proj") && problems[0].message.contains("qkv_proj, o_proj"));
}

#[test]
fn a_short_epoch_is_measured_once_where_a_tenth_of_the_run_allows_that() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.validation = rows(2).into();
    job.settings = TrainSettings { epochs: 100.0, batch_size: 4, gradient_accumulation: 1, ..TrainSettings::default() };
    let plan = TrainPlan::new(job).unwrap().summary();
    assert_eq!((plan.steps, plan.training.eval_every), (300, AutoOr::Steps(3)));
}

#[test]
fn steps_follow_from_rows_epochs_and_max_steps() {
    let folder = tempdir().unwrap();
    let steps = |epochs, max_steps| {
        let mut job = job(folder.path(), "run", Method::Lora);
        job.training = rows(10).into();
        job.settings =
            TrainSettings { epochs, max_steps, batch_size: 2, gradient_accumulation: 2, ..TrainSettings::default() };
        TrainPlan::new(job).unwrap().summary().steps
    };
    assert_eq!(steps(1.0, None), 3, "the last two rows are a step of their own");
    assert_eq!(steps(0.5, None), 2, "half an epoch, rounded up to whole steps");
    assert_eq!(steps(0.01, None), 1);
    assert_eq!(steps(1.0, Some(2)), 2);
    assert_eq!(steps(1.0, Some(7)), 7, "max steps wins over epochs");
}

#[test]
fn what_cannot_be_trained_is_refused_with_a_reason() {
    let folder = tempdir().unwrap();
    let refused = |change: &dyn Fn(&mut Job)| {
        let mut job = job(folder.path(), "run", Method::Lora);
        change(&mut job);
        match TrainPlan::new(job) {
            Ok(_) => panic!("it should have been refused"),
            Err(error) => {
                assert!(!error.sentence().key.is_empty(), "{error:?} can be said in other languages");
                (error.code(), error.to_string())
            }
        }
    };
    let (code, message) = refused(&|job| job.settings.learning_rate = -1.0);
    assert!(code == ErrorCode::Invalid && message.contains("Learning rate must be"), "{message}");
    let (code, message) = refused(&|job| job.training = Default::default());
    assert!(code == ErrorCode::Invalid && message.contains("no training rows"), "{message}");
    let (_, message) =
        refused(&|job| Arc::make_mut(&mut job.training).iter_mut().for_each(|row| row.learn.fill(false)));
    assert!(message.contains("no training row has a token to learn"), "{message}");
    let (_, message) = refused(&|job| Arc::make_mut(&mut job.training)[3].ids = vec![1; 65]);
    assert!(message.contains("at most 64") && message.contains("65 tokens"), "{message}");
    let (_, message) = refused(&|job| Arc::make_mut(&mut job.training)[3].ids[1] = 96);
    assert!(message.contains("token 96"), "{message}");
    let (code, message) = refused(&|job| job.available_bytes = 100_000);
    assert!(
        code == ErrorCode::TooBig && message.contains("100 kB are free") && message.contains("weights"),
        "{message}"
    );
    let (code, _) = refused(&|job| job.base = folder.path().join("nowhere"));
    assert_eq!(code, ErrorCode::Invalid);
}

#[test]
fn recomputation_is_chosen_only_where_it_would_not_fit_otherwise() {
    let folder = tempdir().unwrap();
    let plan = |switch, available_bytes| {
        let mut job = job(folder.path(), "run", Method::Lora);
        job.threads = 1;
        job.settings.gradient_checkpointing = switch;
        job.available_bytes = available_bytes;
        TrainPlan::new(job).map(|plan| plan.summary())
    };
    let (without, with) = (plan(Switch::Off, 1 << 30).unwrap(), plan(Switch::On, 1 << 30).unwrap());
    assert!(with.fit.needed_bytes < without.fit.needed_bytes, "recomputation should need less");
    assert_eq!(plan(Switch::Auto, without.fit.needed_bytes).unwrap().training.gradient_checkpointing, Switch::Off);
    assert_eq!(plan(Switch::Auto, without.fit.needed_bytes - 1).unwrap().training.gradient_checkpointing, Switch::On);
    assert!(matches!(plan(Switch::Auto, with.fit.needed_bytes - 1), Err(TrainError::TooBig { .. })));
}

#[test]
fn memory_is_counted_for_the_fullest_micro_batch_that_can_come() {
    let folder = tempdir().unwrap();
    job(folder.path(), "run", Method::Lora);
    let config = folder.path().join("base/config.json");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("\"max_position_embeddings\": 64", "\"max_position_embeddings\": 4096")).unwrap();
    let activations = |lengths: &[usize], batch_size| {
        let mut job = job(folder.path(), "run", Method::Lora);
        let row = |length: &usize| tunesmith_data::Tokens { ids: vec![1; *length], learn: vec![true; *length] };
        job.training = lengths.iter().map(row).collect::<Vec<_>>().into();
        job.validation = Default::default();
        job.settings.batch_size = batch_size;
        let fit = TrainPlan::new(job).unwrap().summary().fit;
        fit.parts.iter().find(|part| part.what == "activations").unwrap().bytes
    };
    let alone = |tokens| activations(&[tokens], 1);
    let mixed = [100, 100, 1000, 100, 100, 100, 100];
    assert_eq!(activations(&mixed, 8), alone(1500), "five short rows leave room for the long one");
    assert_eq!(activations(&mixed, 3), alone(1200), "a batch has three rows at most");
    assert_eq!(activations(&mixed, 1), alone(1000));
    assert_eq!(activations(&[300, 300, 300], 8), alone(600), "two of three hundred are a full micro-batch");
    assert_eq!(activations(&[600, 600], 8), alone(600), "each is a full micro-batch by itself");
    assert_eq!(activations(&[20, 10], 8), alone(30), "there are no more rows");
}

#[test]
fn a_run_is_not_written_over_another() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "run", Method::Lora)).0.unwrap();
    let again = TrainPlan::new(job(folder.path(), "run", Method::Lora));
    assert!(matches!(again, Err(TrainError::Occupied(_))));
}

#[test]
fn other_files_in_the_run_folder_are_left_alone() {
    let folder = tempdir().unwrap();
    let job = job(folder.path(), "run", Method::Lora);
    fs::create_dir_all(job.output.join("tokens")).unwrap();
    fs::write(job.output.join("run.json"), "{}").unwrap();
    let output = job.output.clone();
    train(job).0.unwrap();
    assert!(output.join("tokens").is_dir() && output.join("run.json").is_file());
}
