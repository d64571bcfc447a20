//! Schedules and updates against transformers and PyTorch. The numbers come from scripts/reference/optimizer.py.

use std::collections::BTreeMap;

use serde_json::Value;
use tunesmith_protocol::{Optimizer as Choice, Scheduler};
use tunesmith_train::{Optimizer, Parameter, Schedule, clip, global_norm};

#[test]
fn schedules_are_those_of_transformers() {
    for case in reference()["schedules"].as_array().unwrap() {
        let shape: Scheduler = serde_json::from_value(case["shape"].clone()).unwrap();
        let steps = case["steps"].as_u64().unwrap() as u32;
        let schedule = Schedule::new(shape, number(&case["peak"]), number(&case["warmup_ratio"]), steps);
        for (step, expected) in (1..).zip(numbers(&case["rates"])) {
            let found = schedule.learning_rate(step);
            assert!((found - expected).abs() <= 1e-15, "{shape:?}, step {step} of {steps}: {found}, not {expected}");
        }
    }
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
