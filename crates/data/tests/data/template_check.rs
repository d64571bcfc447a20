//! What rows lose on their way through a template is told, and so is where a chat would ask otherwise than they were learned.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use tunesmith_data::{
    Departure, DepartureKind, Example, Hidden, HiddenPart, Message, Renderer, TemplateCheck, render_rows,
};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, chat, folder, say, tokenizer};

const TURNS: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";

fn asking(prompt: &str) -> String {
    format!("{TURNS}{{% if add_generation_prompt %}}{prompt}{{% endif %}}")
}

fn opened(tokenizer: &Value, template: &str) -> Renderer {
    let config = r#"{"bos_token": "<s>", "eos_token": "<|im_end|>"}"#;
    Folder::new(tokenizer).with("tokenizer_config.json", config).with("chat_template.jinja", template).open()
}

fn departure(renderer: &Renderer, example: &Example) -> Option<Departure> {
    renderer.row(example, LearnFrom::Assistant).expect("a row").departure
}

fn checked(renderer: &Renderer, examples: &[Example]) -> TemplateCheck {
    let rows = render_rows(examples, renderer, LearnFrom::Assistant, &mut |_, _| ControlFlow::Continue(()));
    rows.expect("rows").check().clone()
}

/// One that puts its begin token before every text.
fn adding_tokenizer() -> Value {
    let mut json = tokenizer(256);
    let tokens = json["added_tokens"].as_array().expect("tokens");
    let bos = tokens.iter().find(|entry| entry["content"] == "<s>").expect("a token")["id"].clone();
    json["post_processor"] = json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [bos], "tokens": ["<s>"]}}});
    json
}

/// One with a single merge, of two line breaks, as Llama 3's and Qwen's have it.
fn joining_tokenizer() -> Value {
    let mut json = tokenizer(256);
    json["pre_tokenizer"]["use_regex"] = false.into();
    json["model"]["vocab"]["ĊĊ"] = 300.into();
    json["model"]["merges"] = json!([["Ċ", "Ċ"]]);
    json
}

#[test]
fn a_begin_token_that_template_and_tokenizer_both_write_stands_once_in_row_and_chat() {
    let row = chat(&[("user", "q"), ("assistant", "a")]);
    let prompt = "<|im_start|>assistant\n";
    let both = opened(&adding_tokenizer(), &format!("{{{{ bos_token }}}}{}", asking(prompt)));
    assert_eq!(departure(&both, &row), None);
    let begins = |ids: &[u32]| ids.iter().take_while(|id| **id == ids[0]).count();
    let tokens = both.tokens(&row, LearnFrom::Assistant).expect("tokens");
    assert_eq!(begins(&tokens.ids), 1);
    assert_eq!(begins(&both.prompt(&say(&[("user", "q")]), &[]).expect("a prompt")), 1);

    let only_rows = format!("{{% if not add_generation_prompt %}}{{{{ bos_token }}}}{{% endif %}}{}", asking(prompt));
    let found = departure(&opened(&adding_tokenizer(), &only_rows), &row).expect("a departure");
    assert_eq!(found.kind, DepartureKind::Beginning);
    assert!(found.learned.starts_with("\"<s><|im_start|>") && found.asked.starts_with("\"<|im_start|>"), "{found:?}");
}

#[test]
fn a_line_break_that_merges_with_the_answers_first_token_is_found() {
    let renderer = opened(&joining_tokenizer(), &asking("<|im_start|>assistant\n"));
    let plain = chat(&[("user", "q"), ("assistant", "a")]);
    let merged = chat(&[("user", "q"), ("assistant", "\na")]);
    assert_eq!(departure(&renderer, &plain), None);
    let expected = Departure { kind: DepartureKind::Merged, asked: r#""\n""#.into(), learned: r#""\n\n""#.into() };
    assert_eq!(departure(&renderer, &merged), Some(expected));
    // Where the tokenizer joins nothing, the same row is asked as it was learned.
    assert_eq!(departure(&opened(&tokenizer(256), &asking("<|im_start|>assistant\n")), &merged), None);
}

#[test]
fn a_generation_prompt_that_differs_from_the_rows_is_found() {
    let row = chat(&[("user", "q"), ("assistant", "a")]);
    let found = departure(&opened(&tokenizer(256), &asking("<|im_start|>assistant\n<think>\n")), &row);
    let expected =
        Departure { kind: DepartureKind::Text, asked: r#""<think>\n""#.into(), learned: r#""a<|im_end|>\n""#.into() };
    assert_eq!(found, Some(expected));
    for name in ["chatml", "llama3", "gemma", "zephyr", "inst", "thinking"] {
        assert_eq!(departure(&folder(name, 300).open(), &row), None, "{name} asks as it teaches");
    }
}

#[test]
fn every_row_is_looked_at_and_the_first_and_the_last_answer_of_each() {
    let renderer = opened(&joining_tokenizer(), &asking("<|im_start|>assistant\n"));
    let fine = chat(&[("user", "q"), ("assistant", "a")]);
    let late = chat(&[("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "\n\nb")]);
    let mut rows = vec![fine; 700];
    rows[610] = late.clone();
    rows[650] = late;
    let found = checked(&renderer, &rows);
    let departures = &found.departures[&DepartureKind::Merged];
    assert_eq!((found.departures.len(), departures.rows, departures.first_row), (1, 2, 611));
}

/// A row with a part of each kind.
fn whole() -> Example {
    let call = json!([{"type": "function", "function": {"name": "weather", "arguments": {"place": "Ulm"}}}]);
    let messages = vec![
        Message::new("system", "Be brief."),
        Message { name: Some("Ada".into()), ..Message::new("user", "Sun?") },
        Message {
            tool_calls: Some(call),
            reasoning_content: Some("I must look.".into()),
            ..Message::new("assistant", "")
        },
        Message { name: Some("weather".into()), ..Message::new("tool", "Sun") },
        Message::new("assistant", "It shines."),
    ];
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {}}});
    Example::Chat { messages, tools: vec![tool("weather"), tool("now")] }
}

fn hidden_by(template: &str) -> Hidden {
    opened(&tokenizer(256), template).row(&whole(), LearnFrom::All).expect("a row").hidden
}

#[test]
fn whatever_a_template_does_not_show_is_counted_by_its_kind() {
    use HiddenPart::{Answer, Call, Name, Question, Reasoning, System, ToolResult, Tools};
    let everything = "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|im_start|>{{ m.role }} {{ m.name }}\n\
        {{ m.reasoning_content }}{{ m.content }}{{ m.tool_calls | default([]) | tojson }}<|im_end|>\n{% endfor %}";
    assert_eq!(hidden_by(everything), Hidden::new());
    let ascii = everything.replace("tojson }}", "tojson(ensure_ascii=true) }}");
    assert_eq!(hidden_by(&ascii), Hidden::new(), "JSON in ASCII shows them as well");

    let plain = "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}<|im_start|>{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}";
    let expected = [(System, 1), (Reasoning, 1), (Call, 1), (Tools, 1), (ToolResult, 1), (Name, 2)];
    assert_eq!(hidden_by(plain), Hidden::from(expected));

    let last = "{{ messages[-1].content }}<|im_end|>";
    let expected = [(System, 1), (Question, 1), (Reasoning, 1), (Call, 1), (Tools, 1), (ToolResult, 1), (Name, 2)];
    assert_eq!(hidden_by(last), Hidden::from(expected));

    let some = everything.replace("tools | tojson", "tools[0] | tojson").replace("{{ m.content }}", "");
    let expected = [(System, 1), (Question, 1), (Answer, 1), (Tools, 1), (ToolResult, 1)];
    assert_eq!(hidden_by(&some), Hidden::from(expected));
}

#[test]
fn a_template_that_refuses_other_parts_of_one_kind_is_still_asked_about_the_others() {
    let template = "{% for m in messages %}{% if m.role == 'tool' %}{% if m.content != 'Sun' %}{{ raise_exception('no sun') }}{% endif %}\
        {% elif m.role != 'system' %}<|im_start|>{{ m.name }}{{ m.reasoning_content }}{{ m.content }}{{ m.tool_calls | default([]) | tojson }}\
        <|im_end|>{% endif %}{% endfor %}{{ tools | tojson }}";
    assert_eq!(hidden_by(template), Hidden::from([(HiddenPart::System, 1), (HiddenPart::Name, 1)]));
}

#[test]
fn answers_that_are_not_learned_anyway_are_not_counted() {
    let mut row = whole();
    let Example::Chat { messages, .. } = &mut row else { panic!("a conversation") };
    messages[2].weight = Some(0.0);
    let template = "{% for m in messages %}{% if not m.tool_calls %}<|im_start|>{{ m.name }}{{ m.content }}<|im_end|>{% endif %}{% endfor %}\
        {{ tools | tojson }}";
    let hidden = opened(&tokenizer(256), template).row(&row, LearnFrom::Assistant).expect("a row").hidden;
    assert_eq!(hidden, Hidden::new());
}

#[test]
fn a_begin_token_that_a_text_doubles_is_counted() {
    let renderer = opened(&adding_tokenizer(), TURNS);
    let text = |text: &str| Example::Text { text: text.into() };
    assert_eq!(checked(&renderer, &[text("<s>leek"), text("leek"), text("<s>leeks")]).doubled_tokens, 2);
}

/// What a template hides of a conversation of a system prompt, two questions and two answers.
fn hidden_of(content: &str, messages: &[(&str, &str)]) -> Hidden {
    let turns = TURNS.replace("m.content", content);
    opened(&tokenizer(256), &turns).row(&chat(messages), LearnFrom::All).expect("a row").hidden
}

#[test]
fn a_template_that_shows_only_a_part_of_a_message_is_told_of() {
    use HiddenPart::{Answer, Reasoning, SomeAnswer, SomeQuestion, SomeSystem, System};
    let long = [
        ("system", "Answer in one word, please."),
        ("user", "What is the capital of France?"),
        ("assistant", "It is Paris, on the Seine."),
        ("user", "And?"),
        ("assistant", "Rome."),
    ];
    let first_ten = Hidden::from([(SomeSystem, 1), (SomeQuestion, 1), (SomeAnswer, 1)]);
    assert_eq!(hidden_of("m.content[:10]", &long), first_ten, "messages of ten characters lose nothing");
    assert_eq!(hidden_of("m.content[-12:]", &long), first_ten);
    let two_words = "m.content.split(' ')[:2] | join(' ')";
    assert_eq!(hidden_of(two_words, &long), first_ten);
    let short = "m.content if m.content | length < 10 else ''";
    let expected = [(System, 1), (HiddenPart::Question, 1), (Answer, 1)];
    assert_eq!(hidden_of(short, &long), Hidden::from(expected));

    let chinese = [("user", "你好"), ("assistant", "法国的首都是巴黎它位于塞纳河畔是一座美丽的城市")];
    assert_eq!(hidden_of("m.content[:10]", &chinese), Hidden::from([(SomeAnswer, 1)]));

    let thinking = [("user", "2 + 2?"), ("assistant", "<think>\nTwo and two.\n</think>\n\nIt is 4.")];
    assert_eq!(hidden_of("m.content.split('</think>')[-1]", &thinking), Hidden::from([(Reasoning, 1)]));
    assert_eq!(hidden_of("m.content.split('</think>')[0]", &thinking), Hidden::from([(Answer, 1)]));
}

#[test]
fn what_a_template_only_writes_otherwise_is_not_told_of() {
    let row = [
        ("system", "  Be brief. \n"),
        ("user", "What\tis  \"two\" & <b>two</b>?\n\nSay: it.\n"),
        ("assistant", " <think>Two\nand two.</think>\n\n\n Four,\n  of course. "),
    ];
    let written = ["m.content", "m.content | trim", "m.content | upper", "m.content | tojson", "m.content | e"];
    let split = "m.content.split() | join(' ')";
    let thought = "m.content.split('</think>') | map('trim') | join('\n</think>\n')";
    for content in written.into_iter().chain([split, thought]) {
        assert_eq!(hidden_of(content, &row), Hidden::new(), "{content}");
    }
}

#[test]
fn reasoning_that_a_template_drops_from_earlier_turns_is_told_as_reasoning() {
    let answer = "<think>\nI add them.\n</think>\n\nIt is 4.";
    let row = [("user", "2 + 2?"), ("assistant", answer), ("user", "2 + 3?"), ("assistant", answer)];
    let last = "m.content if loop.last else m.content.split('</think>')[-1].lstrip('\n')";
    assert_eq!(hidden_of(last, &row), Hidden::from([(HiddenPart::Reasoning, 1)]));
}

#[test]
fn calls_and_tools_that_are_shown_in_part_are_told_of() {
    let Example::Chat { messages, mut tools } = whole() else { panic!("a conversation") };
    tools[0]["function"]["description"] = "Looks outside.".into();
    tools[0]["function"]["parameters"] = json!({"type": "object", "properties": {
        "place": {"type": "string", "description": "A town."}}});
    let row = Example::Chat { messages, tools };
    let hidden = |tools: &str, calls: &str| {
        let template = format!(
            "{{% for t in tools %}}{{{{ {tools} }}}}{{% endfor %}}{{% for m in messages %}}<|im_start|>{{{{ m.name }}}}\n{{{{ \
             m.reasoning_content }}}}{{{{ m.content }}}}{{% for c in m.tool_calls or [] %}}{{{{ {calls} }}}}{{% endfor %}}<|im_end|>\n{{% endfor %}}"
        );
        opened(&tokenizer(256), &template).row(&row, LearnFrom::All).expect("a row").hidden
    };
    assert_eq!(hidden("t | tojson", "c | tojson"), Hidden::new());
    assert_eq!(hidden("t.function.name", "c | tojson"), Hidden::from([(HiddenPart::SomeTools, 1)]));
    assert_eq!(hidden("t | tojson", "c.function.name"), Hidden::from([(HiddenPart::SomeCall, 1)]));
    assert_eq!(hidden("t | tojson", "c.function.arguments | tojson"), Hidden::from([(HiddenPart::SomeCall, 1)]));
}

#[test]
fn a_call_that_is_none_is_no_panic() {
    let renderer = opened(&tokenizer(256), TURNS);
    for calls in [json!([5]), json!([{"function": "add"}]), json!([{"function": 5}]), json!(["add"])] {
        let answer = Message { tool_calls: Some(calls.clone()), ..Message::new("assistant", "So be it.") };
        let row = Example::chat(vec![Message::new("user", "Add one."), answer]);
        assert!(renderer.row(&row, LearnFrom::Assistant).is_ok(), "{calls}");
    }
}
