//! Every family against an independent implementation: transformers 5.23 with PEFT 0.21.2 on torch 2.15.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Longer, Rotation};
use tunesmith_model::{
    Adapter, Decoder, SUPPORTED_FAMILIES, Sampling, Sequences, Session, Trainable, WeightFormat, facts, generate,
};

use crate::autograd::Oracle;
use crate::case::{Case, cases, file};
use crate::formula::Batch;
use crate::gradients::assert_close;

#[test]
fn logits_equal_those_of_transformers() {
    for case in cases() {
        let (batch, expected) = (case.batch(), case.expected::<Vec<Vec<f32>>>("logits"));
        let mut start = 0;
        for (length, expected) in batch.lengths.iter().zip(expected) {
            let logits = case.decoder.logits(&case.adapter, &batch.ids[start..start + length]).unwrap();
            let expected = Tensor::from_vec(expected, logits.shape(), &Device::Cpu).unwrap();
            assert_close(&logits, &expected, 1e-5, &case.name);
            start += length;
        }
    }
}

#[test]
fn the_gradient_of_every_lora_tensor_equals_pefts() {
    for case in cases() {
        let batch = case.batch();
        let (loss, gradients) =
            case.decoder.gradients(&case.adapter, &batch.sequences(), Trainable::Adapter, false).unwrap();
        assert!((loss.nats / case.expected::<f64>("nats") - 1.0).abs() < 1e-5, "{}", case.name);
        assert_eq!(loss.learned, case.expected::<u64>("learned"));
        let expected: BTreeMap<String, Vec<f32>> = case.expected("gradients");
        assert!(expected.keys().eq(gradients.keys()), "{}: the same tensors", case.name);
        for (tensor, expected) in expected {
            let expected = Tensor::from_vec(expected, gradients[&tensor].shape(), &Device::Cpu).unwrap();
            assert_close(&gradients[&tensor], &expected, 1e-4, &format!("{}: {tensor}", case.name));
        }
    }
}

#[test]
fn every_gradient_of_every_family_equals_autograd() {
    for case in cases() {
        let batch = case.batch();
        for (adapter, wanted) in [(&case.adapter, Trainable::Adapter), (&Adapter::none(), Trainable::AllWeights)] {
            let (_, expected) = Oracle::new(&case.decoder, adapter).gradients(&batch.sequences());
            let (_, gradients) = case.decoder.gradients(adapter, &batch.sequences(), wanted.clone(), false).unwrap();
            let trained = if wanted == Trainable::Adapter { adapter.parameters() } else { case.decoder.parameters() };
            assert!(gradients.keys().eq(trained.keys()), "{}: all of them and nothing else", case.name);
            let most = expected.values().map(largest).fold(0.0, f32::max);
            for (name, gradient) in &gradients {
                // A bias that shifts all scores of a query alike has a gradient of zero but for rounding.
                if name.ends_with("k_proj.bias") && largest(&expected[name]) < 1e-6 * most {
                    assert!(largest(gradient) < 1e-5 * most, "{}: {name}", case.name);
                    continue;
                }
                assert_close(gradient, &expected[name], 2e-4, &format!("{}: {name}", case.name));
            }
            let (_, again) = case.decoder.gradients(adapter, &batch.sequences(), wanted, true).unwrap();
            for (name, gradient) in &gradients {
                assert_close(gradient, &again[name], 1e-9, &format!("{}: {name} recomputed", case.name));
            }
        }
    }
}

/// What a GPU computes with: the operations' definitions. In f64 the CPU takes them too.
#[test]
fn the_plain_operations_give_the_same_loss_and_gradients_in_every_family() {
    for case in cases() {
        let (mut decoder, mut adapter) = (case.decoder.clone(), case.adapter.clone());
        for (name, weight) in case.decoder.parameters() {
            decoder.set_parameter(&name, weight.to_dtype(DType::F64).unwrap()).unwrap();
        }
        for (name, weight) in case.adapter.parameters() {
            adapter.set(&name, weight.to_dtype(DType::F64).unwrap()).unwrap();
        }
        let batch = case.batch();
        for wanted in [Trainable::Adapter, Trainable::AllWeights] {
            let gradients =
                |decoder: &Decoder, adapter| decoder.gradients(adapter, &batch.sequences(), wanted.clone(), false);
            let (loss, found) = gradients(&decoder, &adapter).unwrap();
            let (expected_loss, expected) = gradients(&case.decoder, &case.adapter).unwrap();
            assert!((loss.nats / expected_loss.nats - 1.0).abs() < 1e-5, "{}", case.name);
            let most = expected.values().map(largest).fold(0.0, f32::max);
            for (name, expected) in &expected {
                let found = found[name].to_dtype(DType::F32).unwrap();
                // Zero but for rounding: see above.
                if name.ends_with("k_proj.bias") && largest(expected) < 1e-5 * most {
                    assert!(largest(&found) < 1e-5 * most, "{}: {name}", case.name);
                    continue;
                }
                assert_close(&found, expected, 2e-4, &format!("{}: {name}", case.name));
            }
        }
    }
}

fn largest(tensor: &Tensor) -> f32 {
    tensor.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap()
}

#[test]
fn twenty_steps_lose_as_transformers_and_peft_do() {
    for mut case in cases() {
        for (step, (found, expected)) in case.train().into_iter().enumerate() {
            let apart = (found / expected - 1.0).abs();
            assert!(apart < 1e-5, "{}, step {step}: {found} {expected} {apart:e}", case.name);
        }
    }
}

#[test]
fn rows_computed_together_give_what_they_give_alone_in_every_family() {
    for case in cases() {
        let batch = case.batch();
        let gradients =
            |rows: &Sequences| case.decoder.gradients(&case.adapter, rows, Trainable::Adapter, false).unwrap();
        let (together, expected) = gradients(&batch.sequences());
        let (mut nats, mut sum, mut start) = (0.0, BTreeMap::<String, Tensor>::new(), 0);
        for &length in &batch.lengths {
            let row = start..start + length;
            let (ids, learn) = (&batch.ids[row.clone()], &batch.learn[row.clone()]);
            let (loss, gradients) = gradients(&Sequences { ids, learn, lengths: &[length] });
            nats += loss.nats;
            for (name, gradient) in gradients {
                let total = sum.remove(&name).map_or(gradient.clone(), |sum| (sum + gradient).unwrap());
                sum.insert(name, total);
            }
            start = row.end;
        }
        assert!((nats / together.nats - 1.0).abs() < 1e-5, "{}: {nats} {}", case.name, together.nats);
        for (name, gradient) in &expected {
            assert_close(gradient, &sum[name], 1e-5, &format!("{}: {name}", case.name));
        }
    }
}

#[test]
fn a_cache_gives_the_tokens_of_full_recomputation_in_every_family() {
    for case in cases().filter(|case| !is_dynamic(case)) {
        let prompt = Batch::new(&[6], case.decoder.config().vocabulary, 1).ids;
        let greedy = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1, repetition_penalty: 1.0 };
        let answer =
            generate(&case.decoder, &case.adapter, &prompt, &[], &greedy, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut ids = prompt.clone();
        for _ in 0..20 {
            let last = case.decoder.logits(&case.adapter, &ids).unwrap().narrow(0, ids.len() - 1, 1).unwrap();
            ids.push(last.argmax(1).unwrap().to_vec1::<u32>().unwrap()[0]);
        }
        assert_eq!(answer.ids, ids[prompt.len()..], "{}", case.name);
    }
}

/// Each token of an answer turns by the length that it makes, so what is read at once has other positions.
fn is_dynamic(case: &Case) -> bool {
    case.decoder.config().ropes.iter().any(|rope| matches!(rope.longer, Longer::Growing { .. }))
}

#[test]
fn dynamic_positions_answer_as_transformers_does() {
    let greedy = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1, repetition_penalty: 1.0 };
    let mut dynamic = cases().filter(is_dynamic).peekable();
    assert!(dynamic.peek().is_some());
    for case in dynamic {
        for (length, expected) in case.expected::<Vec<(usize, Vec<u32>)>>("answers") {
            let prompt = Batch::new(&[length], case.decoder.config().vocabulary, 1).ids;
            let answer =
                generate(&case.decoder, &case.adapter, &prompt, &[], &greedy, &mut |_| ControlFlow::Continue(()));
            assert_eq!(answer.unwrap().ids, expected, "{}, after {length} tokens", case.name);
        }
    }
}

// Numbers: scripts/reference/repetition_penalty.py
#[test]
fn a_repetition_penalty_changes_logits_and_answers_as_transformers_does() {
    let fixture = include_str!("../fixtures/repetition_penalty.json");
    let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
    let numbers = |value: &serde_json::Value| serde_json::from_value::<Vec<f32>>(value.clone()).unwrap();
    let ids = |value: &serde_json::Value| serde_json::from_value::<Vec<u32>>(value.clone()).unwrap();
    let with = |case: &serde_json::Value| {
        let repetition_penalty = case["penalty"].as_f64().unwrap();
        Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 30, seed: 1, repetition_penalty }
    };
    for case in fixture["penalised"].as_array().unwrap() {
        let mut logits = numbers(&fixture["scores"]);
        with(case).penalise(&mut logits, &ids(&case["seen"]));
        assert_eq!(logits, numbers(&case["expected"]), "{case}");
    }
    let model = cases().find(|case| case.name == "llama, plain").unwrap();
    let prompt = Batch::new(&[6], model.decoder.config().vocabulary, 1).ids;
    for case in fixture["answers"].as_array().unwrap() {
        let go_on = &mut |_| ControlFlow::Continue(());
        let answer = generate(&model.decoder, &model.adapter, &prompt, &[], &with(case), go_on).unwrap();
        assert_eq!(answer.ids, ids(&case["ids"]), "{case}");
    }
}

#[test]
fn a_second_message_gives_what_a_fresh_cache_gives_in_every_family() {
    let greedy = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 12, seed: 1, repetition_penalty: 1.0 };
    for case in cases() {
        let alone = |prompt: &[u32]| {
            generate(&case.decoder, &case.adapter, prompt, &[], &greedy, &mut |_| ControlFlow::Continue(())).unwrap()
        };
        let (context, vocabulary) = (case.decoder.config().context_length, case.decoder.config().vocabulary);
        let mut session = Session::new(case.decoder.with_adapter(&case.adapter).unwrap()).unwrap();
        let mut prompt = Batch::new(&[6], vocabulary, 1).ids;
        // Four messages that each go on from the last answer, then one that goes back to the first: rows shorter and
        // longer than each window, and to both sides of the length from which on long rows turn otherwise.
        let mut prompts = vec![];
        while prompts.len() < 4 && prompt.len() + 12 <= context {
            prompts.push(prompt.clone());
            prompt = [prompt.clone(), alone(&prompt).ids, Batch::new(&[5], vocabulary, prompts.len()).ids].concat();
        }
        prompts.push(prompts[0].clone());
        let (mut held, mut kept) = (0, 0);
        for prompt in prompts {
            let before = session.tokens_read();
            let answer = session.generate(&prompt, &[], &greedy, &mut |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(answer.ids, alone(&prompt).ids, "{}, {} tokens", case.name, prompt.len());
            let lengths = [held, prompt.len(), prompt.len() + answer.ids.len() - 1];
            let long = |limit| lengths.map(|length| length > limit);
            let mut limits = case.decoder.config().ropes.iter().filter_map(Rotation::limit);
            if limits.all(|limit| long(limit) == [long(limit)[0]; 3]) {
                let new = prompt.len() - answer.cached_tokens + answer.ids.len() - 1;
                assert_eq!(session.tokens_read() - before, new as u64, "{}: only what is new", case.name);
                kept += usize::from(answer.cached_tokens > 0);
            }
            held = session.token_ids().len();
        }
        // Here every answer of dynamic positions crosses the limit, which leaves nothing to keep.
        assert!(kept > 0 || is_dynamic(&case), "{}: something is kept", case.name);
    }
}

#[test]
fn merged_logits_equal_unmerged_logits_in_every_family() {
    for case in cases() {
        let ids = case.batch().ids;
        let beside = case.decoder.logits(&case.adapter, &ids).unwrap();
        let merged = case.decoder.merged(&case.adapter).unwrap().logits(&Adapter::none(), &ids).unwrap();
        assert_close(&merged, &beside, 1e-5, &case.name);
    }
}

#[test]
fn every_family_comes_back_from_its_files() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        case.decoder.save(folder.path(), DType::F32).unwrap();
        assert_eq!(facts(folder.path()).unwrap().family, case.family);
        let back =
            Decoder::load(folder.path(), WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
        let ids = case.batch().ids;
        let logits = |decoder: &Decoder| decoder.logits(&Adapter::none(), &ids).unwrap();
        assert_close(&logits(&back), &logits(&case.decoder), 1e-9, &case.name);
    }
}

#[test]
fn a_fixture_is_small() {
    for family in SUPPORTED_FAMILIES {
        assert!(fs::metadata(file(family)).unwrap().len() <= 200_000, "{family}");
    }
}
