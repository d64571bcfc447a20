//! Chat templates that can be chosen where a model brings none.

use std::path::Path;

use serde_json::{Value, json};
use tunesmith_data::{Example, LONGEST_TEMPLATE, ReadyMade, Render, Renderer, sample_conversation};
use tunesmith_protocol::{LearnFrom, TemplateName};

use crate::support::{Folder, say, template, tokenizer};

/// A folder without a template, whose tokenizer knows these special tokens and puts `<s>` before a text.
fn bare(known: &[&str]) -> Folder {
    let mut json = tokenizer(256);
    let tokens = json["added_tokens"].as_array_mut().expect("tokens");
    tokens.retain(|token| known.contains(&token["content"].as_str().expect("a text")));
    let bos = tokens.iter().find(|token| token["content"] == "<s>").expect("the begin token")["id"].clone();
    json["post_processor"] = json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [bos], "tokens": ["<s>"]}}});
    // Another begin token than the one that the tokenizer puts there.
    Folder::new(&json).with("tokenizer_config.json", r#"{"bos_token": "<other>", "eos_token": "</s>"}"#)
}

fn named(folder: &Folder, name: TemplateName) -> ReadyMade {
    folder.open().ready_made().expect("templates").into_iter().find(|one| one.name == name).expect("one of that name")
}

/// The folder with this template chosen.
fn chosen(folder: &Folder, text: &str) -> Renderer {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    Renderer::open(folder.0.path(), Some(file.path())).expect("a renderer")
}

#[test]
fn a_chosen_template_counts_only_where_the_folder_brings_none() {
    let folder = bare(&["<s>", "</s>"]);
    let messages = say(&[("user", "q")]);
    let shout = |renderer: Renderer| renderer.render(&messages, false).expect("a text");
    assert_eq!(shout(chosen(&folder, "{{ messages[0].content | upper }}{{ bos_token }}")), "Q<other>");
    let gone = Renderer::open(folder.0.path(), Some(Path::new("/nowhere/template.jinja"))).expect("a renderer");
    assert_eq!(shout(gone), "<s>User: q\n", "as where none is chosen");
    let own = folder.with("chat_template.jinja", "{{ messages[0].content }}!");
    assert_eq!(shout(chosen(&own, "{{ messages[0].content | upper }}")), "q!");
    assert_eq!(shout(chosen(&own, "{% broken")), "q!", "it is not even read");
}

#[test]
fn a_chosen_template_that_cannot_be_used_is_an_error_that_names_it() {
    let folder = bare(&["<s>", "</s>"]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    for (text, why) in [("{% if %}".to_owned(), "line 1"), ("x".repeat(LONGEST_TEMPLATE + 1), "at most 65536")] {
        std::fs::write(file.path(), text).expect("written");
        let error = Renderer::open(folder.0.path(), Some(file.path())).err().expect("an error").to_string();
        assert!(error.contains(why) && error.contains(&*file.path().to_string_lossy()), "{error}");
    }
}

/// What a template writes of a conversation, in pieces: the text and whether it is learned. Written down by hand from what is
/// public of each format.
fn pieces(name: TemplateName) -> (Vec<(&'static str, bool)>, &'static str) {
    match name {
        TemplateName::Chatml => (
            vec![
                ("<s><|im_start|>system\nBe brief<|im_end|>\n<|im_start|>user\nHi there<|im_end|>\n", false),
                ("<|im_start|>assistant\n", false),
                ("Good day<|im_end|>", true),
                ("\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n", false),
                ("Farewell<|im_end|>", true),
                ("\n", false),
            ],
            "<|im_start|>assistant\n",
        ),
        TemplateName::Llama3 => (
            vec![
                ("<s><|start_header_id|>system<|end_header_id|>\n\nBe brief<|eot_id|>", false),
                ("<|start_header_id|>user<|end_header_id|>\n\nHi there<|eot_id|>", false),
                ("<|start_header_id|>assistant<|end_header_id|>\n\n", false),
                ("Good day<|eot_id|>", true),
                ("<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>", false),
                ("<|start_header_id|>assistant<|end_header_id|>\n\n", false),
                ("Farewell<|eot_id|>", true),
            ],
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        TemplateName::Gemma => (
            vec![
                ("<s><start_of_turn>user\nBe brief\n\nHi there<end_of_turn>\n<start_of_turn>model\n", false),
                ("Good day<end_of_turn>", true),
                ("\n<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n", false),
                ("Farewell<end_of_turn>", true),
                ("\n", false),
            ],
            "<start_of_turn>model\n",
        ),
        TemplateName::Alpaca => (
            vec![
                ("<s>Be brief\n\n### Instruction:\nHi there\n\n### Response:\n", false),
                ("Good day</s>", true),
                ("\n\n### Instruction:\nBye\n\n### Response:\n", false),
                ("Farewell</s>", true),
                ("\n\n", false),
            ],
            "### Response:\n",
        ),
        TemplateName::Plain => (
            vec![
                ("<s>Be brief\n\nUser: Hi there\nAssistant:", false),
                (" Good day</s>", true),
                ("\nUser: Bye\nAssistant:", false),
                (" Farewell</s>", true),
                ("\n", false),
            ],
            "Assistant:",
        ),
    }
}

const ALL: [&str; 9] = [
    "<s>",
    "</s>",
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<start_of_turn>",
    "<end_of_turn>",
];

#[test]
fn each_ready_made_template_writes_its_format_and_teaches_only_answers() {
    let folder = bare(&ALL);
    let turns = [
        ("system", "Be brief"),
        ("user", "Hi there"),
        ("assistant", "Good day"),
        ("user", "Bye"),
        ("assistant", "Farewell"),
    ];
    for name in TemplateName::ALL {
        let one = named(&folder, name);
        assert!(one.unknown_markers.is_empty() && one.ends_answers, "{one:?}");
        let renderer = chosen(&folder, &one.text);
        let (pieces, prompt) = pieces(name);
        let whole: String = pieces.iter().map(|(text, _)| *text).collect();
        assert_eq!(renderer.render(&say(&turns), false).expect("a text"), whole, "{name:?}");
        assert_eq!(renderer.render(&say(&turns), true).expect("a text"), whole + prompt, "{name:?}");

        let row = renderer.row(&Example::chat(say(&turns)), LearnFrom::Assistant).expect("tokens");
        let xray = renderer.xray(&Example::chat(say(&turns)), LearnFrom::Assistant).expect("an x-ray");
        let learned = xray.tokens.iter().filter(|token| token.learned).map(|token| token.text());
        let expected: String = pieces.iter().filter(|(_, learned)| *learned).map(|(text, _)| *text).collect();
        assert_eq!(learned.collect::<String>(), expected, "{name:?}");
        assert!(row.departure.is_none(), "{name:?}: a chat asks as it was taught");
        let ids = renderer.prompt(&say(&turns[..2]), &[]).expect("a prompt");
        let bos = ids[0];
        assert_eq!(ids.iter().filter(|id| **id == bos).count(), 1, "{name:?}: the begin token once");
    }
}

#[test]
fn what_the_system_says_is_shown_wherever_it_stands() {
    let folder = bare(&ALL);
    for name in TemplateName::ALL {
        let renderer = chosen(&folder, &named(&folder, name).text);
        for turns in [vec![("system", "Be brief"), ("assistant", "a")], vec![("user", "q"), ("system", "Be brief")]] {
            let text = renderer.render(&say(&turns), true).expect("a text");
            assert!(text.contains("Be brief"), "{name:?}: {text}");
        }
    }
}

#[test]
fn markers_that_are_no_tokens_are_named_and_answers_end_with_the_end_token() {
    let folder = bare(&["<s>", "</s>"]);
    let of = |name| named(&folder, name);
    assert_eq!(of(TemplateName::Chatml).unknown_markers, ["<|im_start|>", "<|im_end|>"]);
    assert_eq!(of(TemplateName::Llama3).unknown_markers.len(), 3);
    assert!(of(TemplateName::Plain).unknown_markers.is_empty() && of(TemplateName::Plain).ends_answers);
    let gemma = chosen(&folder, &of(TemplateName::Gemma).text);
    let text = gemma.render(&say(&[("user", "q"), ("assistant", "a")]), false).expect("a text");
    assert_eq!(text, "<s><start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\na</s>\n");
    assert_eq!(ReadyMade::standard(&folder.open().ready_made().expect("templates")), TemplateName::Plain);
    assert_eq!(ReadyMade::standard(&bare(&ALL).open().ready_made().expect("templates")), TemplateName::Chatml);

    let endless = bare(&["<s>"]).with("tokenizer_config.json", "{}");
    assert!(!named(&endless, TemplateName::Alpaca).ends_answers);
}

#[test]
fn a_ready_made_template_is_known_by_its_text() {
    let few = bare(&["<s>", "</s>"]);
    for name in TemplateName::ALL {
        let text = named(&few, name).text;
        assert_eq!(ReadyMade::name_of(&text), Some(name));
        assert_eq!(ReadyMade::name_of(text.trim_end()), Some(name), "a last line break says nothing");
        assert_eq!(ReadyMade::name_of(&text.replace("content", "body")), None);
    }
    assert_eq!(ReadyMade::name_of(&template("chatml")), None);
}

#[test]
fn the_sample_is_what_a_chosen_template_writes() {
    let folder = bare(&ALL);
    for one in folder.open().ready_made().expect("templates") {
        let renderer = chosen(&folder, &one.text);
        let asked: &dyn Render = &renderer;
        assert_eq!(asked.written(&sample_conversation(), true).expect("a text"), one.sample);
    }
    let value: Value = serde_json::to_value(folder.open().ready_made().expect("templates")).expect("JSON");
    assert_eq!(value.as_array().map(Vec::len), Some(5), "they cross to another process");
}
