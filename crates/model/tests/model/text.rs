//! Text from a cache equals text from reading everything again.

use std::ops::ControlFlow;

use serde_json::json;
use tunesmith_model::{Adapter, Decoder, Generated, Sampling, Stopped, generate};

use crate::formula::{Batch, MODULES, adapter, config, decoder};

const GREEDY: Sampling = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1 };

fn answer(decoder: &Decoder, adapter: &Adapter, prompt: &[u32], end: &[u32], sampling: &Sampling) -> Generated {
    generate(decoder, adapter, prompt, end, sampling, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn most_likely(decoder: &Decoder, adapter: &Adapter, ids: &[u32]) -> u32 {
    let last = decoder.logits(adapter, ids).unwrap().narrow(0, ids.len() - 1, 1).unwrap();
    last.argmax(1).unwrap().to_vec1::<u32>().unwrap()[0]
}

#[test]
fn a_cache_gives_the_tokens_of_full_recomputation() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let prompt = Batch::new(&[11], 96, 1).ids;
    let answer = answer(&decoder, &adapter, &prompt, &[], &GREEDY);
    let mut ids = prompt.clone();
    for _ in 0..20 {
        ids.push(most_likely(&decoder, &adapter, &ids));
    }
    assert_eq!((answer.ids.as_slice(), answer.stopped), (&ids[prompt.len()..], Stopped::Length));
}

#[test]
fn an_answer_ends_at_an_end_token_its_length_the_context_or_the_callers_word() {
    let decoder = decoder(config(json!({})));
    let none = Adapter::none();
    let all = answer(&decoder, &none, &[5, 6, 7], &[], &GREEDY);
    let end = all.ids[4];
    let before = all.ids.iter().position(|&id| id == end).unwrap();
    let ended = answer(&decoder, &none, &[5, 6, 7], &[end], &GREEDY);
    assert_eq!((ended.ids.as_slice(), ended.stopped), (&all.ids[..before], Stopped::End));

    let long = Sampling { max_new_tokens: 1000, ..GREEDY };
    let full = answer(&decoder, &none, &[5, 6, 7], &[], &long);
    assert_eq!((full.ids.len(), full.stopped), (61, Stopped::Context));

    let mut seen = Vec::new();
    let mut until_three = |id| {
        seen.push(id);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let asked = generate(&decoder, &none, &[5, 6, 7], &[], &GREEDY, &mut until_three).unwrap();
    assert_eq!((asked.stopped, asked.ids.as_slice()), (Stopped::Asked, seen.as_slice()));
    assert_eq!(seen, all.ids[..3]);
}

#[test]
fn the_same_seed_draws_the_same_answer() {
    let decoder = decoder(config(json!({})));
    let draw = |temperature, top_p, seed| {
        let sampling = Sampling { temperature, top_p, max_new_tokens: 30, seed };
        answer(&decoder, &Adapter::none(), &[5, 6, 7], &[], &sampling).ids
    };
    assert_eq!(draw(1.0, 0.9, 3), draw(1.0, 0.9, 3));
    assert_ne!(draw(1.0, 1.0, 3), draw(1.0, 1.0, 4));
    let greedy = Sampling { max_new_tokens: 30, ..GREEDY };
    let greedy = answer(&decoder, &Adapter::none(), &[5, 6, 7], &[], &greedy).ids;
    assert_eq!(draw(1.0, 1e-9, 3), greedy, "a nucleus of one token is greedy");
    assert_eq!(draw(1e-6, 1.0, 3), greedy, "no warmth is greedy");
}

#[test]
fn a_prompt_that_fills_the_context_is_refused() {
    let decoder = decoder(config(json!({})));
    let prompt = vec![1; 64];
    let result = generate(&decoder, &Adapter::none(), &prompt, &[], &GREEDY, &mut |_| ControlFlow::Continue(()));
    let error = result.unwrap_err().to_string();
    assert!(error.contains("64"), "{error}");
}
