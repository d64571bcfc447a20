//! Text from a cache equals text from reading everything again.

use std::ops::ControlFlow;

use serde_json::json;
use tunesmith_model::{Adapter, Decoder, FinishReason, Generated, Sampling, Session, generate};

use crate::formula::{Batch, MODULES, adapter, config, decoder};

const GREEDY: Sampling =
    Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1, repetition_penalty: 1.0 };

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
    assert_eq!((answer.ids.as_slice(), answer.finish_reason), (&ids[prompt.len()..], FinishReason::MaxTokens));
}

#[test]
fn an_answer_ends_at_an_end_token_its_length_the_context_or_the_callers_word() {
    let decoder = decoder(config(json!({})));
    let none = Adapter::none();
    let all = answer(&decoder, &none, &[5, 6, 7], &[], &GREEDY);
    let end = all.ids[4];
    let before = all.ids.iter().position(|&id| id == end).unwrap();
    let ended = answer(&decoder, &none, &[5, 6, 7], &[end], &GREEDY);
    assert_eq!((ended.ids.as_slice(), ended.finish_reason), (&all.ids[..before], FinishReason::EndToken));

    let long = Sampling { max_new_tokens: 1000, ..GREEDY };
    let full = answer(&decoder, &none, &[5, 6, 7], &[], &long);
    assert_eq!((full.ids.len(), full.finish_reason), (61, FinishReason::ContextFull));

    let mut seen = Vec::new();
    let mut until_three = |id| {
        seen.push(id);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let asked = generate(&decoder, &none, &[5, 6, 7], &[], &GREEDY, &mut until_three).unwrap();
    assert_eq!((asked.finish_reason, asked.ids.as_slice()), (FinishReason::Cancelled, seen.as_slice()));
    assert_eq!(seen, all.ids[..3]);
}

#[test]
fn the_same_seed_draws_the_same_answer() {
    let decoder = decoder(config(json!({})));
    let draw = |temperature, top_p, seed| {
        let sampling = Sampling { temperature, top_p, max_new_tokens: 30, seed, repetition_penalty: 1.0 };
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

fn go_on(_: u32) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_second_message_reads_only_what_is_new() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let mut session = Session::new(decoder.with_adapter(&adapter).unwrap()).unwrap();
    let first = Batch::new(&[11], 96, 1).ids;
    let answer = session.generate(&first, &[], &GREEDY, &mut go_on).unwrap();
    assert_eq!(answer.cached_tokens, 0);
    // The last token of an answer is never read: nothing comes after it.
    assert_eq!(session.tokens_read(), 11 + 20 - 1);
    assert_eq!(session.token_ids(), [first.as_slice(), &answer.ids[..19]].concat());

    let second = [first.as_slice(), &answer.ids, &[3, 1, 4, 1, 5]].concat();
    let again = session.generate(&second, &[], &GREEDY, &mut go_on).unwrap();
    assert_eq!((again.cached_tokens, session.tokens_read()), (30, 30 + 6 + 19));
    let alone = generate(&decoder, &adapter, &second, &[], &GREEDY, &mut go_on).unwrap();
    assert_eq!(again.ids, alone.ids);
}

#[test]
fn a_prompt_that_departs_early_keeps_what_it_shares() {
    let decoder = decoder(config(json!({})));
    let none = Adapter::none();
    let mut session = Session::new(decoder.with_adapter(&none).unwrap()).unwrap();
    for (prompt, shared) in
        [(vec![5, 6, 7, 8], 0), (vec![5, 6, 7, 9], 3), (vec![5, 6], 1), (vec![8, 6, 7], 0), (vec![8, 6, 7], 2)]
    {
        let answer = session.generate(&prompt, &[], &GREEDY, &mut go_on).unwrap();
        assert_eq!(answer.cached_tokens, shared, "{prompt:?}");
        assert_eq!(answer.ids, generate(&decoder, &none, &prompt, &[], &GREEDY, &mut go_on).unwrap().ids, "{prompt:?}");
    }
}

#[test]
fn a_refused_prompt_leaves_the_session_as_it_was() {
    let decoder = decoder(config(json!({})));
    let mut session = Session::new(decoder.with_adapter(&Adapter::none()).unwrap()).unwrap();
    let first = session.generate(&[5, 6, 7], &[], &GREEDY, &mut go_on).unwrap();
    for refused in [vec![], vec![1; 64], vec![5, 6, 7, 1000]] {
        session.generate(&refused, &[], &GREEDY, &mut go_on).unwrap_err();
    }
    let again = session.generate(&[5, 6, 7], &[], &GREEDY, &mut go_on).unwrap();
    assert_eq!((again.cached_tokens, again.ids), (2, first.ids));
}

#[test]
fn a_session_grows_in_few_steps_and_says_its_size() {
    let decoder = decoder(config(json!({"max_position_embeddings": 4096})));
    let config = decoder.config();
    let bytes_per_token = (2 * 4 * config.layers.len() * config.heads().kv_width()) as u64;
    let mut session = Session::new(decoder.with_adapter(&Adapter::none()).unwrap()).unwrap();
    assert_eq!(session.size_bytes(), 0);
    let long = Sampling { max_new_tokens: 1200, ..GREEDY };
    session.generate(&[5, 6, 7], &[], &long, &mut go_on).unwrap();
    assert_eq!(session.size_bytes(), 2048 * bytes_per_token, "256, 512, 1024, 2048");
}
