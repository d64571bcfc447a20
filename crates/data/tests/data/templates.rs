//! Chat templates render as transformers renders them.

use std::path::Path;

use serde_json::{Value, json};
use tunesmith_data::{Example, Message, RenderError, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, fixtures, say, tokenizer, tokenizer_with};

/// Expected texts: scripts/reference/chat_templates.py.
#[test]
fn templates_render_as_transformers_renders_them() {
    assert_as_transformers(&fixtures().join("templates"));
}

/// Templates of real models, where a folder of them is named: see scripts/reference/chat_templates.py.
#[test]
fn real_templates_render_as_transformers_renders_them() {
    if let Some(folder) = std::env::var_os("TUNESMITH_TEMPLATES") {
        assert_as_transformers(folder.as_ref());
    }
}

/// In the templates of real models, too, the answers are learned with one token that ends each, and no more.
#[test]
fn real_templates_have_masks_of_answers_only() {
    let Some(folder) = std::env::var_os("TUNESMITH_TEMPLATES") else { return };
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let template = std::fs::read_to_string(&path).expect("a template");
        let model = Folder::new(&tokenizer_with(300, &markers(&template)))
            .with("tokenizer_config.json", r#"{"bos_token": "<s>", "eos_token": "</s>"}"#)
            .with("chat_template.jinja", &template);
        let renderer = model.open();
        let turns =
            [("user", "What is a leek?"), ("assistant", "A vegetable."), ("user", "Again?"), ("assistant", "été 😀")];
        for count in [2, 4] {
            let example = Example::Chat { messages: say(&turns[..count]) };
            let Ok(tokens) = renderer.tokens(&example, LearnFrom::Assistant) else { continue };
            let learned = tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id);
            let learned: Vec<u32> = learned.collect();
            let text = renderer.decode(&learned).expect("a text");
            let ends = learned.iter().filter(|id| renderer.end_tokens().contains(id)).count();
            let answers: String = turns[..count].iter().skip(1).step_by(2).map(|turn| turn.1).collect();
            // Some models have to write a word of their own before each answer, such as the channel it goes to.
            let rest = turns[..count].iter().fold(text.clone(), |rest, turn| rest.replacen(turn.1, "", 1));
            let whole = text.len() - rest.len() == answers.len();
            if !whole || rest.len() > 6 * count || ends == 0 {
                wrong.push(format!("{}: {count} turns, {text:?}, {ends} ends", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What looks like a special token in a template.
fn markers(template: &str) -> Vec<String> {
    let mut markers: Vec<String> = template
        .match_indices('<')
        .filter_map(|(at, _)| Some(&template[at..=at + template[at..].find('>')?]))
        .filter(|marker| marker.len() > 2 && !marker.contains(|c: char| c.is_whitespace() || "'\"{}".contains(c)))
        .map(str::to_owned)
        .collect();
    markers.push("[/INST]".into());
    markers
}

fn assert_as_transformers(folder: &Path) {
    let cases = std::fs::read_to_string(folder.with_file_name("chat_templates.json")).expect("the expected texts");
    let cases: Vec<Value> = serde_json::from_str(&cases).expect("JSON");
    let tokenizer = tokenizer(300);
    let mut open: Option<(&str, Renderer)> = None;
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case["template"].as_str().expect("a name");
        let prompt = case["add_generation_prompt"].as_bool().expect("a flag");
        if open.as_ref().is_none_or(|(opened, _)| *opened != name) {
            let template = std::fs::read_to_string(folder.join(format!("{name}.jinja"))).expect("a template");
            let model = Folder::new(&tokenizer)
                .with("tokenizer_config.json", &case["special_tokens"].to_string())
                .with("chat_template.jinja", &template);
            open = Some((name, model.open()));
        }
        let (_, renderer) = open.as_ref().expect("just opened");
        let messages: Vec<Message> = serde_json::from_value(case["messages"].clone()).expect("messages");
        let ours = match renderer.render(&messages, prompt) {
            Ok(text) => json!(text),
            Err(RenderError::Refused(message)) => json!({"refused": message}),
            Err(error) => json!({"error": error.to_string()}),
        };
        let theirs = case.get("text").cloned().unwrap_or_else(|| json!({"refused": case["refused"]}));
        // Made for conversations with tools only; Python stops where there are none, Jinja's rules here go on.
        let needs_tools =
            theirs["refused"].as_str().is_some_and(|why| why.contains("NoneType") || why.contains("undefined"));
        // A header that is no part of the generation prompt is written for the model.
        let header = || Some(ours.as_str()?.strip_prefix(theirs.as_str()?)?.len() < 40);
        if ours != theirs && !needs_tools && !(prompt && header() == Some(true)) {
            wrong
                .push(format!("{name}, {}, prompt {prompt}\n  ours   {ours}\n  theirs {theirs}", case["conversation"]));
        }
    }
    assert!(!cases.is_empty(), "there are cases");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn opened(template: &str) -> Result<Renderer, RenderError> {
    let folder = Folder::new(&tokenizer(300)).with("chat_template.jinja", template);
    Renderer::open(folder.0.path())
}

#[test]
fn a_broken_template_names_its_line() {
    let error = opened("{% for m in messages %}\n{{ m.content }}\n{% endif %}").err().expect("an error");
    let text = error.to_string();
    assert!(text.contains("chat_template.jinja") && text.contains("line 3"), "{text}");
}

#[test]
fn a_template_that_refuses_says_why_in_its_own_words() {
    let renderer = opened("{{ raise_exception('only ' ~ messages|length ~ ' cats') }}").expect("a renderer");
    let error = renderer.render(&say(&[("user", "x")]), true).expect_err("refused");
    assert!(matches!(&error, RenderError::Refused(message) if message == "only 1 cats"), "{error}");
}

#[test]
fn template_bombs_are_errors() {
    let bombs = [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}",
        "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t.replace('x', 'xx') %}{% endfor %}",
        "{% set t = 'x' * 1000000 %}{{ t.replace('x', t) }}",
        "{{ 'x' * 4000000000 }}",
        "{{ '{:9999999999}'.format('x') }}",
        "{{ '%9999999999d' | format(1) }}",
        "{{ 'x' | indent(2000000000) }}",
        "{{ ('x' * 1000000).join(range(1000000)) }}",
        "{{ messages[0].content.__class__.__mro__ }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{{ unknown_function() }}",
        "{{ messages[9].content }}",
        "{{ [1, 2, 3] | tojson(indent=99999999999) }}",
        "{{ strftime_now('%Q') }}{{ strftime_now('%') }}",
    ];
    for bomb in bombs {
        // Opening renders too, so that must survive as well.
        let renderer = match opened(bomb) {
            Ok(renderer) => renderer,
            Err(RenderError::Template { .. }) => continue,
            Err(error) => panic!("{bomb}: {error}"),
        };
        let rendered = renderer.render(&say(&[("user", "x")]), false);
        let short = rendered.as_ref().is_ok_and(|text| text.len() < 1 << 20);
        assert!(rendered.is_err() || short, "{bomb}");
    }
    let deep = format!("{}1{}", "{{ (".to_owned() + &"(".repeat(100_000), ")".repeat(100_001) + " }}");
    assert!(opened(&deep).is_err(), "nesting has an end");
}

#[test]
fn todays_date_is_written_as_python_writes_it() {
    let renderer = opened("{{ strftime_now('%d %b %Y|%-d %B|%A %j %H:%M') }}").expect("a renderer");
    let text = renderer.render(&say(&[("user", "x")]), false).expect("a text");
    let parts: Vec<&str> = text.split('|').collect();
    assert_eq!(parts.len(), 3, "{text}");
    assert!(parts[0].len() == 11 && parts[0].split(' ').count() == 3, "{text}");
    assert!(!parts[1].starts_with('0'), "{text}");
    assert_eq!(parts[0][..2].trim_start_matches('0'), parts[1].split(' ').next().expect("a day"), "{text}");
}

#[test]
fn python_ways_of_titles_are_kept() {
    let renderer = opened("{{ messages[0].content.title() }}").expect("a renderer");
    let text = renderer.render(&say(&[("user", "it's <b>bold</b> ÉTÉ x2y")]), false).expect("a text");
    assert_eq!(text, "It'S <B>Bold</B> Été X2Y");
}
