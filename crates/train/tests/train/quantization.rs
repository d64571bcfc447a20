//! Training an adapter beside a base model that is held in fewer bits.

use std::path::Path;

use tempfile::tempdir;
use tunesmith_protocol::{Method, Precision, Quantization, TrainSettings};
use tunesmith_train::{Job, TrainError, TrainPlan};

use crate::tiny::{contents, job, resumed, stop_after, train, train_until};

fn job_in_blocks(folder: &Path, output: &str, quantization: Quantization) -> Job {
    let mut job = job(folder, output, Method::Lora);
    job.settings.quantization = quantization;
    job
}

#[test]
fn an_adapter_learns_beside_blocks_and_resumes_to_the_same_bytes() {
    for (method, quantization) in
        [(Method::Lora, Quantization::Eight), (Method::Lora, Quantization::Four), (Method::Dora, Quantization::Four)]
    {
        let folder = tempdir().unwrap();
        let job = |output| {
            let mut job = job_in_blocks(folder.path(), output, quantization);
            job.settings.method = method;
            job
        };
        let (outcome, told) = train(job("whole"));
        outcome.unwrap();
        assert!(told.evals.last().unwrap().1 < told.evals[0].1, "{quantization:?}: {:?}", told.evals);
        train_until(job("halves"), stop_after(5)).0.unwrap();
        train(resumed(job("halves"))).0.unwrap();
        let result = |run: &str| contents(&folder.path().join(run).join("result"));
        assert!(result("whole") == result("halves"), "{quantization:?}: the resumed run differs");
    }
}

fn job_in_bf16(folder: &Path, output: &str) -> Job {
    let mut job = job(folder, output, Method::Lora);
    job.settings.precision = Precision::Bf16;
    job
}

#[test]
fn an_adapter_learns_beside_bf16_and_resumes_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let (outcome, told) = train(job_in_bf16(folder.path(), "whole"));
    outcome.unwrap();
    assert!(told.evals.last().unwrap().1 < told.evals[0].1, "{:?}", told.evals);
    train_until(job_in_bf16(folder.path(), "halves"), stop_after(5)).0.unwrap();
    train(resumed(job_in_bf16(folder.path(), "halves"))).0.unwrap();
    let result = |run: &str| contents(&folder.path().join(run).join("result"));
    assert!(result("whole") == result("halves"), "the resumed run differs");
}

#[test]
fn bf16_takes_half_the_memory_and_is_for_adapters_beside_the_model_as_it_is() {
    let folder = tempdir().unwrap();
    let plan = |job| TrainPlan::new(job).map(|plan| plan.summary());
    let weights = |job| plan(job).unwrap().fit.parts.iter().find(|part| part.what == "weights").unwrap().bytes as f64;
    let (half, whole) = (job_in_bf16(folder.path(), "run"), job(folder.path(), "run", Method::Lora));
    let share = weights(half) / weights(whole);
    assert!((0.5..0.52).contains(&share), "norms stay in 32 bits: {share}");
    let wrong: [fn(&mut TrainSettings); 3] = [
        |settings| settings.method = Method::Full,
        |settings| settings.quantization = Quantization::Four,
        |settings| settings.use_pissa = true,
    ];
    for (change, name) in wrong.into_iter().zip(["precision", "precision", "use_pissa"]) {
        let mut job = job_in_bf16(folder.path(), "run");
        change(&mut job.settings);
        let Err(TrainError::Settings(problems)) = plan(job) else { panic!("{name} is refused") };
        assert_eq!(problems[0].name, name);
    }
}

#[test]
fn blocks_are_another_model_than_the_one_they_were_made_of() {
    let folder = tempdir().unwrap();
    let losses = [Quantization::None, Quantization::Eight, Quantization::Four].map(|quantization| {
        let (_, told) = train(job_in_blocks(folder.path(), quantization.word(), quantization));
        told.steps[0].loss
    });
    let [exact, eight, four] = losses;
    assert!(eight != exact && (eight / exact - 1.0).abs() < 1e-2, "{losses:?}");
    assert!(four != eight && (four / exact - 1.0).abs() < 1e-1, "{losses:?}");
}

#[test]
fn blocks_take_less_memory() {
    let folder = tempdir().unwrap();
    let weights = |quantization| {
        let plan = TrainPlan::new(job_in_blocks(folder.path(), "plan", quantization)).unwrap().summary();
        plan.fit.parts.iter().find(|part| part.what == "weights").unwrap().bytes
    };
    // The rows of down_proj, 48 wide, are no multiple of 32 and stay as they are.
    assert!(weights(Quantization::Eight) < weights(Quantization::None) / 2);
    assert!(weights(Quantization::Four) < weights(Quantization::Eight));
}

#[test]
fn a_model_whose_weights_are_trained_is_not_held_in_blocks() {
    let folder = tempdir().unwrap();
    let mut job = job_in_blocks(folder.path(), "run", Quantization::Four);
    job.settings.method = Method::Full;
    let Err(TrainError::Settings(problems)) = TrainPlan::new(job) else { panic!("refused") };
    assert_eq!(problems[0].name, "quantization");
}
