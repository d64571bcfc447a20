//! Chat templates render as transformers renders them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tunesmith_data::{Message, RenderError, Renderer};

use crate::support::{Folder, fixtures, say, tokenizer};

/// Expected texts: scripts/reference/chat_templates.py.
#[test]
fn templates_render_as_transformers_renders_them() {
    assert_as_transformers(&fixtures().join("templates"));
}

/// When the clock stands still in scripts/reference/chat_templates.py.
pub fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_127_506)
}

/// The messages and tools of a conversation of the fixture.
pub fn conversation(stored: &Value, name: &str) -> (Vec<Message>, Vec<Value>) {
    let with_tools = stored["with_tools"].get(name);
    let tools = with_tools.map_or(Vec::new(), |_| stored["tools"].as_array().expect("tools").clone());
    let mut messages = with_tools.unwrap_or_else(|| &stored["conversations"][name]).clone();
    for message in messages.as_array_mut().expect("messages") {
        // What is not said beside a call is empty here.
        if message["content"].is_null() {
            message["content"] = "".into();
        }
    }
    (serde_json::from_value(messages).expect("messages"), tools)
}

fn assert_as_transformers(folder: &Path) {
    let stored = std::fs::read_to_string(folder.with_file_name("chat_templates.json")).expect("the expected texts");
    let stored: Value = serde_json::from_str(&stored).expect("JSON");
    let cases = stored["cases"].as_array().expect("cases");
    let tokenizer = tokenizer(300);
    let mut open: Option<(&str, Renderer)> = None;
    let mut wrong = Vec::new();
    for case in cases {
        let name = case["template"].as_str().expect("a name");
        let prompt = case["add_generation_prompt"].as_bool().expect("a flag");
        if open.as_ref().is_none_or(|(opened, _)| *opened != name) {
            let template = std::fs::read_to_string(folder.join(format!("{name}.jinja"))).expect("a template");
            let model = Folder::new(&tokenizer)
                .with("tokenizer_config.json", &stored["special_tokens"][name].to_string())
                .with("chat_template.jinja", &template);
            open = Some((name, model.open().at(then())));
        }
        let (_, renderer) = open.as_ref().expect("just opened");
        let (messages, tools) = conversation(&stored, case["conversation"].as_str().expect("a name"));
        let ours = match renderer.render_with(&messages, &tools, prompt) {
            Ok(text) => json!(text),
            Err(RenderError::Refused(message)) => json!({"refused": message}),
            Err(error) => json!({"error": error.to_string()}),
        };
        let theirs = case.get("text").cloned().unwrap_or_else(|| json!({"refused": case["refused"]}));
        // A header that is no part of the generation prompt is written for the model.
        let header = || Some(ours.as_str()?.strip_prefix(theirs.as_str()?)?.len() < 40);
        // Where Python stops over something that is not there, so do we, in other words.
        let missing = theirs["refused"].as_str().is_some_and(|why| why.contains("has no attribute"));
        let both_stop = missing && ours.get("error").is_some();
        if ours != theirs && !both_stop && !(prompt && header() == Some(true)) {
            wrong
                .push(format!("{name}, {}, prompt {prompt}\n  ours   {ours}\n  theirs {theirs}", case["conversation"]));
        }
    }
    assert!(!cases.is_empty(), "there are cases");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn opened(template: &str) -> Result<Renderer, RenderError> {
    let folder = Folder::new(&tokenizer(300)).with("chat_template.jinja", template);
    Renderer::open(folder.0.path(), None)
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

/// Nothing in this process looks at a clock: a rendering ends after two million instructions, well within a second.
#[test]
fn a_template_bomb_ends_by_the_work_it_does() {
    let loops = |times: u32| {
        format!("{{% for a in range({times}) %}}{{% for b in range({times}) %}}x{{% endfor %}}{{% endfor %}}")
    };
    let asked = say(&[("user", "x")]);
    let honest = opened(&loops(300)).expect("a renderer").render(&asked, false).expect("a text");
    assert_eq!(honest.len(), 300 * 300);
    let bomb = opened(&loops(99_999)).expect("a renderer");
    let told = "it does far more work than a conversation of this size needs";
    for _ in 0..3 {
        let error = bomb.render(&asked, false).expect_err("a bomb");
        assert!(matches!(&error, RenderError::Render(why) if why.starts_with(told)), "{error}");
    }
}

#[test]
fn a_text_joined_with_something_that_is_none_is_told_in_plain_words() {
    let mut asked = say(&[("user", "x"), ("assistant", "")]);
    asked[1].tool_calls = Some(json!([{"type": "function", "function": {"name": "f", "arguments": {}}}]));
    let turns = |text: &str| format!("{{% for m in messages %}}\n{{{{ {text} }}}}{{% endfor %}}");
    let told = "it joins text with a value that is not text; templates without tool calls do this where a message holds only \
        calls (line 2 of the template)";
    for joined in ["m.role + m.content", "m.content + m.role", "m.role + tools"] {
        let error = opened(&turns(joined)).expect("a renderer").render(&asked, false).expect_err(joined);
        assert!(matches!(&error, RenderError::Render(why) if why == told), "{joined}: {error}");
    }
    // In Jinja “~” makes a text of whatever it joins, and a text of nothing where there is nothing.
    let written = opened(&turns("m.role ~ m.content")).expect("a renderer").render(&asked, false);
    assert_eq!(written.expect("a text"), "userxassistant");
}

/// The texts are those of `python3 -c "import json; print([(repr(x), json.dumps(x)) for x in (1e20, …)])"`.
#[test]
fn numbers_are_written_as_python_writes_them() {
    let numbers = [
        ("1e20", "1e+20"),
        ("1e16", "1e+16"),
        ("1e15", "1000000000000000.0"),
        ("1.5e300", "1.5e+300"),
        ("1e-7", "1e-07"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("1.25e-10", "1.25e-10"),
        ("-1e22", "-1e+22"),
        ("0.1", "0.1"),
        ("100.0", "100.0"),
        ("0.0", "0.0"),
        ("12345678901234567", "12345678901234567"),
    ];
    for (number, expected) in numbers {
        let template = format!("{{{{ {number} }}}} {{{{ {number} | tojson }}}} {{{{ {number} | string }}}}");
        let text = opened(&template).expect("a renderer").render(&say(&[("user", "x")]), false).expect("a text");
        assert_eq!(text, format!("{expected} {expected} {expected}"), "{number}");
    }
    let mut calls = say(&[("user", "x"), ("assistant", "")]);
    calls[1].tool_calls =
        Some(json!([{"type": "function", "function": {"name": "f", "arguments": {"a": 1e20, "b": [1e-7]}}}]));
    let template = "{{ messages[-1].tool_calls[0].function.arguments | tojson }}";
    let text = opened(template).expect("a renderer").render(&calls, false).expect("a text");
    assert_eq!(text, r#"{"a": 1e+20, "b": [1e-07]}"#);
}

#[test]
fn a_value_written_into_a_text_by_percent_is_told_as_that() {
    let told = "it writes values into a text with “%”, which Tunesmith does not do; “~” and the filter “format” do the same \
        (line 1 of the template)";
    let render = |template: &str| opened(template).and_then(|renderer| renderer.render(&say(&[("user", "x")]), false));
    for template in ["{{ '%05.2f' % 3.14159 }}", "{{ 'a %s' % messages[0].content }}"] {
        let error = render(template).expect_err(template);
        assert!(error.to_string().contains(told), "{template}: {error}");
    }
    assert_eq!(render("{{ '%05.2f' | format(3.14159) }} {{ 7 % 4 }}").expect("a text"), "03.14 3");
}

#[test]
fn todays_date_is_written_as_python_writes_it() {
    let renderer = opened("{{ strftime_now('%d %b %Y|%-d %B|%A %j %H:%M') }}").expect("a renderer");
    let now = renderer.render(&say(&[("user", "x")]), false).expect("a text");
    assert!(now.split('|').next().is_some_and(|date| date.len() == 11), "{now}");
    let text = renderer.at(then()).render(&say(&[("user", "x")]), false).expect("a text");
    assert_eq!(text, "03 Feb 2026|3 February|Tuesday 034 14:05");
}

#[test]
fn python_ways_of_titles_are_kept() {
    let renderer = opened("{{ messages[0].content.title() }}").expect("a renderer");
    let text = renderer.render(&say(&[("user", "it's <b>bold</b> ÉTÉ x2y")]), false).expect("a text");
    assert_eq!(text, "It'S <B>Bold</B> Été X2Y");
}
