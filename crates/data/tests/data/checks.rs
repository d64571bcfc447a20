//! The checks on conversations, by the names of OpenAI's data preparation guide.

use serde_json::{Value, json};
use tunesmith_data::{Example, Imported, Message};
use tunesmith_protocol::Format;

use crate::support::{chat, dropped, examples, read_as, say};

fn check(rows: &[Value]) -> Imported {
    let text: Vec<String> = rows.iter().map(Value::to_string).collect();
    read_as("a.jsonl", text.join("\n"), Format::Chat).expect("an import")
}

/// Why a row is dropped, beside a row that is fine.
fn kind(row: Value) -> String {
    let fine = json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]});
    let imported = check(&[fine, row.clone()]);
    assert_eq!(imported.rows.len(), 1, "{row} is kept");
    dropped(&imported)[0].1.to_owned()
}

fn answered(first: Value) -> Value {
    json!({"messages": [first, {"role": "assistant", "content": "a"}]})
}

#[test]
fn rows_that_fail_a_check_are_dropped_by_its_name() {
    assert_eq!(kind(json!([{"role": "user", "content": "q"}])), "example_missing_assistant_message");
    assert_eq!(kind(json!(["user", "q"])), "data_type");
    assert_eq!(kind(json!("text")), "data_type");
    assert_eq!(kind(json!({"text": "no messages"})), "missing_messages_list");
    assert_eq!(kind(json!({"messages": []})), "missing_messages_list");
    assert_eq!(kind(json!({"messages": "hello"})), "missing_messages_list");
    assert_eq!(kind(json!({"messages": null})), "missing_messages_list");
    assert_eq!(kind(answered(json!({"content": "q"}))), "message_missing_key");
    assert_eq!(kind(answered(json!({"role": "user"}))), "message_missing_key");
    assert_eq!(kind(answered(json!("q"))), "message_missing_key");
    assert_eq!(kind(answered(json!({"role": "narrator", "content": "q"}))), "unrecognized_role");
    assert_eq!(kind(answered(json!({"role": 7, "content": "q"}))), "unrecognized_role");
    assert_eq!(kind(answered(json!({"role": "user", "content": ""}))), "missing_content");
    assert_eq!(kind(answered(json!({"role": "user", "content": null}))), "missing_content");
    assert_eq!(kind(answered(json!({"role": "user", "content": 7}))), "missing_content");
    assert_eq!(kind(json!({"messages": [{"role": "user", "content": "q"}]})), "example_missing_assistant_message");
    assert_eq!(kind(answered(json!({"role": "assistant", "content": null, "tool_calls": [{}]}))), "wrong_tool_calls");
    let call = json!([{"function": {"name": "f", "arguments": "{cut"}}]);
    assert_eq!(kind(answered(json!({"role": "assistant", "content": "a", "tool_calls": call}))), "wrong_tool_calls");
    let call = json!([{"function": {"name": "f", "arguments": {}}}]);
    assert_eq!(kind(answered(json!({"role": "user", "content": "q", "tool_calls": call}))), "wrong_tool_calls");
    for call in [json!("{}"), json!("get()"), json!("[1]"), json!(null), json!({"arguments": {}})] {
        assert_eq!(kind(answered(json!({"from": "function_call", "value": call}))), "wrong_tool_calls");
    }
    assert_eq!(kind(json!({"messages": [{"role": "assistant", "content": "a"}], "tools": 3})), "wrong_tools");
    assert_eq!(kind(answered(json!({"role": "user", "content": [{"type": "image_url"}]}))), "unsupported_content");
    assert_eq!(kind(json!({"messages": [{"role": "assistant", "content": "a", "weight": 0.5}]})), "wrong_weight");
}

#[test]
fn roles_of_other_cases_and_services_are_understood_and_remarked_on() {
    let turns = json!([{"role": "System", "content": "s"}, {"role": " human ", "content": "q"}, {"role": "model", "content": "a"}]);
    let imported = check(&[json!({"messages": turns})]);
    assert_eq!(examples(&imported), [chat(&[("system", "s"), ("user", "q"), ("assistant", "a")])]);
    let [problem] = imported.problems.as_slice() else { panic!("{:?}", imported.problems) };
    assert_eq!((problem.kind.as_str(), problem.dropped), ("unrecognized_role", false));
    assert_eq!(problem.message, "Message 1 has the role “System”; read as system; 2 more like this in the row");
}

#[test]
fn a_row_of_answers_without_weight_is_kept_and_remarked_on() {
    let answer = |weight: u8| json!({"role": "assistant", "content": "a", "weight": weight});
    let imported = check(&[json!({"messages": [answer(0)]}), json!({"messages": [answer(0), answer(1)]})]);
    assert_eq!(imported.rows.len(), 2);
    let said: Vec<_> = imported.problems.iter().map(|problem| (problem.line, problem.kind.as_str())).collect();
    assert_eq!(said, [(1, "nothing_learned")]);
}

#[test]
fn what_a_row_says_and_a_model_never_sees_is_remarked_on() {
    let turns = json!([
        {"role": "system", "content": "own"},
        {"role": "user", "content": "q", "name": "Ada"},
        {"role": "assistant", "content": "a", "name": ""},
    ]);
    let imported = check(&[json!({"system": "s", "messages": turns}), json!({"system": "own", "messages": turns})]);
    let mut named = say(&[("system", "own"), ("user", "q"), ("assistant", "a")]);
    named[1].name = Some("Ada".into());
    assert_eq!(examples(&imported)[0], Example::chat(named), "a template may show the name; an empty one is none");
    let said: Vec<_> = imported.problems.iter().map(|problem| (problem.line, problem.kind.as_str())).collect();
    assert_eq!(said, [(1, "system_column_unused")]);
    assert!(imported.problems.iter().all(|problem| !problem.dropped));
}

#[test]
fn turns_that_say_by_their_keys_who_speaks_are_read_and_told() {
    let imported = check(&[json!({"messages": [{"user": "q", "assistant": "a"}, {"user": "q2", "assistant": "a2"}]})]);
    let turns = chat(&[("user", "q"), ("assistant", "a"), ("user", "q2"), ("assistant", "a2")]);
    assert_eq!(examples(&imported), [turns]);
    let said: Vec<_> = imported.problems.iter().map(|problem| (problem.kind.as_str(), problem.dropped)).collect();
    assert_eq!(said, [("pairs_read", false)], "once for the row");
}

#[test]
fn share_gpts_roles_mean_what_todays_mean() {
    let turns = json!([
        {"from": "system", "value": "s"},
        {"from": "human", "value": "q"},
        {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"},
        {"from": "observation", "value": "7"},
        {"from": "gpt", "value": "a"},
    ]);
    let messages = json!([
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]},
        {"role": "tool", "content": "7"},
        {"role": "assistant", "content": "a"},
    ]);
    let theirs = check(&[json!({"conversations": turns})]);
    assert_eq!(theirs.problems, []);
    assert_eq!(examples(&theirs), examples(&check(&[json!({"messages": messages})])));
    // LLaMA-Factory keeps the system prompt in a column of its own.
    let beside = check(&[json!({"conversations": turns.as_array().expect("a list")[1..], "system": "s"})]);
    assert_eq!(examples(&beside), examples(&theirs));
}

#[test]
fn an_unknown_key_is_remarked_on_and_the_row_kept() {
    let asked =
        json!({"role": "user", "content": "q", "mood": "good", "tone": "dry", "tool_call_id": "7", "refusal": null});
    let imported = check(&[answered(asked)]);
    assert_eq!(examples(&imported), [chat(&[("user", "q"), ("assistant", "a")])]);
    let problem = &imported.problems[0];
    assert_eq!((problem.kind.as_str(), problem.dropped, problem.line), ("message_unrecognized_key", false, 1));
    assert_eq!(problem.message, "Message 1 has the keys “mood”, “tone”, “tool_call_id”, which are not used");
}

#[test]
fn a_refusal_is_what_the_assistant_says() {
    let row = |answer: Value| json!({"messages": [{"role": "user", "content": "q"}, answer]});
    let said = [
        row(json!({"role": "assistant", "content": null, "refusal": "No."})),
        row(json!({"role": "assistant", "refusal": "No."})),
        row(json!({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]})),
    ];
    let imported = check(&said);
    assert_eq!(imported.problems, []);
    assert_eq!(examples(&imported), vec![chat(&[("user", "q"), ("assistant", "No.")]); 3]);
    let both = check(&[row(json!({"role": "assistant", "content": "Yes.", "refusal": "No."}))]);
    assert_eq!(examples(&both), [chat(&[("user", "q"), ("assistant", "Yes.")])]);
    assert_eq!(both.problems[0].message, "Message 2 has the key “refusal”, which is not used");
    let of_user = check(&[row(json!({"role": "assistant", "content": "", "refusal": " "}))]);
    assert_eq!(of_user.problems[0].kind, "missing_content");
}

#[test]
fn a_second_reasoning_and_a_second_content_are_not_lost_in_silence() {
    let row = |answer: Value| json!({"messages": [{"role": "user", "content": "q"}, answer]});
    let two = row(
        json!({"role": "assistant", "content": "a", "value": "b", "reasoning": "r", "thinking": "t", "train": true}),
    );
    let imported = check(&[two]);
    let Example::Chat { messages, .. } = &examples(&imported)[0] else { panic!("a conversation") };
    assert_eq!((messages[1].content.as_str(), messages[1].reasoning_content.as_deref()), ("a", Some("t")));
    let said: Vec<&str> = imported.problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(said, ["Message 2 has the keys “value”, “reasoning”, which are not used"]);
    let same = row(json!({"role": "assistant", "content": "a", "reasoning_content": "t", "reasoning": "t"}));
    assert_eq!(check(&[same]).problems, []);
}

#[test]
fn small_faults_are_repaired_and_remarked_on() {
    let row = json!({"messages": [
        {"role": "system", "content": ""},
        {"role": "developer", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "text", "text": "!"}]},
        {"role": "assistant", "content": "a", "tool_calls": []},
    ]});
    let imported = check(&[row]);
    assert_eq!(examples(&imported), [chat(&[("system", "s"), ("user", "q!"), ("assistant", "a")])]);
    let kinds: Vec<&str> = imported.problems.iter().map(|problem| problem.kind.as_str()).collect();
    assert_eq!(kinds, ["empty_system_message", "developer_role"]);
    assert!(imported.problems.iter().all(|problem| !problem.dropped));
}

#[test]
fn calls_of_tools_and_their_schemas_are_kept() {
    let tools = json!([{"type": "function", "function": {"name": "weather", "parameters": {}}}]);
    let called =
        json!([{"id": "1", "type": "function", "function": {"name": "weather", "arguments": {"b": 1, "a": 2}}}]);
    let mut written = called.clone();
    written[0]["function"]["arguments"] = r#"{"b": 1, "a": 2}"#.into();
    let row = |calls: &Value, tools: &Value| {
        json!({"tools": tools, "messages": [{"role": "user", "content": "q"},
            {"role": "assistant", "content": null, "tool_calls": calls},
            {"role": "tool", "content": "", "tool_call_id": "1", "name": "weather"},
            {"role": "assistant", "content": "a"}]})
    };
    let imported = check(&[row(&called, &tools), row(&written, &tools.to_string().into())]);
    assert!(imported.problems.is_empty(), "{:?}", imported.problems);
    let Example::Chat { messages, tools: kept } = &imported.rows[0].example else { panic!("a conversation") };
    assert_eq!((messages[1].tool_calls.as_ref(), json!(kept)), (Some(&called), tools));
    assert_eq!(messages[1].content, "");
    assert_eq!((messages[2].tool_call_id.as_deref(), messages[2].name.as_deref()), (Some("1"), Some("weather")));
    assert_eq!(imported.rows[0].example, imported.rows[1].example, "arguments and tools may be texts of JSON");
    assert!(imported.summary.reason.ends_with("with the tools in “tools”"), "{}", imported.summary.reason);
}

#[test]
fn weights_are_kept() {
    let row = json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": 0},
        {"role": "user", "content": "q"}, {"role": "assistant", "content": "b", "weight": 1}]});
    let imported = check(&[row]);
    let Example::Chat { messages, .. } = &imported.rows[0].example else { panic!("a conversation") };
    let weights: Vec<Option<f32>> = messages.iter().map(|message| message.weight).collect();
    assert_eq!(weights, [None, Some(0.0), None, Some(1.0)]);
}

#[test]
fn an_example_survives_its_own_json() {
    let mut message = Message::new("assistant", "a");
    message.weight = Some(0.0);
    for example in [Example::chat(vec![Message::new("user", "q"), message]), Example::Text { text: "t".into() }] {
        let text = serde_json::to_string(&example).expect("JSON");
        assert_eq!(serde_json::from_str::<Example>(&text).expect("an example"), example);
    }
}
