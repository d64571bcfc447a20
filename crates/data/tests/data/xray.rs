//! The X-ray of a row shows the tokens that are trained on, and every byte of the text they come from.

use proptest::prelude::*;
use serde_json::Value;
use tunesmith_data::{Example, Message, Render, Renderer, Xray};
use tunesmith_protocol::LearnFrom;

use crate::spans::PAIRS;
use crate::support::{Folder, chat, fixtures, folder, say, template, tokenizer};
use crate::templates::then;
use crate::token_ids::{kinds, open};

const FROM: [LearnFrom; 3] = [LearnFrom::Assistant, LearnFrom::Last, LearnFrom::All];

fn bytes(xray: &Xray) -> Vec<u8> {
    xray.tokens.iter().flat_map(|token| token.bytes.clone()).collect()
}

/// The X-ray of a conversation, held to what is trained on and to the rendered text.
fn checked(renderer: &Renderer, messages: &[Message], learn_from: LearnFrom) -> Xray {
    let example = Example::chat(messages.to_vec());
    let xray = renderer.xray(&example, learn_from).expect("an X-ray");
    let rows = renderer.rows(std::slice::from_ref(&example), learn_from).expect("rows");
    assert_eq!(xray.row(), rows[0].as_ref().expect("tokens").tokens);
    let (mut shown, text) = (bytes(&xray), renderer.render(messages, false).expect("a text"));
    // A row without an end of its own is ended by a token outside the text.
    if shown.len() > text.len() {
        let last = xray.tokens.last().expect("a token");
        assert!(renderer.end_tokens().contains(&last.id));
        shown.truncate(shown.len() - last.bytes.len());
    }
    assert_eq!(String::from_utf8_lossy(&shown), text);
    xray
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        &[
            " ",
            "  ",
            "\n",
            "\t",
            "leek",
            "é",
            "e\u{301}",
            "😀",
            "👩‍🍳",
            "漢字",
            "ﬁ",
            "<|im_end|>",
            "</s>",
            "[INST]",
            "\u{0}",
        ][..],
    );
    let any = prop_oneof![4 => word.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(any, 1..8)
        .prop_map(|words| words.concat())
        .prop_filter("says something", |text| !text.trim().is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_xray_shows_the_trained_tokens_and_the_whole_text(
        turns in prop::collection::vec((words(), words(), any::<bool>()), 1..4),
    ) {
        let mut messages = Vec::new();
        for (question, answer, learned) in turns {
            messages.push(Message::new("user", question));
            let weight = (!learned).then_some(0.0);
            messages.push(Message { weight, ..Message::new("assistant", answer) });
        }
        PAIRS.with(|pairs| for pair in pairs {
            for learn_from in FROM {
                checked(&pair.renderer, &messages, learn_from);
            }
        });
    }
}

#[test]
fn every_stored_text_is_shown_whole_by_every_kind_of_tokenizer() {
    kinds(|name, kind| {
        let bare = open(kind, "{{ messages[0].content }}");
        let templated = open(kind, kind["template"].as_str().expect("a template"));
        for case in kind["texts"].as_array().expect("texts") {
            let text = case["text"].as_str().expect("a text");
            checked(&bare, &say(&[("user", text)]), LearnFrom::All);
            let plain = Example::Text { text: text.into() };
            let xray = bare.xray(&plain, LearnFrom::All).expect("an X-ray");
            assert_eq!(xray.row(), bare.tokens(&plain, LearnFrom::All).expect("tokens"), "{name}: {text:?}");
            // What the tokenizer puts around a text stands for its name.
            let shown = String::from_utf8(bytes(&xray)).expect("text");
            assert!(shown.contains(text) && shown.len() <= text.len() + "<s></s>".len(), "{name}: {shown:?}");
        }
        for case in kind["chats"].as_array().expect("chats") {
            let messages: Vec<Message> = serde_json::from_value(case["messages"].clone()).expect("messages");
            for learn_from in FROM {
                checked(&templated, &messages, learn_from);
            }
        }
    });
}

#[test]
fn every_stored_conversation_is_shown_with_its_tools_and_calls() {
    let stored = std::fs::read_to_string(fixtures().join("chat_templates.json")).expect("the fixture");
    let stored: Value = serde_json::from_str(&stored).expect("JSON");
    let mut shown = 0;
    for (name, special_tokens) in stored["special_tokens"].as_object().expect("templates") {
        let folder = Folder::new(&tokenizer(300))
            .with("tokenizer_config.json", &special_tokens.to_string())
            .with("chat_template.jinja", &template(name));
        let renderer = folder.open().at(then());
        let names = stored["conversations"].as_object().expect("conversations").keys();
        for conversation in names.chain(stored["with_tools"].as_object().expect("conversations").keys()) {
            let (messages, tools) = crate::templates::conversation(&stored, conversation);
            let example = Example::Chat { messages, tools };
            for learn_from in FROM {
                let xray = renderer.xray(&example, learn_from).map(|xray| xray.row());
                let tokens = renderer.tokens(&example, learn_from);
                shown += u32::from(tokens.is_ok());
                assert_eq!(
                    xray.map_err(|error| error.to_string()),
                    tokens.map_err(|error| error.to_string()),
                    "{name}"
                );
            }
        }
    }
    assert!(shown > 100, "{shown}");
}

#[test]
fn a_part_of_a_character_is_shown_as_its_bytes() {
    let renderer = Folder::new(&tokenizer(256)).with("chat_template.jinja", "{{ messages[0].content }}").open();
    let xray = checked(&renderer, &say(&[("user", "a漢 é")]), LearnFrom::All);
    let texts: Vec<String> = xray.tokens.iter().map(|token| token.text()).collect();
    assert_eq!(&texts[..7], ["a", "\\xE6", "\\xBC", "\\xA2", " ", "\\xC3", "\\xA9"]);
}

#[test]
fn bytes_are_shared_out_as_merges_have_it() {
    // A merge that ends within a character: the first two bytes of 😀 are one token.
    let mut json = tokenizer(256);
    json["model"]["merges"].as_array_mut().expect("merges").push(serde_json::json!(["ð", "Ł"]));
    let id = json["model"]["vocab"].as_object().expect("a vocabulary").len() + 100;
    json["model"]["vocab"]["ðŁ"] = id.into();
    let renderer = Folder::new(&json).with("chat_template.jinja", "{{ messages[0].content }}").open();
    let xray = checked(&renderer, &say(&[("user", "x😀y")]), LearnFrom::All);
    let texts: Vec<String> = xray.tokens.iter().map(|token| token.text()).collect();
    assert_eq!(&texts[..5], ["x", "\\xF0\\x9F", "\\x98", "\\x80", "y"]);
}

#[test]
fn special_tokens_and_the_ends_of_answers_are_marked() {
    let renderer = folder("chatml", 256).open();
    let xray = checked(&renderer, &say(&[("user", "q"), ("assistant", "a")]), LearnFrom::Assistant);
    let marked = |is: fn(&tunesmith_data::XrayToken) -> bool| -> Vec<String> {
        xray.tokens.iter().filter(|token| is(token)).map(|token| token.text()).collect()
    };
    assert_eq!(marked(|token| token.special), ["<|im_start|>", "<|im_end|>", "<|im_start|>", "<|im_end|>"]);
    assert_eq!(marked(|token| token.learned), ["a", "<|im_end|>"]);
    assert_eq!(marked(|token| token.end_of_turn), ["<|im_end|>"], "the question's end is not learned");
}

#[test]
fn an_xray_is_the_same_behind_a_wire() {
    let renderer = folder("chatml", 256).open();
    for text in ["é 😀", "", "<|im_end|>x"] {
        let xray = renderer.xray(&chat(&[("user", "q"), ("assistant", text)]), LearnFrom::Assistant).expect("an X-ray");
        let wire = serde_json::to_string(&xray).expect("JSON");
        assert_eq!(serde_json::from_str::<Xray>(&wire).expect("an X-ray"), xray);
        // A reply may have 40 letters for each of the request's.
        assert!(wire.len() < 100 + 30 * xray.tokens.len(), "{} for {}", wire.len(), xray.tokens.len());
    }
}
