//! A model is tried on a row as it would be taught it: with its tools, and with the calls as it has to write them.

use serde_json::json;
use tunesmith_data::{Example, Message, Question};
use tunesmith_protocol::LearnFrom;

use crate::support::{chat, folder, say};

fn call(name: &str) -> Message {
    let calls = json!([{"type": "function", "function": {"name": name, "arguments": {"place": "Ulm"}}}]);
    Message { tool_calls: Some(calls), ..Message::new("assistant", "") }
}

fn with_tools(messages: Vec<Message>) -> Example {
    Example::Chat { messages, tools: vec![json!({"type": "function", "function": {"name": "weather"}})] }
}

#[test]
fn a_row_is_asked_with_its_tools_as_it_is_learned() {
    let renderer = folder("toolbox", 300).open();
    let asked = [Message::new("user", "Sun?"), call("weather"), Message::new("tool", "Sun"), call("now")];
    for messages in [&asked[..2], &asked, &[&asked[..3], &say(&[("assistant", "It shines.")])].concat()] {
        let row = with_tools(messages.to_vec());
        let tokens = renderer.tokens(&row, LearnFrom::Last).expect("tokens");
        let question = Question::of(&row, &renderer).expect("a question").expect("one");
        let prompt = renderer.prompt(&question.messages, &question.tools).expect("a prompt");
        let first = tokens.learn.iter().position(|learn| *learn).expect("something is learned");
        assert_eq!(prompt, tokens.ids[..first], "the answer is learned after the very prompt it is asked with");
        let learned = (first..tokens.ids.len()).filter(|index| tokens.learn[*index]).map(|index| tokens.ids[index]);
        let learned: Vec<u32> = learned.collect();
        assert_eq!(question.expected, renderer.decode(&learned).expect("a text"));
    }
}

#[test]
fn a_call_is_expected_as_the_template_writes_it() {
    let renderer = folder("toolbox", 300).open();
    let row = with_tools(vec![
        Message::new("user", "Sun?"),
        call("weather"),
        Message::new("tool", "Sun"),
        Message { weight: Some(0.0), ..call("now") },
        Message::new("tool", "12:00"),
    ]);
    let question = Question::of(&row, &renderer).expect("a question").expect("one");
    assert_eq!(question.messages.len(), 3);
    let call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {\"place\": \"Ulm\"}}\n</tool_call>";
    assert_eq!(question.expected, call, "and neither an earlier call nor the tool's answer");
}

#[test]
fn an_answer_in_words_is_expected_as_the_row_has_it() {
    let renderer = folder("thinking", 300).open();
    let question = Question::of(&chat(&[("user", "q"), ("assistant", " Good ")]), &renderer).expect("a question");
    assert_eq!(question.expect("one").expected, " Good ");
}

#[test]
fn a_row_that_asks_nothing_is_no_question() {
    let without_calls = "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}";
    let renderer = folder("chatml", 300).with("chat_template.jinja", without_calls).open();
    let text = Example::Text { text: "leek".into() };
    let hidden = with_tools(vec![Message::new("user", "Sun?"), call("weather")]);
    for row in [text, chat(&[("assistant", "Hello")]), hidden] {
        assert_eq!(Question::of(&row, &renderer).expect("no error"), None, "{row:?}");
    }
}
