//! What a model folder says about text and tokens.

use proptest::prelude::*;
use serde_json::json;
use tunesmith_data::{Example, RenderError, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, examples, folder, read, say, tokenizer};

#[test]
fn a_folder_without_a_chat_template_gets_a_plain_one() {
    let chatml = Folder::new(&tokenizer(256)).open();
    assert!(!chatml.has_chat_template() && folder("inst", 256).open().has_chat_template());
    let messages = say(&[("system", "s"), ("user", "q")]);
    assert_eq!(
        chatml.render(&messages, true).expect("a text"),
        "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n"
    );

    let mut plain = tokenizer(256);
    plain["added_tokens"].as_array_mut().expect("tokens").retain(|token| token["content"] == "</s>");
    let plain = Folder::new(&plain).with("tokenizer_config.json", r#"{"eos_token": "</s>"}"#).open();
    let mut messages = say(&[("system", "s"), ("user", "q"), ("assistant", "a")]);
    assert_eq!(plain.render(&messages, false).expect("a text"), "s\n\nUser: q\nAssistant: a</s>\n");
    let tokens = plain.tokens(&Example::chat(messages.clone()), LearnFrom::Assistant).expect("tokens");
    assert_eq!(tokens.learned(), 3, "the space, the answer and its end");
    messages.pop();
    assert_eq!(plain.render(&messages, true).expect("a text"), "s\n\nUser: q\nAssistant:");
}

#[test]
fn templates_are_found_wherever_a_folder_keeps_them() {
    let tokenizer = tokenizer(256);
    let shout = |text: &str| json!({"chat_template": text}).to_string();
    let named = json!({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]});
    let only = json!({"chat_template": [{"name": "rag", "template": "R"}]});
    let none = json!({"chat_template": [{"name": "rag", "template": "R"}, {"name": "tool_use", "template": "T"}]});
    let said = |folder: &Folder| folder.open().render(&say(&[("user", "x")]), false).expect("a text");
    assert_eq!(said(&Folder::new(&tokenizer).with("tokenizer_config.json", &shout("C"))), "C");
    assert_eq!(said(&Folder::new(&tokenizer).with("chat_template.json", &shout("J"))), "J");
    assert_eq!(said(&Folder::new(&tokenizer).with("tokenizer_config.json", &named.to_string())), "D");
    assert_eq!(said(&Folder::new(&tokenizer).with("tokenizer_config.json", &only.to_string())), "R");
    let both = Folder::new(&tokenizer).with("tokenizer_config.json", &shout("C")).with("chat_template.jinja", "F");
    assert_eq!(said(&both), "F", "the file of its own counts");
    // As `AutoTokenizer.from_pretrained(FOLDER).chat_template` of transformers 5.23 says.
    let legacy =
        Folder::new(&tokenizer).with("tokenizer_config.json", &shout("C")).with("chat_template.json", &shout("J"));
    assert_eq!(said(&legacy), "C", "chat_template.json is a processor's");
    let listed = Folder::new(&tokenizer)
        .with("tokenizer_config.json", &named.to_string())
        .with("chat_template.json", &shout("J"));
    assert_eq!(said(&listed), "D");
    let folder = Folder::new(&tokenizer).with("tokenizer_config.json", &none.to_string());
    assert!(matches!(Renderer::open(folder.0.path(), None), Err(RenderError::Template { .. })));
}

#[test]
fn end_tokens_come_from_every_place_that_names_them() {
    let json = tokenizer(256);
    let id = |token: &str| {
        let tokens = json["added_tokens"].as_array().expect("tokens");
        tokens.iter().find(|entry| entry["content"] == token).expect("a token")["id"].as_u64().expect("an id") as u32
    };
    let folder = Folder::new(&json)
        .with("generation_config.json", &json!({"eos_token_id": [id("<eos>"), id("</s>"), 99_999_999]}).to_string())
        .with("config.json", &json!({"eos_token_id": id("<|User|>")}).to_string())
        .with("tokenizer_config.json", r#"{"eos_token": {"content": "<|eot_id|>"}}"#)
        .with("chat_template.jinja", "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}");
    let mut expected = ["<eos>", "</s>", "<|User|>", "<|eot_id|>", "<|im_end|>"].map(id);
    expected.sort_unstable();
    assert_eq!(folder.open().end_tokens(), expected);
}

#[test]
fn a_text_gets_the_tokenizers_own_special_tokens_and_a_chat_no_second_bos() {
    let mut json = tokenizer(256);
    let id = |token: &str| {
        let tokens = json["added_tokens"].as_array().expect("tokens");
        tokens.iter().find(|entry| entry["content"] == token).expect("a token")["id"].as_u64().expect("an id") as u32
    };
    let (bos, eos) = (id("<s>"), id("</s>"));
    json["post_processor"] = json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [bos], "tokens": ["<s>"]}}});
    json["truncation"] = json!({"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0});
    json["padding"] = json!({"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "!"});
    let config = r#"{"bos_token": "<s>", "eos_token": "</s>"}"#;
    let renderer = Folder::new(&json)
        .with("tokenizer_config.json", config)
        .with("chat_template.jinja", &crate::support::template("inst"))
        .open();
    let text = renderer.tokens(&Example::Text { text: "leek".into() }, LearnFrom::Assistant).expect("tokens");
    assert_eq!((text.ids.len(), text.ids[0], text.ids[5]), (6, bos, eos));
    let written = Example::Text { text: "<s>leek</s>".into() };
    let once = renderer.row(&written, LearnFrom::All).expect("tokens");
    assert_eq!((once.tokens, once.doubled_tokens), (text, 1), "the token that the tokenizer adds stands there once");
    assert_eq!(renderer.xray(&written, LearnFrom::All).expect("an x-ray").tokens.len(), 6);
    let prompt = renderer.prompt(&say(&[("user", "q")]), &[]).expect("a prompt");
    assert_eq!(prompt.iter().filter(|id| **id == bos).count(), 1);
    assert_eq!(prompt.len(), 1 + "[INST] q [/INST]".len(), "nothing is cut and nothing is padded");
    // The plain template has the bos that the tokenizer puts before a text.
    let plain = Folder::new(&json).with("tokenizer_config.json", r#"{"bos_token": "<bos>"}"#);
    let chatml = plain.open().render(&say(&[("user", "q")]), false).expect("a text");
    assert!(!chatml.contains("<bos>"), "{chatml}");
}

#[test]
fn folders_that_are_no_models_are_clear_errors() {
    let empty = tempfile::tempdir().expect("a folder");
    let fails = |path: &std::path::Path| Renderer::open(path, None).err().expect("an error").to_string();
    assert!(fails(&empty.path().join("nowhere")).ends_with("nowhere does not exist"));
    assert!(fails(empty.path()).contains("tokenizer.json does not exist"));
    for broken in ["", "{}", "[]", "{\"model\": {\"type\": \"BPE\"}}", "\u{0}", "{\"version\": \"1.0\", \"model\": 3}"]
    {
        std::fs::write(empty.path().join("tokenizer.json"), broken).expect("a file");
        assert!(fails(empty.path()).contains("tokenizer.json cannot be used"), "{broken}");
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    std::fs::write(empty.path().join("tokenizer.json"), pointer).expect("a file");
    assert!(fails(empty.path()).contains("Git LFS pointer"));
    let folder = Folder::new(&tokenizer(256)).with("tokenizer_config.json", "{nope");
    assert!(fails(folder.0.path()).contains("tokenizer_config.json cannot be used"));
}

#[test]
fn streamed_text_is_the_decoded_text_in_whole_characters() {
    let renderer = folder("chatml", 300).open();
    for text in ["Hello, leek!", "été 😀 👩‍🍳 漢字", "  two  spaces\n\n", "", "a\u{FFFD}b", "x"] {
        let ids = renderer.tokens(&Example::Text { text: text.into() }, LearnFrom::All).expect("tokens").ids;
        let mut stream = renderer.stream();
        let mut parts = Vec::new();
        for id in &ids {
            parts.extend(stream.push(*id).expect("text"));
        }
        parts.extend(stream.finish().expect("text"));
        assert_eq!(parts.concat(), text);
        assert_eq!(renderer.decode(&ids).expect("text"), text);
        assert!(text.contains('\u{FFFD}') || parts.iter().all(|part| !part.contains('\u{FFFD}')), "{parts:?}");
    }
    // Bytes that never become a character come out in the end, as what they are.
    let smile = renderer.tokens(&Example::Text { text: "😀".into() }, LearnFrom::All).expect("tokens").ids;
    let mut stream = renderer.stream();
    let out: Vec<String> = std::iter::repeat_n(smile[0], 40).filter_map(|id| stream.push(id).expect("text")).collect();
    assert!(!out.is_empty(), "an endless half character does not wait for ever");
}

/// A tokenizer in the manner of SentencePiece: `▁` for a space, and single bytes for what it does not know.
fn sentence_piece() -> serde_json::Value {
    let mut vocabulary = serde_json::Map::new();
    let pieces = ["<unk>", "▁", "▁Hello", "▁leek", "s", "ed", "."].map(String::from);
    let bytes = (0..=255u8).map(|byte| format!("<0x{byte:02X}>"));
    for (id, piece) in pieces.into_iter().chain(bytes).enumerate() {
        vocabulary.insert(piece, json!(id));
    }
    json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": null, "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
            "vocab": vocabulary, "merges": []}})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a model writes: what streams out is what decodes, unless its bytes are no text at all.
    #[test]
    fn any_tokens_stream_as_they_decode(
        words in prop::collection::vec(prop_oneof![(1u32..7).prop_map(|id| vec![id]),
            prop::char::any().prop_map(|c| c.to_string().bytes().map(|byte| 7 + u32::from(byte)).collect()),
            (7u32..263).prop_map(|id| vec![id])], 0..12),
    ) {
        SENTENCE_PIECE.with(|renderer| {
            let ids = words.concat();
            let mut stream = renderer.stream();
            let mut text = String::new();
            for id in &ids {
                text.extend(stream.push(*id).expect("text"));
            }
            text.extend(stream.finish().expect("text"));
            let whole = renderer.decode(&ids).expect("text");
            if !whole.contains('\u{FFFD}') {
                assert_eq!(text, whole);
            }
        });
    }
}

thread_local! {
    static SENTENCE_PIECE: Renderer = Folder::new(&sentence_piece()).open();
}

#[test]
fn masks_hold_for_sentence_pieces() {
    let config = r#"{"bos_token": "<s>", "eos_token": "</s>"}"#;
    let mut json = sentence_piece();
    for (id, token) in [(263, "<s>"), (264, "</s>")] {
        json["added_tokens"].as_array_mut().expect("tokens").push(json!({"id": id, "content": token,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}));
    }
    let folder = Folder::new(&json).with("tokenizer_config.json", config);
    let renderer = folder.with("chat_template.jinja", &crate::support::template("inst")).open();
    let turns = [("user", "Hello"), ("assistant", "leeks é."), ("user", "q"), ("assistant", "漢")];
    let tokens = renderer.tokens(&Example::chat(say(&turns)), LearnFrom::Assistant).expect("tokens");
    let mut spans = vec![vec![]];
    for (id, learn) in tokens.ids.iter().zip(&tokens.learn) {
        match (learn, spans.last_mut().expect("a span")) {
            (true, span) => span.push(*id),
            (false, span) if !span.is_empty() => spans.push(vec![]),
            _ => {}
        }
    }
    let texts: Vec<String> = spans.iter().map(|span| renderer.decode(span).expect("text")).collect();
    assert_eq!(texts, ["leeks é.", "漢"]);
    assert!(spans.iter().all(|span| span.last() == Some(&264)), "each ends with the end token");
}

#[test]
fn conversations_with_tools_have_the_template_that_is_named_for_them() {
    let (default, tool_use) =
        ("{{ messages[0].content }} plain", "{{ messages[0].content }} {{ tools | length }} tools");
    let named = json!({"chat_template": [{"name": "default", "template": default}, {"name": "tool_use", "template": tool_use}]});
    let listed = Folder::new(&tokenizer(300)).with("tokenizer_config.json", &named.to_string());
    let beside = Folder::new(&tokenizer(300)).with("chat_template.jinja", default);
    std::fs::create_dir(beside.0.path().join("additional_chat_templates")).expect("a folder");
    let beside = beside.with("additional_chat_templates/tool_use.jinja", tool_use);
    for folder in [listed, beside] {
        let renderer = folder.open();
        let tool = json!({"type": "function", "function": {"name": "tide"}});
        let asked = say(&[("user", "q")]);
        assert_eq!(renderer.render_with(&asked, &[tool], false).expect("a text"), "q 1 tools");
        assert_eq!(renderer.render(&asked, false).expect("a text"), "q plain");
    }
}

#[test]
fn what_was_thought_is_rendered_under_the_templates_own_name_and_learned() {
    for (key, row_key) in
        [("reasoning_content", "thinking"), ("thinking", "reasoning_content"), ("reasoning", "reasoning")]
    {
        let template = format!(
            "{{% for m in messages %}}<|im_start|>{{{{ m.role }}}}\n{{% if m.role == 'assistant' %}}<think>\n\
            {{{{ m.{key} }}}}\n</think>\n{{% endif %}}{{{{ m.content }}}}<|im_end|>\n{{% endfor %}}\
            {{% if add_generation_prompt %}}<|im_start|>assistant\n{{% endif %}}"
        );
        let renderer = folder("chatml", 300).with("chat_template.jinja", &template).open();
        let row = json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", row_key: "so", "content": "a"}]});
        let example = examples(&read("a.jsonl", row.to_string())).remove(0);
        let tokens = renderer.tokens(&example, LearnFrom::Assistant).expect("tokens");
        let learned: Vec<u32> =
            tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id).collect();
        assert_eq!(renderer.decode(&learned).expect("a text"), "<think>\nso\n</think>\na", "{key}");
    }
}
