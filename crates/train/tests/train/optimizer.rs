//! Schedules and updates against transformers and PyTorch. The numbers come from scripts/reference/optimizer.py.

use std::collections::BTreeMap;

use serde_json::Value;
use tunesmith_protocol::{Optimizer as Choice, Scheduler};
use tunesmith_train::{Optimizer, Parameter, Schedule, WarmUp, clip, global_norm};

#[test]
fn schedules_are_those_of_transformers_after_a_warm_up_in_which_every_step_learns() {
    for case in reference()["schedules"].as_array().unwrap() {
        let shape: Scheduler = serde_json::from_value(case["shape"].clone()).unwrap();
        let steps = case["steps"].as_u64().unwrap() as u32;
        let ours = Schedule::new(shape, number(&case["peak"]), number(&case["warmup_ratio"]), steps);
        let theirs = Schedule { warm_up: WarmUp::FromZero, ..ours };
        for (step, expected) in (1..).zip(numbers(&case["rates"])) {
            let found = theirs.learning_rate(step);
            assert!((found - expected).abs() <= 1e-15, "{shape:?}, step {step} of {steps}: {found}, not {expected}");
            let expected = match step <= ours.warmup_steps {
                true => ours.peak * f64::from(step) / f64::from(ours.warmup_steps),
                false => expected,
            };
            let found = ours.learning_rate(step);
            assert!((found - expected).abs() <= 1e-15, "{shape:?}, step {step} of {steps}: {found}, not {expected}");
        }
    }
}

#[test]
fn no_step_of_any_run_has_a_rate_of_zero() {
    for shape in [Scheduler::Linear, Scheduler::Cosine, Scheduler::Constant] {
        for (steps, ratio) in (1..12).flat_map(|steps| [0.0, 0.03, 0.5, 1.0].map(|ratio| (steps, ratio))) {
            let schedule = Schedule::new(shape, 2e-4, ratio, steps);
            for step in 1..=steps {
                let rate = schedule.learning_rate(step);
                assert!(rate > 0.0 && rate <= 2e-4, "{shape:?}, {ratio} of {steps}, step {step}: {rate}");
            }
        }
    }
    let short = Schedule::new(Scheduler::Cosine, 2e-4, 0.03, 1);
    assert_eq!(short.learning_rate(1), 2e-4, "the only step of a run takes all of the rate");
    let rising = Schedule::new(Scheduler::Constant, 1.0, 1.0, 4);
    assert_eq!([1, 2, 3, 4].map(|step| rising.learning_rate(step)), [0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn updates_are_those_of_pytorch() {
    for case in reference()["updates"].as_array().unwrap() {
        let mut values = floats(&case["start"]);
        let mut optimizer = Optimizer::new(Choice::AdamW);
        let norms = numbers(&case["norms"]);
        for (gradient, expected_norm) in case["gradients"].as_array().unwrap().iter().map(floats).zip(norms) {
            let norm = global_norm(&BTreeMap::from([("w".to_owned(), gradient.clone())]));
            assert!((norm / expected_norm - 1.0).abs() < 1e-6, "norm {norm}, not {expected_norm}");
            let (learning_rate, weight_decay) = (number(&case["learning_rate"]), number(&case["weight_decay"]));
            let parameter =
                Parameter { name: "w", values: &mut values, gradient: &gradient, learning_rate, weight_decay };
            optimizer.step(&mut [parameter], clip(norm, number(&case["max_norm"])));
        }
        for (found, expected) in values.iter().zip(floats(&case["end"])) {
            assert!((found - expected).abs() < 2e-7, "{found}, not {expected}");
        }
    }
}

#[test]
fn a_gradient_is_never_made_longer() {
    assert_eq!(clip(0.5, 1.0), 1.0);
    assert_eq!(clip(7.0, 0.0), 1.0, "0 switches clipping off");
    assert!((4.0 * clip(4.0, 1.0) - 1.0).abs() < 1e-6);
}

fn reference() -> Value {
    serde_json::from_str(include_str!("../fixtures/optimizer.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}
