//! What a row says reaches its example, or is told as not used.

use serde_json::{Value, json};
use tunesmith_data::{Example, Imported, Message};
use tunesmith_protocol::LearnFrom;

use crate::support::{chat, examples, folder, read, say};

fn one(row: &Value) -> Example {
    let imported = read("a.jsonl", format!("{row}\n"));
    assert_eq!(imported.problems, [], "{row}");
    examples(&imported).remove(0)
}

fn messages(row: &Value) -> Vec<Message> {
    let Example::Chat { messages, .. } = one(row) else { panic!("a conversation: {row}") };
    messages
}

fn said(imported: &Imported) -> Vec<&str> {
    imported.problems.iter().map(|problem| &*problem.message).collect()
}

fn answered(answer: Value) -> Value {
    json!({"messages": [{"role": "user", "content": "q"}, answer]})
}

#[test]
fn a_context_is_joined_to_a_question_in_a_list_as_to_a_text() {
    let (user, anna) = (json!({"role": "user", "content": "Who?"}), "By Anna.");
    let joined = ("user", "Who?\n\nBy Anna.");
    let list = json!({"prompt": [user], "context": anna, "completion": "Anna"});
    assert_eq!(one(&list), chat(&[joined, ("assistant", "Anna")]));
    assert_eq!(one(&list), one(&json!({"prompt": "Who?", "context": anna, "completion": "Anna"})));
    let answer = |text: &str| say(&[("assistant", text)]);
    let preference = Example::Preference {
        prompt: say(&[joined]),
        chosen: answer("Anna"),
        rejected: answer("Nobody"),
        tools: vec![],
    };
    let both = |text: &str| json!([user, {"role": "assistant", "content": text}]);
    for row in [
        json!({"prompt": [user], "context": anna, "chosen": "Anna", "rejected": "Nobody"}),
        json!({"prompt": [user], "context": anna, "chosen": both("Anna"), "rejected": both("Nobody")}),
        json!({"context": anna, "chosen": "Who? Anna", "rejected": "Who? Nobody"}),
        json!({"context": anna, "chosen": both("Anna"), "rejected": both("Nobody")}),
    ] {
        assert_eq!(one(&row), preference, "{row}");
    }
    let judged = json!({"prompt": [user], "completion": "Anna", "label": true, "input": anna});
    assert_eq!(one(&judged), Example::Unpaired { prompt: say(&[joined]), completion: answer("Anna"), label: true });
    let of_another_kind = json!({"prompt": [user], "context": {"id": 1}, "chosen": "Anna", "rejected": "Nobody"});
    let imported = read("a.jsonl", of_another_kind.to_string());
    assert!(imported.summary.reason.ends_with("not used: “context”"), "{}", imported.summary.reason);
}

#[test]
fn a_request_of_openai_keeps_its_functions_and_its_system_prompt() {
    let function = json!({"name": "tide"});
    let row = json!({
        "input": {"messages": [{"role": "user", "content": "q"}], "functions": [function], "system": "Be brief", "model": "m"},
        "preferred_output": [{"role": "assistant", "content": "a"}],
        "non_preferred_output": [{"role": "assistant", "content": "b"}],
    });
    let imported = read("a.jsonl", row.to_string());
    let expected = Example::Preference {
        prompt: say(&[("system", "Be brief"), ("user", "q")]),
        chosen: say(&[("assistant", "a")]),
        rejected: say(&[("assistant", "b")]),
        tools: vec![json!({"type": "function", "function": function})],
    };
    assert_eq!(examples(&imported), [expected]);
    assert_eq!(said(&imported), ["Of the request in “input” these keys are not used: “model”"]);
}

#[test]
fn names_and_ids_that_are_numbers_are_kept() {
    let call = json!([{"id": "7", "type": "function", "function": {"name": "f", "arguments": {}}}]);
    let row = json!({"messages": [
        {"role": "user", "content": "q", "name": 5},
        {"role": "assistant", "content": null, "tool_calls": call},
        {"role": "tool", "content": "r", "tool_call_id": 7},
        {"role": "assistant", "content": "a"}]});
    let messages = messages(&row);
    assert_eq!((messages[0].name.as_deref(), messages[2].tool_call_id.as_deref()), (Some("5"), Some("7")));
    let odd = read("a.jsonl", answered(json!({"role": "assistant", "content": "a", "name": ["x"]})).to_string());
    assert_eq!(said(&odd), ["Message 2 has the key “name”, which is not used"]);
}

#[test]
fn thoughts_in_two_places_are_both_kept_or_told() {
    let parts = json!([{"type": "thinking", "thinking": "t2"}, {"type": "text", "text": "a"}]);
    let thought = |row: &Value| messages(row)[1].reasoning_content.clone();
    let both = answered(json!({"role": "assistant", "reasoning_content": "t1", "content": parts}));
    assert_eq!(thought(&both).as_deref(), Some("t1\n\nt2"));
    let same = answered(json!({"role": "assistant", "reasoning_content": "t2", "content": parts}));
    assert_eq!(thought(&same).as_deref(), Some("t2"));
    let answer = json!([{"role": "assistant", "reasoning_content": "own", "content": "a"}]);
    let beside = json!({"prompt": "q", "completion": answer, "reasoning": "column"});
    let imported = read("a.jsonl", beside.to_string());
    let Example::Chat { messages, .. } = &imported.rows[0].example else { panic!("a conversation") };
    assert_eq!(messages[1].reasoning_content.as_deref(), Some("own"));
    assert_eq!(said(&imported), ["The answer brings reasoning of its own, so that in “reasoning” is not used"]);
}

#[test]
fn calls_are_read_in_every_form() {
    let call = |arguments: Value| json!([{"type": "function", "function": {"name": "f", "arguments": arguments}}]);
    let (full, empty) = (call(json!({"a": 1})), call(json!({})));
    let written = |function: Value| json!([{"type": "function", "function": function}]);
    for (keys, expected) in [
        (json!({"tool_calls": [], "function_call": {"name": "f", "arguments": "{\"a\": 1}"}}), &full),
        (json!({"tool_calls": "", "function_call": {"name": "f", "arguments": {"a": 1}}}), &full),
        (json!({"tool_calls": full.to_string()}), &full),
        (json!({"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}), &full),
        (json!({"tool_calls": written(json!({"name": "f", "parameters": {"a": 1}}))}), &full),
        (json!({"tool_calls": written(json!({"name": "f", "parameters": "{\"a\": 1}"}))}), &full),
        (json!({"tool_calls": written(json!({"name": "f", "arguments": ""}))}), &empty),
        (json!({"tool_calls": written(json!({"name": "f", "arguments": null}))}), &empty),
        (json!({"tool_calls": written(json!({"name": "f"}))}), &empty),
        (json!({"content": [{"type": "tool_use", "name": "f", "input": {"a": 1}}]}), &full),
    ] {
        let mut answer = keys.clone();
        answer.as_object_mut().expect("an object").insert("role".into(), "assistant".into());
        assert_eq!(messages(&answered(answer))[1].tool_calls.as_ref(), Some(expected), "{keys}");
    }
    let share_gpt = json!({"conversations": [{"from": "human", "value": "q"},
        {"from": "function_call", "value": "{\"name\": \"f\", \"parameters\": {\"a\": 1}}"}]});
    assert_eq!(messages(&share_gpt)[1].tool_calls.as_ref(), Some(&full));
    let none = answered(json!({"role": "assistant", "content": "a", "tool_calls": ""}));
    assert_eq!(messages(&none), say(&[("user", "q"), ("assistant", "a")]));
}

#[test]
fn a_call_that_cannot_be_read_is_named_as_the_row_has_it() {
    let gemini = |part: Value| json!({"contents": [{"role": "user", "parts": [{"text": "q"}]}, {"role": "model", "parts": [part]}]});
    for (row, why) in [
        (
            answered(json!({"role": "assistant", "content": null, "function_call": {}})),
            "Message 2 has a “function_call” that is not a function with name and arguments",
        ),
        (
            answered(json!({"role": "assistant", "content": null, "function_call": "f()"})),
            "Message 2 has a “function_call” that is not a function with name and arguments",
        ),
        (
            answered(json!({"role": "assistant", "content": null, "tool_calls": [5]})),
            "Message 2 has “tool_calls” that are not a list of functions with name and arguments",
        ),
        (
            answered(json!({"role": "assistant", "content": null,
                "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]})),
            "Message 2 has “tool_calls” that are not a list of functions with name and arguments",
        ),
        (
            gemini(json!({"functionCall": {"args": {}}})),
            "Message 2 has a “functionCall” without the name of a function",
        ),
        (gemini(json!({"functionCall": "f"})), "Message 2 has a “functionCall” without the name of a function"),
        (
            answered(json!({"role": "assistant", "content": [{"type": "tool_use", "input": {}}]})),
            "Message 2 has a “tool_use” without the name of a function",
        ),
        (
            answered(json!({"role": "assistant", "content": [{"type": "image", "source": {}}]})),
            "Message 2 holds a part “image”, and only text can be learned",
        ),
        (gemini(json!({"inlineData": {}})), "Message 2 holds a part “inlineData”, and only text can be learned"),
    ] {
        let imported = read("a.jsonl", row.to_string());
        assert_eq!((imported.rows.len(), said(&imported)), (0, vec![why]), "{row}");
    }
}

#[test]
fn results_of_calls_stand_where_their_parts_stand() {
    let roles = |row: &Value| {
        let Example::Chat { messages, .. } = examples(&read("a.jsonl", row.to_string())).remove(0) else {
            panic!("a conversation: {row}")
        };
        let said = messages.into_iter().map(|message| (message.role, message.content));
        said.collect::<Vec<(String, String)>>()
    };
    let expected =
        say(&[("user", "q"), ("assistant", ""), ("tool", "7"), ("user", "And in one word?"), ("assistant", "a")]);
    let expected: Vec<_> = expected.into_iter().map(|message| (message.role, message.content)).collect();
    let gemini = json!({"contents": [
        {"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "tide", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "tide", "response": 7}}, {"text": "And in one word?"}]},
        {"role": "model", "parts": [{"text": "a"}]}]});
    assert_eq!(roles(&gemini), expected);
    let anthropic = json!({
        "tools": [{"name": "tide", "description": "d", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "tide", "input": {"at": 1}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "7"}]},
                {"type": "text", "text": "And in one word?"}]},
            {"role": "assistant", "content": "a"}]});
    assert_eq!(roles(&anthropic), expected);
    let Example::Chat { messages, tools } = one(&anthropic) else { panic!("a conversation") };
    let call = json!([{"id": "t1", "type": "function", "function": {"name": "tide", "arguments": {"at": 1}}}]);
    assert_eq!((messages[1].tool_calls.as_ref(), messages[2].tool_call_id.as_deref()), (Some(&call), Some("t1")));
    let schema = json!({"name": "tide", "description": "d", "parameters": {"type": "object"}});
    assert_eq!(tools, [json!({"type": "function", "function": schema})]);
}

#[test]
fn what_a_system_object_says_beside_its_text_is_told() {
    let row =
        json!({"system": {"content": "s", "mood": "good"}, "messages": say(&[("user", "q"), ("assistant", "a")])});
    let imported = read("a.jsonl", row.to_string());
    assert_eq!(examples(&imported), [chat(&[("system", "s"), ("user", "q"), ("assistant", "a")])]);
    assert_eq!(said(&imported), ["In “system”: Message 1 has the key “mood”, which is not used"]);
}

/// TRL's SFTTrainer learns only the completion of rows with “prompt” and “completion”: its `completion_only_loss` is on for
/// them unless it is switched off.
#[test]
fn earlier_answers_within_a_prompt_are_not_learned() {
    let turns = [("user", "q1"), ("assistant", "one"), ("user", "q2")];
    let row = json!({"prompt": say(&turns), "completion": say(&[("assistant", "two")])});
    let renderer = folder("chatml", 256).open();
    let learned = |row: &Value| {
        let tokens = renderer.tokens(&one(row), LearnFrom::Assistant).expect("tokens");
        let ids = tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id);
        renderer.decode(&ids.collect::<Vec<u32>>()).expect("a text")
    };
    assert_eq!(learned(&row), "two");
    // A weight that the row gives counts; earlier turns in a column of their own are learned as in LLaMA-Factory.
    let mut weighed = row.clone();
    weighed["prompt"][1]["weight"] = json!(1);
    assert_eq!(learned(&weighed), "onetwo");
    assert_eq!(learned(&json!({"instruction": "q2", "output": "two", "history": [["q1", "one"]]})), "onetwo");
}

#[test]
fn rows_typed_by_hand_pass_the_checks_of_a_file() {
    let parsed = |row: Value| tunesmith_data::check(serde_json::from_value(row).expect("an example"));
    let refused = |row: Value| parsed(row.clone()).expect_err(&row.to_string()).text;
    let turn = |role: &str, content: &str| json!({"role": role, "content": content});
    let asked = json!([turn("user", "q")]);
    let (a, b) = (json!([turn("assistant", "a")]), json!([turn("assistant", "b")]));
    let preference = |prompt: &Value, chosen: &Value| json!({"kind": "preference", "prompt": prompt, "chosen": chosen, "rejected": b});
    let calling = json!([{"role": "assistant", "content": "a", "tool_calls": [5]}]);
    let calls = "Message 1 has “tool_calls” that are not a list of functions with name and arguments";
    assert_eq!(refused(preference(&asked, &calling)), calls);
    let judged =
        |prompt: &Value, of: &Value| json!({"kind": "unpaired", "prompt": prompt, "completion": of, "label": true});
    assert_eq!(refused(judged(&asked, &calling)), calls);
    for nothing in [json!([]), json!([turn("user", " ")])] {
        assert_eq!(refused(preference(&nothing, &a)), "The question is empty");
        assert_eq!(refused(judged(&nothing, &a)), "The question is empty");
    }
    for row in [
        preference(&json!([turn("narrator", "q")]), &a),
        preference(&asked, &json!([turn("narrator", "a")])),
        judged(&json!([turn("narrator", "q")]), &a),
        json!({"kind": "chat", "messages": [turn("narrator", "q"), turn("assistant", "a")]}),
    ] {
        assert!(refused(row.clone()).contains("has the role “narrator”"), "{row}");
    }
    let no_answer = refused(preference(&asked, &json!([turn("user", "a")])));
    assert!(no_answer.starts_with("No message in this row is the assistant's"), "{no_answer}");
    let chat =
        |tools: Value| json!({"kind": "chat", "messages": [turn("user", "q"), turn("assistant", "a")], "tools": tools});
    assert_eq!(refused(chat(json!(["x"]))), "“tools” is not a list of tools, each an object, in this row");
    for row in [preference(&asked, &a), judged(&asked, &a), chat(json!([{"name": "tide"}]))] {
        let example = serde_json::from_value::<Example>(row.clone()).expect("an example");
        assert_eq!(parsed(row), Ok(example));
    }
}
