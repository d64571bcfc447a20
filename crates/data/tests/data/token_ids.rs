//! Text becomes the tokens that transformers makes of it, for the kinds of tokenizers that models bring.

use serde_json::Value;
use tunesmith_data::{Example, Message, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, fixtures, say};

/// Expected ids and texts: scripts/reference/tokenizer_ids.py.
pub fn stored() -> Value {
    let text = std::fs::read_to_string(fixtures().join("tokenizers.json")).expect("the fixture");
    serde_json::from_str(&text).expect("JSON")
}

pub fn kinds(mut check: impl FnMut(&str, &Value)) {
    stored().as_object().expect("kinds").iter().for_each(|(name, kind)| check(name, kind));
}

pub fn open(kind: &Value, template: &str) -> Renderer {
    Folder::new(&kind["tokenizer"])
        .with("tokenizer_config.json", &kind["config"].to_string())
        .with("chat_template.jinja", template)
        .open()
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("ids")
}

#[test]
fn texts_have_the_ids_that_transformers_gives_them() {
    kinds(|name, kind| {
        let bare = open(kind, "{{ messages[0].content }}");
        for case in kind["texts"].as_array().expect("texts") {
            let text = case["text"].as_str().expect("a text");
            let context = format!("{name}: {text:?}");
            assert_eq!(bare.prompt(&say(&[("user", text)]), &[]).expect("ids"), ids(&case["ids"]), "{context}");
            // A text to learn gets what the tokenizer puts around it, and the end token if that is not among it.
            let learned = bare.tokens(&Example::Text { text: text.into() }, LearnFrom::All).expect("ids").ids;
            let mut whole = ids(&case["whole"]);
            let end = bare.end_tokens()[0];
            if whole.last() != Some(&end) {
                whole.push(end);
            }
            assert_eq!(learned, whole, "{context}");
            assert_eq!(bare.decode(&ids(&case["ids"])).expect("a text"), case["decoded"], "{context}");
        }
    });
}

#[test]
fn conversations_have_the_ids_of_apply_chat_template() {
    kinds(|name, kind| {
        let renderer = open(kind, kind["template"].as_str().expect("a template"));
        for case in kind["chats"].as_array().expect("chats") {
            let messages: Vec<Message> = serde_json::from_value(case["messages"].clone()).expect("messages");
            let (asked, context) = (&messages[..messages.len() - 1], format!("{name}: {}", case["name"]));
            let row = renderer.tokens(&Example::chat(messages.clone()), LearnFrom::Assistant).expect("tokens");
            assert_eq!(row.ids, ids(&case["row"]), "{context}");
            assert_eq!(renderer.prompt(asked, &[]).expect("a prompt"), ids(&case["prompt"]), "{context}");
        }
    });
}

#[test]
fn a_message_that_spells_a_special_token_becomes_it() {
    kinds(|name, kind| {
        let renderer = open(kind, kind["template"].as_str().expect("a template"));
        let ends = |text: &str| {
            let prompt = renderer.prompt(&say(&[("user", text)]), &[]).expect("a prompt");
            prompt.iter().filter(|id| renderer.end_tokens().contains(id)).count()
        };
        let without = ends("a  b");
        assert_eq!(ends("a</s>b"), without + 1, "{name}");
        assert_eq!(ends("a< /s>b"), without, "{name}");
    });
}

#[test]
fn text_streams_as_it_decodes_for_every_kind() {
    kinds(|name, kind| {
        let bare = open(kind, "{{ messages[0].content }}");
        let texts = kind["texts"].as_array().expect("texts");
        let all: Vec<u32> = texts.iter().flat_map(|case| ids(&case["ids"])).collect();
        for ids in texts.iter().map(|case| ids(&case["ids"])).chain([all]) {
            let whole = bare.decode(&ids).expect("a text");
            let mut stream = bare.stream();
            let mut parts: Vec<String> = ids.iter().filter_map(|id| stream.push(*id).expect("text")).collect();
            parts.extend(stream.finish().expect("text"));
            assert_eq!(parts.concat(), whole, "{name}: {ids:?}");
            assert!(parts.iter().all(|part| !part.contains('\u{FFFD}')), "{name}: {parts:?}");
        }
    });
}

/// Expected ids: scripts/reference/special_tokens.py.
#[test]
fn special_tokens_that_only_the_config_names_are_one_token_each() {
    let text = std::fs::read_to_string(fixtures().join("special_tokens.json")).expect("the fixture");
    let stored_cases: Value = serde_json::from_str(&text).expect("JSON");
    let said = stored_cases["text"].as_str().expect("a text");
    for case in stored_cases["cases"].as_array().expect("cases") {
        let mut kind = stored()["bytes"].clone();
        let without = case["without"].as_array().expect("texts");
        let tokenizer = &mut kind["tokenizer"];
        let added = tokenizer["added_tokens"].as_array_mut().expect("added tokens");
        added.retain(|token| !without.contains(&token["content"]));
        if let Some(put_in) = case["put_in"].as_str() {
            let vocabulary = tokenizer["model"]["vocab"].as_object_mut().expect("a vocabulary");
            vocabulary.insert(put_in.into(), vocabulary.len().into());
        }
        kind["config"] = case["config"].clone();
        let bare = open(&kind, "{{ messages[0].content }}");
        assert_eq!(bare.prompt(&say(&[("user", said)]), &[]).expect("ids"), ids(&case["ids"]), "{}", case["config"]);
    }
}
