//! Every character of an answer and the token that ends its turn are learned, and nothing else.

use proptest::prelude::*;
use tunesmith_data::{Example, HiddenPart, Message, Renderer, Tokens};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, fixtures, folder, say, tokenizer};

/// What a template must write, in pieces: the text and whether it is learned. Written down here a second time, by
/// hand, so that nothing is compared with itself.
fn pieces(style: &str, messages: &[Message]) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut add = |text: String, learned| pieces.push((text, learned));
    let (bos, eos) = match style {
        "llama3" => ("<|begin_of_text|>", "<|eot_id|>"),
        "gemma" => ("<bos>", "<end_of_turn>"),
        "chatml" | "thinking" => ("", "<|im_end|>"),
        "zephyr" | "headers" => ("", "</s>"),
        _ => ("<s>", "</s>"),
    };
    add(bos.into(), false);
    let mut system = messages.iter().find(|message| message.role == "system").map(|message| message.content.clone());
    if style == "llama3" {
        let text = system.take().unwrap_or_default();
        let date = "Cutting Knowledge Date: December 2023\n\n";
        let head = "<|start_header_id|>system<|end_header_id|>\n\n";
        add(format!("{head}{date}{}<|eot_id|>", text.trim()), false);
    }
    let last = messages.len() - 1;
    for (index, Message { role, content, weight, .. }) in messages.iter().enumerate() {
        let learned = role == "assistant" && *weight != Some(0.0);
        let trimmed = content.trim().to_owned();
        match (style, role.as_str()) {
            ("llama3" | "inst", "system") => {}
            ("chatml", _) => {
                add(format!("<|im_start|>{role}\n"), false);
                add(format!("{content}{eos}"), learned);
                add("\n".into(), false);
            }
            ("thinking", _) => {
                add(format!("<|im_start|>{role}\n"), false);
                let thought = if index == last && role == "assistant" { "<think>\n\n</think>\n\n" } else { "" };
                let shown = if thought.is_empty() { content.as_str() } else { content.trim_start_matches('\n') };
                add(format!("{thought}{shown}{eos}"), learned);
                add("\n".into(), false);
            }
            ("llama3", _) => {
                add(format!("<|start_header_id|>{role}<|end_header_id|>\n\n"), false);
                add(format!("{trimmed}{eos}"), learned);
            }
            ("gemma", _) => {
                let role = if role == "assistant" { "model" } else { role };
                add(format!("<start_of_turn>{role}\n"), false);
                add(format!("{trimmed}{eos}"), learned);
                add("\n".into(), false);
            }
            ("zephyr", _) => {
                add(format!("<|{role}|>\n"), false);
                add(format!("{content}{eos}"), learned);
                add("\n".into(), false);
            }
            ("headers", _) => {
                let mut title = role[..1].to_uppercase();
                title += &role[1..];
                add(format!("### {title}:\n"), false);
                add(trimmed, learned);
                if role == "assistant" {
                    add(eos.into(), learned);
                }
                add("\n\n".into(), false);
            }
            ("inst", "user") => {
                let asked = match &system {
                    Some(system) if index + 1 == messages.len() => format!("{system}\n\n{content}"),
                    _ => content.clone(),
                };
                add(format!("[INST] {asked} [/INST]"), false);
            }
            ("inst", _) => add(format!(" {content}{eos}"), learned),
            _ => panic!("no such style"),
        }
    }
    pieces
}

const STYLES: [&str; 7] = ["chatml", "llama3", "inst", "gemma", "zephyr", "thinking", "headers"];

/// With one token per byte and per special token, the learned tokens are exactly the learned pieces.
fn assert_exact(style: &str, renderer: &Renderer, messages: &[Message]) {
    let pieces = pieces(style, messages);
    let whole: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
    let rendered = renderer.render(messages, false).expect("a text");
    assert_eq!(rendered, whole, "{style}");
    let tokens = renderer.tokens(&Example::chat(messages.to_vec()), LearnFrom::Assistant).expect("tokens");
    let mut expected = Vec::new();
    for (text, learned) in &pieces {
        // Each piece begins and ends at a token of its own here, so it may be tokenised by itself.
        expected.extend(raw(text).into_iter().map(|id| (id, *learned)));
    }
    if let Some(first) = expected.first_mut() {
        first.1 = false;
    }
    let got: Vec<(u32, bool)> = tokens.ids.iter().copied().zip(tokens.learn.iter().copied()).collect();
    assert_eq!(got, expected, "{style}: {pieces:?}");
}

/// The tokens of a bare text: what a template that only writes its message makes of it.
fn raw(text: &str) -> Vec<u32> {
    BARE.with(|bare| bare.prompt(&say(&[("user", text)]), &[]).expect("tokens"))
}

thread_local! {
    static BARE: Renderer = Folder::new(&tokenizer(256)).with("chat_template.jinja", "{{ messages[-1].content }}").open();
    static BYTES: Vec<(&'static str, Renderer)> = STYLES.map(|style| (style, folder(style, 256).open())).into();
    static WORDS: Vec<(&'static str, Renderer)> = STYLES.map(|style| (style, folder(style, 400).open())).into();
}

#[test]
fn answers_and_their_ends_are_learned_and_nothing_else() {
    let conversations = [
        say(&[("user", "What is a leek?"), ("assistant", "A vegetable.")]),
        say(&[("user", "a"), ("assistant", "b"), ("user", "b"), ("assistant", "a")]),
        say(&[("user", "same"), ("assistant", "same"), ("user", "same"), ("assistant", "same")]),
        say(&[("user", "Écris 😀"), ("assistant", "été 👩‍🍳 漢字")]),
        say(&[("user", "assistant"), ("assistant", "assistant")]),
    ];
    BYTES.with(|renderers| {
        for (style, renderer) in renderers {
            for messages in &conversations {
                assert_exact(style, renderer, messages);
            }
            if *style != "gemma" {
                let system = say(&[("system", "Be brief."), ("user", "Why?"), ("assistant", "Because.")]);
                assert_exact(style, renderer, &system);
            }
        }
    });
}

fn content() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just(" "),
        Just("\n"),
        Just("\t"),
        Just("leek"),
        Just("a"),
        Just("z"),
        Just("é"),
        Just("😀"),
        Just("漢"),
        Just("assistant"),
        Just("user\n"),
        Just("[INST]"),
        Just("###"),
        Just("."),
        Just("\u{E000}"),
        Just("{{ x }}"),
        Just("0123456789"),
        Just("abcdefghijklmnopqrstuvwxyz"),
    ];
    // Trimming templates show nothing of blank messages, and such rows are not imported.
    prop::collection::vec(word, 1..6)
        .prop_map(|words| words.concat())
        .prop_filter("says something", |text| !text.trim().is_empty())
}

fn conversation() -> impl Strategy<Value = Vec<Message>> {
    prop::collection::vec((content(), content(), prop::option::of(prop::bool::ANY)), 1..4).prop_map(|turns| {
        let mut messages = Vec::new();
        for (question, answer, weight) in turns {
            messages.push(Message::new("user", question));
            let weight = weight.map(|on| f32::from(u8::from(on)));
            messages.push(Message { weight, ..Message::new("assistant", answer) });
        }
        messages
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn masks_hold_for_any_conversation(messages in conversation()) {
        BYTES.with(|renderers| {
            for (style, renderer) in renderers {
                assert_exact(style, renderer, &messages);
            }
        });
    }

    /// Where tokens are longer than a byte, one may reach over the edge of an answer; it is then learned whole, and
    /// only such tokens are.
    #[test]
    fn tokens_over_the_edge_of_an_answer_are_learned(messages in conversation()) {
        WORDS.with(|renderers| {
            for (style, renderer) in renderers {
                let example = Example::chat(messages.clone());
                let Tokens { ids, learn } = renderer.tokens(&example, LearnFrom::Assistant).expect("tokens");
                let mut expected = 0;
                let mut learned_bytes = Vec::new();
                for (text, learned) in pieces(style, &messages) {
                    learned_bytes.extend(std::iter::repeat_n(learned, text.len()));
                    expected += if learned { text.len() } else { 0 };
                }
                // Lengths in bytes of each token, from the same text with one token per byte.
                let mut at = 0;
                let mut covered = 0;
                for (index, (id, learn)) in ids.iter().zip(&learn).enumerate() {
                    let length = byte_length(*id);
                    let touches = learned_bytes[at..at + length].iter().any(|learned| *learned);
                    assert_eq!(*learn, touches && index > 0, "{style}: token {index}");
                    covered += if touches { length } else { 0 };
                    at += length;
                }
                assert_eq!(at, learned_bytes.len(), "{style}: tokens cover the text");
                assert!(covered >= expected);
            }
        });
    }
}

thread_local! {
    static LENGTHS: Vec<usize> = {
        let tokenizer = tokenizers::Tokenizer::from_bytes(tokenizer(400).to_string()).expect("a tokenizer");
        let added = tokenizer.get_added_tokens_decoder();
        (0..tokenizer.get_vocab_size(true) as u32)
            .map(|id| match added.get(&id) {
                Some(token) => token.content.len(),
                // The byte-level alphabet writes every byte as one character.
                None => tokenizer.id_to_token(id).expect("a token").chars().count(),
            })
            .collect()
    };
}

fn byte_length(id: u32) -> usize {
    LENGTHS.with(|lengths| lengths[id as usize])
}

fn learned_text(renderer: &Renderer, messages: Vec<Message>, learn_from: LearnFrom) -> String {
    let tokens = renderer.tokens(&Example::chat(messages), learn_from).expect("tokens");
    let learned: Vec<u32> =
        tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id).collect();
    renderer.decode(&learned).expect("a text")
}

#[test]
fn only_the_last_answer_is_learned_when_asked() {
    let messages = say(&[("user", "q1"), ("assistant", "one"), ("user", "q2"), ("assistant", "two")]);
    let renderer = folder("chatml", 256).open();
    assert_eq!(learned_text(&renderer, messages.clone(), LearnFrom::Assistant), "onetwo");
    assert_eq!(learned_text(&renderer, messages, LearnFrom::Last), "two");
}

#[test]
fn everything_is_learned_when_asked_but_never_the_first_token() {
    let messages = say(&[("system", "s"), ("user", "q"), ("assistant", "a")]);
    let renderer = folder("llama3", 256).open();
    let tokens = renderer.tokens(&Example::chat(messages), LearnFrom::All).expect("tokens");
    assert!(!tokens.learn[0]);
    assert!(tokens.learn[1..].iter().all(|learn| *learn));
}

#[test]
fn an_answer_of_weight_zero_is_not_learned() {
    let renderer = folder("chatml", 256).open();
    let mut messages = say(&[("user", "q1"), ("assistant", "one"), ("user", "q2"), ("assistant", "two")]);
    messages[1].weight = Some(0.0);
    assert_eq!(learned_text(&renderer, messages.clone(), LearnFrom::Assistant), "two");
    let all = learned_text(&renderer, messages, LearnFrom::All);
    assert!(!all.contains("one") && all.contains("q1"), "{all}");
}

#[test]
fn a_template_without_an_end_of_turn_gets_the_end_token() {
    let renderer = folder("alpaca", 256).open();
    let example = Example::chat(say(&[("user", "q"), ("assistant", "a")]));
    let tokens = renderer.tokens(&example, LearnFrom::Assistant).expect("tokens");
    let last = *tokens.ids.last().expect("tokens");
    assert!(renderer.end_tokens().contains(&last) && tokens.learn.last() == Some(&true));
    assert_eq!(learned_text(&renderer, say(&[("user", "q"), ("assistant", "a")]), LearnFrom::Assistant), "a\n\n");
}

#[test]
fn the_prompt_is_the_beginning_of_the_training_row() {
    for style in ["chatml", "llama3", "inst", "gemma", "zephyr", "headers", "alpaca"] {
        let renderer = folder(style, 400).open();
        let row = say(&[("user", "What is a leek?"), ("assistant", "A vegetable.")]);
        let prompt = renderer.prompt(&row[..1], &[]).expect("a prompt");
        let tokens = renderer.tokens(&Example::chat(row), LearnFrom::Assistant).expect("tokens");
        assert!(tokens.ids.starts_with(&prompt), "{style}");
        let first = tokens.learn.iter().position(|learn| *learn).expect("something is learned");
        assert_eq!(first, prompt.len(), "{style}: learning begins where the prompt ends");
    }
}

/// Expected ids and masks: scripts/reference/assistant_masks.py.
#[test]
fn masks_are_those_that_transformers_makes_of_marked_templates() {
    let stored = std::fs::read_to_string(fixtures().join("assistant_masks.json")).expect("the fixture");
    let stored: serde_json::Value = serde_json::from_str(&stored).expect("JSON");
    for case in stored["cases"].as_array().expect("cases") {
        let template = stored["templates"][case["template"].as_str().expect("a name")].as_str().expect("a template");
        let folder = Folder::new(&stored["tokenizer"])
            .with("tokenizer_config.json", r#"{"eos_token": "</s>"}"#)
            .with("chat_template.jinja", template);
        let messages = serde_json::from_value(case["messages"].clone()).expect("messages");
        let tokens = folder.open().tokens(&Example::chat(messages), LearnFrom::Assistant).expect("tokens");
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).expect("ids");
        let mask: Vec<u8> = serde_json::from_value(case["mask"].clone()).expect("a mask");
        let learn: Vec<u8> = tokens.learn.iter().map(|learn| u8::from(*learn)).collect();
        assert_eq!(tokens.ids, ids, "{} {}", case["template"], case["conversation"]);
        assert_eq!(learn, mask, "{} {}: {:?}", case["template"], case["conversation"], tokens.ids);
    }
}

#[test]
fn answers_in_the_prompt_of_a_judged_answer_are_not_learned() {
    let renderer = folder("chatml", 256).open();
    let prompt = say(&[("user", "q1"), ("assistant", "one"), ("user", "q2")]);
    let answer = |text: &str| say(&[("assistant", text)]);
    let better = Example::Preference {
        prompt: prompt.clone(),
        chosen: answer("good"),
        rejected: answer("bad"),
        tools: Vec::new(),
    };
    let judged = Example::Unpaired { prompt, completion: answer("good"), label: true };
    for example in [better, judged] {
        let Some(taught) = example.taught() else { panic!("something is taught") };
        let Example::Chat { messages, .. } = taught.into_owned() else { panic!("a conversation") };
        assert_eq!(learned_text(&renderer, messages, LearnFrom::Assistant), "good");
    }
}

#[test]
fn answers_that_a_template_does_not_end_are_counted() {
    let messages = say(&[("user", "q1"), ("assistant", "one"), ("user", "q2"), ("assistant", "two")]);
    let open = |style: &str, messages: &[Message]| {
        let row =
            folder(style, 256).open().row(&Example::chat(messages.to_vec()), LearnFrom::Assistant).expect("a row");
        row.hidden.get(&HiddenPart::End).copied().unwrap_or_default()
    };
    assert_eq!(open("alpaca", &messages), 1, "the last answer of a row is ended in any case");
    assert_eq!(open("alpaca", &messages[..2]), 0);
    for style in ["chatml", "llama3", "inst", "gemma", "zephyr", "headers"] {
        assert_eq!(open(style, &messages), 0, "{style}");
    }
}
