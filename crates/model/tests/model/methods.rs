//! Every way to train an adapter against PEFT 0.21.2: gradients, and the losses of 20 steps.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use tunesmith_model::{Adapter, Noise, Trainable};

use crate::autograd::Oracle;
use crate::formula::{Batch, magnitudes};
use crate::gradients::{assert_close, bits};
use crate::method_case::cases;

#[test]
fn the_gradient_of_every_method_equals_pefts() {
    for case in cases() {
        let (nats, _, gradients) = case.gradients(&case.batch("lengths", 1), 7, false);
        let expected = case.fixture["nats"].as_f64().unwrap();
        assert!((nats / expected - 1.0).abs() < 1e-5, "{}: the loss is {nats}, not {expected}", case.name);
        let expected: BTreeMap<String, Vec<f32>> = serde_json::from_value(case.fixture["gradients"].clone()).unwrap();
        assert!(expected.is_empty() || expected.keys().eq(gradients.keys()), "{}: the same tensors", case.name);
        for (tensor, expected) in expected {
            let expected = Tensor::from_vec(expected, gradients[&tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[&tensor], &expected, 1e-4, &format!("{}: {tensor}", case.name));
        }
    }
}

#[test]
fn every_method_learns_as_with_peft() {
    for mut case in cases() {
        let worst = case.train();
        assert!(worst < 1e-5, "{}: the losses are {worst:e} apart", case.name);
    }
}

#[test]
fn recomputation_gives_the_same_gradients_to_the_bit() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (kept, again) = (case.gradients(&batch, 7, false), case.gradients(&batch, 7, true));
        assert!(kept.0 == again.0 && bits(&kept.2) == bits(&again.2), "{}", case.name);
    }
}

#[test]
fn micro_batches_draw_the_noise_of_their_place_in_the_step() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (together, _, gradients) = case.gradients(&batch, 7, false);
        let (mut nats, mut start, mut sums) = (0.0, 0, BTreeMap::<String, Tensor>::new());
        for &length in &batch.lengths {
            let range = start..start + length;
            let row = Batch {
                ids: batch.ids[range.clone()].to_vec(),
                learn: batch.learn[range].to_vec(),
                lengths: vec![length],
            };
            let noise = Noise { first_token: start as u64, ..case.noise(7) };
            let found =
                case.decoder.noisy_gradients(&case.adapter, &row.sequences(), &Trainable::Adapter, true, Some(&noise));
            let (loss, gradients) = found.unwrap();
            nats += loss.nats;
            for (name, gradient) in gradients {
                let sum = sums.remove(&name).map_or(gradient.clone(), |sum| (sum + gradient).unwrap());
                sums.insert(name, sum);
            }
            start += length;
        }
        assert!((nats / together - 1.0).abs() < 1e-5, "{}: {nats} apart, {together} together", case.name);
        for (name, sum) in sums {
            assert_close(&sum, &gradients[&name], 1e-4, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn gradients_without_noise_equal_autograd() {
    for case in cases() {
        let batch = case.batch("lengths", 1);
        let (_, expected) = Oracle::new(&case.decoder, &case.adapter).gradients(&batch.sequences());
        let found = case.decoder.gradients(&case.adapter, &batch.sequences(), Trainable::Adapter, false).unwrap().1;
        assert!(found.keys().eq(case.adapter.parameters().keys()), "{}", case.name);
        for (name, gradient) in found {
            assert_close(&gradient, &expected[&name], 2e-4, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn every_adapter_can_be_folded_into_the_weights() {
    for case in cases() {
        let ids = case.batch("lengths", 1).ids;
        let beside = case.decoder.logits(&case.adapter, &ids).unwrap();
        let merged = case.decoder.merged(&case.adapter).unwrap().logits(&Adapter::none(), &ids).unwrap();
        assert_close(&merged, &beside, 1e-5, &case.name);
    }
}

#[test]
fn noise_depends_on_the_step_and_the_seed() {
    for case in cases().into_iter().filter(|case| case.adapter.config.dropout > 0.0 || case.neftune_alpha > 0.0) {
        let batch = case.batch("lengths", 1);
        let nats = |noise: Noise| {
            let rows = batch.sequences();
            case.decoder.noisy_gradients(&case.adapter, &rows, &Trainable::Adapter, false, Some(&noise)).unwrap().0.nats
        };
        let (one, another) = (nats(case.noise(7)), nats(case.noise(8)));
        assert_ne!(one, another, "{}: each step has its own", case.name);
        assert_ne!(one, nats(Noise { seed: 1, ..case.noise(7) }), "{}: each seed has its own", case.name);
        assert_eq!(one, nats(case.noise(7)), "{}: the same step has the same", case.name);
    }
}

#[test]
fn a_new_adapter_of_any_kind_changes_nothing() {
    for case in cases().into_iter().filter(|case| !case.name.ends_with("pissa")) {
        let adapter = case.decoder.new_adapter(&case.adapter.config, 7).unwrap();
        let ids = case.batch("lengths", 1).ids;
        let logits = |adapter: &Adapter| case.decoder.logits(adapter, &ids).unwrap();
        assert_close(&logits(&adapter), &logits(&Adapter::none()), 1e-6, &case.name);
        assert!(magnitudes(&adapter).all(|length| length > 0.0), "{}", case.name);
    }
}

#[test]
fn every_trained_adapter_fits_the_original_model() {
    for mut case in cases() {
        case.train();
        let ids = case.batch("lengths", 1).ids;
        let trained = case.decoder.logits(&case.adapter, &ids).unwrap();
        let (base, adapter) = case.original();
        assert_close(&base.logits(&adapter, &ids).unwrap(), &trained, 1e-5, &case.name);
        if adapter.config.rank != case.adapter.config.rank {
            let (again, _) = adapter.split_difference().unwrap();
            assert_eq!(bits(&again.parameters()), bits(&case.adapter.parameters()), "{}", case.name);
            assert_eq!(again.config, case.adapter.config);
        }
    }
}
