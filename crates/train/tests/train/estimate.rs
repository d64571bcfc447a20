//! How long a run is said to take. What a machine is measured to be differs from time to time, so that speeds are made up here.

use std::ops::ControlFlow;
use std::time::Duration;

use tempfile::tempdir;
use tunesmith_protocol::{AutoOr, Method, Optimizer, Quantization, Switch, TrainSettings};
use tunesmith_train::{Job, Speed, TrainError, TrainPlan};

use crate::tiny::{job, rows, train};

const SPEED: Speed = Speed { training_token: 1e-2, evaluation_token: 1e-3, micro_batch: 1e-1, update: 1.0 };

fn plan(job: Job) -> TrainPlan {
    TrainPlan::new(job).unwrap()
}

fn measured(plan: &TrainPlan) -> Speed {
    Speed::measure(plan, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn an_estimate_is_the_sum_of_what_the_run_computes_and_writes() {
    let folder = tempdir().unwrap();
    let one = |settings: TrainSettings| {
        let mut job = job(folder.path(), "run", Method::Lora);
        job.threads = 1;
        job.training = vec![rows(1).remove(0); 12].into();
        job.validation = vec![rows(1).remove(0); 3].into();
        job.settings = TrainSettings { gradient_accumulation: 2, ..settings };
        plan(job).estimate(&SPEED)
    };
    // Ten steps of two micro-batches with two rows of six tokens; three rows are measured six times.
    let ten = one(TrainSettings { max_steps: Some(10), ..job(folder.path(), "run", Method::Lora).settings });
    let seconds = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e6;
    // 10 · (2 · 12 · 0.01 + 2 · 0.1 + 1)
    assert_eq!(seconds(ten.training), 14.4);
    assert_eq!(seconds(ten.evaluation), 0.108, "6 · 18 · 0.001");
    assert!(ten.files > Duration::ZERO && !ten.at_most);
    assert_eq!(ten.total(), ten.training + ten.evaluation + ten.files);

    let settings = job(folder.path(), "run", Method::Lora).settings;
    let hundred = one(TrainSettings { max_steps: Some(100), eval_every: AutoOr::Steps(20), ..settings.clone() });
    assert_eq!(seconds(hundred.training), 144.0, "it grows with the steps");
    assert_eq!(hundred.evaluation, ten.evaluation, "as often as before");
    let patient = one(TrainSettings { early_stopping_patience: Some(2), ..settings });
    assert!(patient.at_most, "it may end early");
}

#[test]
fn micro_batches_side_by_side_take_as_long_as_the_longest() {
    let folder = tempdir().unwrap();
    let time = |threads| {
        let mut job = job(folder.path(), "run", Method::Lora);
        job.threads = threads;
        job.training = vec![rows(1).remove(0); 12].into();
        plan(job).estimate(&Speed { training_token: 1.0, ..Speed::default() }).training.as_secs_f64()
    };
    // A step has two micro-batches of twelve tokens.
    assert_eq!([1, 2, 3].map(time), [240.0, 120.0, 120.0]);
}

#[test]
fn what_changes_no_speed_needs_no_new_measurement() {
    let folder = tempdir().unwrap();
    let key = |change: fn(&mut Job)| {
        let mut job = job(folder.path(), "run", Method::Lora);
        change(&mut job);
        plan(job).speed_key()
    };
    let known = key(|_| ());
    assert_eq!(key(|job| job.settings.max_steps = Some(500)), known);
    assert_eq!(key(|job| job.settings.learning_rate = 1e-5), known);
    assert_eq!(key(|job| job.settings.lora_alpha = 64.0), known);
    assert_ne!(key(|job| job.settings.lora_rank = 8), known);
    assert_ne!(key(|job| job.settings.method = Method::Dora), known);
    assert_ne!(key(|job| job.settings.optimizer = Optimizer::Lion), known);
    assert_ne!(key(|job| job.settings.quantization = Quantization::Eight), known);
    assert_ne!(key(|job| job.settings.gradient_checkpointing = Switch::On), known);
    assert_ne!(key(|job| job.settings.batch_size = 12), known, "micro-batches are larger");
    assert_ne!(key(|job| job.threads = 1), known);
}

#[test]
fn every_way_to_train_can_be_measured() {
    let folder = tempdir().unwrap();
    let settings = |method| job(folder.path(), "run", method).settings;
    let lora = || settings(Method::Lora);
    for settings in [
        lora(),
        settings(Method::Dora),
        settings(Method::Full),
        settings(Method::Scratch),
        TrainSettings { quantization: Quantization::Four, ..lora() },
        TrainSettings { gradient_checkpointing: Switch::On, lora_dropout: 0.1, ..lora() },
        TrainSettings { layers: "1".parse().unwrap(), ..lora() },
        TrainSettings { layers: "1".parse().unwrap(), ..settings(Method::Full) },
        TrainSettings { use_pissa: true, ..lora() },
    ] {
        let plan = plan(Job { settings: settings.clone(), ..job(folder.path(), "run", settings.method) });
        let speed = measured(&plan);
        assert!(speed.training_token > 0.0 && speed.evaluation_token > 0.0 && speed.update > 0.0, "{settings:?}");
        assert!(plan.estimate(&speed).total() > Duration::ZERO);
    }
}

#[test]
fn a_measurement_can_be_cancelled_and_leaves_nothing_behind() {
    let folder = tempdir().unwrap();
    let plan = plan(job(folder.path(), "run", Method::Lora));
    let mut heard = 0;
    let cancelled = Speed::measure(&plan, &mut |_| {
        heard += 1;
        if heard == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(cancelled, Err(TrainError::Aborted)));
    assert_eq!(heard, 3, "nothing more is computed");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn what_does_not_fit_is_not_measured() {
    let folder = tempdir().unwrap();
    let plan = TrainPlan::draft(Job { available_bytes: 1, ..job(folder.path(), "run", Method::Lora) }).unwrap();
    assert!(matches!(Speed::measure(&plan, &mut |_| ControlFlow::Continue(())), Err(TrainError::TooBig { .. })));
}

#[test]
fn the_bytes_foretold_are_those_that_are_written() {
    for method in [Method::Lora, Method::Full] {
        let folder = tempdir().unwrap();
        let job = || job(folder.path(), "run", method);
        let foretold = plan(job()).file_bytes();
        assert_eq!(foretold.checkpoints, 5, "every other of ten steps");
        train(job()).0.unwrap();
        let bytes = |name: &str| -> u64 {
            let files = std::fs::read_dir(folder.path().join("run").join(name)).unwrap();
            let files = files.map(|file| file.unwrap());
            let tensors = files.filter(|file| file.path().extension().is_some_and(|name| name == "safetensors"));
            tensors.map(|file| file.metadata().unwrap().len()).sum()
        };
        // The headers of files this small are a part of them.
        for (name, foretold) in [("ckpt-10", foretold.checkpoint), ("result", foretold.result)] {
            let written = bytes(name);
            assert!(foretold <= written && written < foretold + 20_000, "{method:?} {name}: {foretold} {written}");
        }
    }
}
