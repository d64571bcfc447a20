//! What optimisers remember: moments in 8 bits, and which tensors have them. The maps come from
//! scripts/reference/curves.py.

use serde_json::Value;
use tempfile::tempdir;
use tunesmith_protocol::{Method, Optimizer as Choice, TrainSettings};
use tunesmith_train::{DynamicMap, Moment, Optimizer, Parameter, QuantizedMoment, TrainPlan};

use crate::tiny::job;

#[test]
fn the_8_bit_numbers_are_those_of_the_paper() {
    let maps: Value = serde_json::from_str(include_str!("../fixtures/curves/maps.json")).unwrap();
    for (name, map) in [("signed", DynamicMap::signed()), ("unsigned", DynamicMap::unsigned())] {
        let expected = maps[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32);
        assert_eq!(map.values.to_vec(), expected.collect::<Vec<_>>(), "{name}");
        for code in 0..=255 {
            assert_eq!(map.code(map.value(code)), code, "{name}: a value is its own nearest");
        }
    }
}

#[test]
fn eight_bits_keep_what_is_large_to_a_percent_and_lose_no_sign() {
    let numbers: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.7).sin() * 10_f32.powi(-(i % 4)) * 3e-5).collect();
    let kept = QuantizedMoment::of(true, &numbers).numbers();
    assert_eq!(kept.len(), numbers.len());
    for (block, (numbers, kept)) in numbers.chunks(256).zip(kept.chunks(256)).enumerate() {
        let largest = numbers.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        for (number, kept) in numbers.iter().zip(kept) {
            assert!((number - kept).abs() <= 0.0075 * largest, "block {block}: {number} became {kept}");
            assert!(number * kept >= 0.0, "{number} became {kept}");
        }
    }
}

#[test]
fn zeros_stay_zeros_and_no_square_becomes_one() {
    assert!(QuantizedMoment::of(true, &[0.0; 300]).numbers().iter().all(|number| *number == 0.0));
    assert!(QuantizedMoment::zeros(false, 300).numbers().iter().all(|number| *number == 0.0));
    let kept = QuantizedMoment::of(false, &[1.0, 1e-12, 0.0]).numbers();
    assert!(kept[0] == 1.0 && kept[1] > 0.0 && kept[2] == 0.0, "{kept:?}");
}

#[test]
fn long_tensors_are_kept_in_8_bits_short_ones_and_embeddings_in_32() {
    let optimizer = updated(Choice::AdamW8bit);
    let moment = |name: &str, moment: &str| &optimizer.moments[name][moment];
    for name in ["first", "second"] {
        assert!(matches!(moment("long", name), Moment::Quantized(blocks) if blocks.codes.len() == 4097));
        assert!(matches!(moment("short", name), Moment::F32(_)));
        assert!(matches!(moment("embed_tokens", name), Moment::F32(_)));
    }
    let in_8_bits = 2 * (4097 + 4 * 17);
    assert_eq!(optimizer.size_bytes(), in_8_bits + 2 * 4 * (4095 + 5000));
    assert_eq!(updated(Choice::AdamW).size_bytes(), 2 * 4 * (4097 + 4095 + 5000));
    assert_eq!(updated(Choice::Lion).size_bytes(), 4 * (4097 + 4095 + 5000));
}

#[test]
fn a_weight_without_a_gradient_stays_where_lion_found_it() {
    let mut values = [1.0, 1.0, 1.0];
    let gradient = [0.0, 2.0, -1e-9];
    let parameter =
        Parameter { name: "w", values: &mut values, gradient: &gradient, learning_rate: 0.25, weight_decay: 0.0 };
    Optimizer::new(Choice::Lion).step(&mut [parameter], 1.0);
    assert_eq!(values, [1.0, 0.75, 1.25], "each other moved by the learning rate, however small its gradient");
}

#[test]
fn the_memory_plan_counts_what_the_optimizer_remembers() {
    let folder = tempdir().unwrap();
    let planned = |optimizer, method| {
        let mut job = job(folder.path(), "run", method);
        job.settings = TrainSettings { optimizer, lora_rank: 128, ..job.settings };
        let fit = TrainPlan::new(job).unwrap().summary().fit;
        fit.parts.iter().find(|part| part.what == "optimizer").unwrap().bytes
    };
    // 128 × (in + out) of two layers; k's and v's B of 128 × 16 are too short for 8 bits.
    let (all, short) = (2 * 128 * (64 + 48 + 48 + 64 + 3 * 80), 2 * 2 * 128 * 16);
    assert_eq!(planned(Choice::AdamW, Method::Lora), 8 * all);
    assert_eq!(planned(Choice::Lion, Method::Lora), 4 * all);
    assert_eq!(planned(Choice::AdamW8bit, Method::Lora), 8 * short + 2 * (all - short) * (256 + 4) / 256);
    // Each of this model's matrices is too short.
    let full = planned(Choice::AdamW, Method::Full);
    assert_eq!((planned(Choice::AdamW8bit, Method::Full), planned(Choice::Lion, Method::Full)), (full, full / 2));
}

/// An optimiser after one update of three parameters.
fn updated(choice: Choice) -> Optimizer {
    let mut optimizer = Optimizer::new(choice);
    let mut values = [("long", vec![1.0; 4097]), ("short", vec![1.0; 4095]), ("embed_tokens", vec![1.0; 5000])];
    let gradient = vec![0.5; 5000];
    let mut parameters: Vec<Parameter> = values
        .iter_mut()
        .map(|(name, values)| {
            let gradient = &gradient[..values.len()];
            Parameter { name, values, gradient, learning_rate: 0.1, weight_decay: 0.0 }
        })
        .collect();
    optimizer.step(&mut parameters, 1.0);
    optimizer
}
