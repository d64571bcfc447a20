//! Where a model computes.

use tunesmith_model::ModelError;
use tunesmith_model::device::{self, choose};

#[test]
fn the_processor_can_always_be_chosen() {
    assert_eq!(choose("cpu").unwrap().id, "cpu");
}

#[test]
fn auto_takes_a_gpu_that_answers_and_else_says_why_it_is_the_processor() {
    let chosen = choose("auto").unwrap();
    match device::gpu() {
        Ok(_) => assert_eq!(chosen.id, "cuda:0"),
        Err(reason) => assert_eq!((chosen.id, &chosen.reason), ("cpu", reason)),
    }
}

#[test]
fn a_gpu_that_is_asked_for_and_not_there_is_refused_with_the_reason() {
    match (choose("cuda:0"), device::gpu()) {
        (Ok(chosen), Ok(gpu)) => {
            assert_eq!(chosen.id, "cuda:0");
            let (memory, free) = gpu.memory().unwrap();
            assert!(free > 0 && free <= memory, "{free} of {memory} bytes free");
        }
        (Err(ModelError::Device(refusal)), Err(reason)) => assert!(refusal.contains(reason.text.as_str()), "{refusal}"),
        (chosen, gpu) => panic!("{chosen:?}, but {gpu:?}"),
    }
}

#[test]
fn an_unknown_device_is_refused_with_those_there_are() {
    let refusal = choose("tpu").unwrap_err().to_string();
    assert!(refusal.contains("tpu") && refusal.contains("cuda:0"), "{refusal}");
}
