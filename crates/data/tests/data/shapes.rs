//! Rows in the shapes that services and other tools write.

use serde_json::{Value, json};
use tunesmith_data::{Example, ImportOptions, Imported, Message};
use tunesmith_protocol::{Format, Mapping};

use crate::support::{chat, dropped, examples, read, read_with, say};

fn one(row: &Value) -> Example {
    let imported = read("a.jsonl", format!("{row}\n"));
    assert!(imported.problems.iter().all(|problem| !problem.dropped), "{row}: {:?}", imported.problems);
    examples(&imported).remove(0)
}

/// What is said of keys that are not used.
fn unused(imported: &Imported) -> Vec<&str> {
    let problems = imported.problems.iter().filter(|problem| problem.kind == "message_unrecognized_key");
    problems.map(|problem| &*problem.message).collect()
}

fn exchanges(pairs: &[(&str, &str)]) -> Vec<Example> {
    pairs.iter().map(|(question, answer)| chat(&[("user", question), ("assistant", answer)])).collect()
}

#[test]
fn what_an_assistant_thinks_is_kept_under_every_name() {
    for key in ["reasoning_content", "thinking", "reasoning"] {
        let row =
            json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", key: "t", "content": "a"}]});
        let imported = read("a.jsonl", row.to_string());
        assert_eq!(imported.problems, [], "{key}");
        let answer = Message { reasoning_content: Some("t".into()), ..Message::new("assistant", "a") };
        assert_eq!(examples(&imported), [Example::chat(vec![Message::new("user", "q"), answer])]);
    }
}

#[test]
fn answers_that_other_tools_switch_off_have_the_weight_zero() {
    for key in ["train", "training", "loss"] {
        let row = json!({"messages": [
            {"role": "user", "content": "q"}, {"role": "assistant", "content": "bad", key: false},
            {"role": "user", "content": "q"}, {"role": "assistant", "content": "good", key: true}]});
        let imported = read("a.jsonl", row.to_string());
        assert_eq!(imported.problems, [], "{key}");
        let Example::Chat { messages, .. } = &imported.rows[0].example else { panic!("a conversation") };
        assert_eq!(messages.iter().map(|message| message.weight).collect::<Vec<_>>(), [None, Some(0.0), None, None]);
    }
}

#[test]
fn openais_older_functions_are_tools() {
    let function = json!({"name": "tide", "parameters": {"type": "object", "properties": {}}});
    let row = json!({"functions": [function], "messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "function_call": {"name": "tide", "arguments": "{\"a\": 1}"}},
        {"role": "function", "name": "tide", "content": "high"}, {"role": "assistant", "content": "a"}]});
    let Example::Chat { messages, tools } = one(&row) else { panic!("a conversation") };
    assert_eq!(tools, [json!({"type": "function", "function": function})]);
    let call = json!([{"type": "function", "function": {"name": "tide", "arguments": {"a": 1}}}]);
    assert_eq!(messages[1].tool_calls, Some(call));
    assert_eq!((messages[2].role.as_str(), messages[2].name.as_deref()), ("tool", Some("tide")));
}

#[test]
fn openais_preferences_have_a_request_as_their_prompt() {
    let tool = json!({"type": "function", "function": {"name": "tide"}});
    let row = json!({
        "input": {"messages": [{"role": "user", "content": "q"}], "tools": [tool], "parallel_tool_calls": true},
        "preferred_output": [{"role": "assistant", "content": "a"}],
        "non_preferred_output": [{"role": "assistant", "content": "b"}],
    });
    let answer = |text| say(&[("assistant", text)]);
    let expected = Example::Preference {
        prompt: say(&[("user", "q")]),
        chosen: answer("a"),
        rejected: answer("b"),
        tools: vec![tool],
    };
    assert_eq!(one(&row), expected);
}

#[test]
fn geminis_contents_are_messages() {
    let row = json!({
        "systemInstruction": {"role": "system", "parts": [{"text": "s"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "q"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "tide", "args": {"a": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "tide", "response": {"high": 2}}}]},
            {"role": "model", "parts": [{"text": "a"}, {"text": "b"}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "tide"}]}],
    });
    let Example::Chat { messages, tools } = one(&row) else { panic!("a conversation") };
    let said: Vec<(&str, &str)> =
        messages.iter().map(|message| (message.role.as_str(), message.content.as_str())).collect();
    let expected = [("system", "s"), ("user", "q"), ("assistant", ""), ("tool", r#"{"high":2}"#), ("assistant", "ab")];
    assert_eq!(said, expected);
    let call = json!([{"type": "function", "function": {"name": "tide", "arguments": {"a": 1}}}]);
    assert_eq!((messages[2].tool_calls.as_ref(), messages[3].name.as_deref()), (Some(&call), Some("tide")));
    assert_eq!(tools, [json!({"type": "function", "function": {"name": "tide"}})]);
}

#[test]
fn the_ids_of_geminis_calls_and_results_are_kept() {
    let row = json!({"contents": [
        {"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "tide", "args": {"a": 1}}, "thoughtSignature": "s", "partMetadata": {"k": 1}}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "tide", "response": {}, "scheduling": "SILENT"}}]},
        {"role": "model", "parts": [{"text": "a"}]}]});
    let imported = read("a.jsonl", row.to_string());
    let [Example::Chat { messages, .. }] = &*examples(&imported) else { panic!("a conversation") };
    let call = json!([{"id": "c1", "type": "function", "function": {"name": "tide", "arguments": {"a": 1}}}]);
    assert_eq!((messages[1].tool_calls.as_ref(), messages[2].tool_call_id.as_deref()), (Some(&call), Some("c1")));
    let told = "Message 2 has the key “partMetadata”, which is not used; 1 more like this in the row";
    assert_eq!(unused(&imported), [told]);
    let remark = "1 row has messages with keys that are not used: “partMetadata”, “scheduling”";
    assert_eq!(imported.summary.remarks, [remark]);
}

#[test]
fn a_message_of_many_parts_has_its_other_keys_once() {
    const PARTS: usize = 20_000;
    let text = |times: usize| "y".repeat(times);
    let result = json!({"functionResponse": {"name": "f", "response": {}}});
    let parts: Vec<Value> = std::iter::repeat_n([json!({"text": "a"}), result.clone()], PARTS).flatten().collect();
    let row = json!({"contents": [{"role": "user", "x": text(1_000_000), "weight": 1, "parts": parts},
        {"role": "model", "parts": [{"text": "z"}]}]});
    let imported = read("a.jsonl", row.to_string());
    let [Example::Chat { messages, .. }] = &*examples(&imported) else { panic!("a conversation") };
    assert_eq!(
        (messages.len(), messages[PARTS].role.as_str(), messages[PARTS].weight),
        (2 * PARTS + 1, "user", Some(1.0))
    );
    assert_eq!(unused(&imported), ["Message 1 has the key “x”, which is not used"]);
    let results = json!({"contents": [{"role": "user", "parts": [{"text": "q"}]}, {"role": "user", "x": 1, "parts": [result]},
        {"role": "model", "parts": [{"text": "z"}]}]});
    let imported = read("a.jsonl", results.to_string());
    assert_eq!(unused(&imported), ["Message 2 has the key “x”, which is not used"]);
}

#[test]
fn what_lies_beside_the_text_of_a_part_is_told() {
    for (row, keys) in [
        (
            json!({"contents": [{"role": "user", "parts": [{"text": "w?", "fileData": {"fileUri": "f"}}]},
                {"role": "model", "parts": [{"text": "a"}]}]}),
            "fileData",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "w?", "image_url": "u", "audio": null}]},
                {"role": "assistant", "content": "a"}]}),
            "image_url",
        ),
    ] {
        let imported = read("a.jsonl", row.to_string());
        assert_eq!(examples(&imported), [chat(&[("user", "w?"), ("assistant", "a")])], "{row}");
        let told = format!("Message 1 holds “{keys}” beside the text of a part, of which only the text is used");
        assert_eq!(unused(&imported), [told]);
        let remark = format!("1 row has messages with keys that are not used: “{keys}”");
        assert_eq!(imported.summary.remarks, [remark.as_str()]);
    }
}

#[test]
fn a_table_in_one_object_is_its_rows() {
    let expected = exchanges(&[("q1", "a1"), ("q2", "a2")]);
    for table in [
        json!({"instruction": {"0": "q1", "1": "q2"}, "output": {"0": "a1", "1": "a2"}}),
        json!({"columns": ["instruction", "output"], "index": [0, 1], "data": [["q1", "a1"], ["q2", "a2"]]}),
        json!({"instruction": ["q1", "q2"], "output": ["a1", "a2"]}),
        json!({"row1": {"prompt": "q1", "completion": "a1"}, "row2": {"prompt": "q2", "completion": "a2"}}),
    ] {
        for text in [table.to_string(), serde_json::to_string_pretty(&table).expect("JSON")] {
            let imported = read("a.json", &text);
            assert_eq!((examples(&imported), imported.problems), (expected.clone(), vec![]), "{text}");
        }
    }
    let [q, a] = [json!({"role": "user", "content": "q"}), json!({"role": "assistant", "content": "a"})];
    let preference = json!({"prompt": [q], "chosen": [a], "rejected": [a]});
    for row in [json!({"messages": [q, a], "tools": [{"name": "f"}, {"name": "g"}]}), preference] {
        assert_eq!(read("a.json", row.to_string()).rows.len(), 1, "{row} is one row");
    }
}

#[test]
fn the_name_of_a_column_is_cut_wherever_it_stands_in_each_row() {
    let (long, cut) = ("n".repeat(100_000), "n".repeat(1000));
    let told = format!("The name of a column is longer than 1000 characters and is cut there: “{}…”", "n".repeat(100));
    let csv: Vec<String> = (0..400).map(|row| format!("q{row},a{row},x")).collect();
    let row = |row: usize| json!({"prompt": format!("q{row}"), "completion": "a", &long: "x"}).to_string();
    let split = json!({"columns": ["prompt", "completion", long], "data": [["q", "a", "x"], ["r", "b", "y"]]});
    let lists = json!({"prompt": ["q", "r"], "completion": ["a", "b"], &long: ["x", "y"]});
    let mapping =
        json!({"prompt": {"0": "q", "1": "r"}, "completion": {"0": "a", "1": "b"}, &long: {"0": "x", "1": "y"}});
    for (name, text, rows, times) in [
        ("a.csv", format!("prompt,completion,{long}\n{}", csv.join("\n")), 400, 1),
        ("a.tsv", format!("prompt\tcompletion\t{long}\nq\ta\tx\nr\tb\ty"), 2, 1),
        ("a.jsonl", [row(1), row(2)].join("\n"), 2, 2),
        ("a.json", split.to_string(), 2, 1),
        ("a.json", lists.to_string(), 2, 1),
        ("a.json", mapping.to_string(), 2, 1),
    ] {
        let imported = read(name, text);
        assert_eq!(imported.rows.len(), rows, "{name}");
        assert!(imported.rows.iter().all(|row| row.extra.keys().eq([&cut])), "{name}");
        let said: Vec<&str> = imported.problems.iter().map(|problem| &*problem.message).collect();
        assert_eq!(said, vec![told.as_str(); times], "{name}");
        let reason = &imported.summary.reason;
        assert!(reason.ends_with(&format!("not used: “{}…”", "n".repeat(100))), "{name}: {reason}");
    }
    let message = json!({"role": "user", "content": "q", &long: 1});
    let imported = read("a.jsonl", json!({"messages": [message, {"role": "assistant", "content": "a"}]}).to_string());
    let key = format!("Message 1 has the key “{}…”, which is not used", "n".repeat(100));
    assert_eq!(imported.problems[0].message, key.as_str());
}

#[test]
fn a_file_that_is_one_object_too_large_for_a_row_is_named_as_that() {
    let column =
        |text: &str| (0..260_000).map(|row| (row.to_string(), text.into())).collect::<serde_json::Map<_, Value>>();
    let imported = read("a.json", json!({"prompt": column("q"), "completion": column("a")}).to_string());
    let told = "This row holds more than 500000 values, and the whole file is this one; write it as JSON lines, with an object \
        for each row on a line of its own, as pandas does with orient=\"records\" and lines=True";
    assert_eq!((imported.rows.len(), &*imported.problems[0].message), (0, told));
    let row = json!({"prompt": "q", "completion": vec![0; 600_000]}).to_string();
    let among_others = read("a.jsonl", format!("{row}\n{row}"));
    assert_eq!(among_others.problems[0].message, "This row holds more than 500000 values");
    let frage = json!({"frage": {"0": "q1", "2": "q2"}, "antwort": {"0": "a1", "2": "a2"}});
    let columns = |part: &str, column: &str| (part.to_owned(), column.to_owned());
    let mapping = Mapping {
        format: Format::Completion,
        columns: [columns("prompt", "frage"), columns("completion", "antwort")].into(),
        sheet: None,
    };
    let imported = read_with("a.json", frage.to_string(), &ImportOptions { mapping }).expect("rows");
    assert_eq!(examples(&imported), exchanges(&[("q1", "a1"), ("q2", "a2")]));
}

#[test]
fn lines_of_other_writers_are_rows() {
    let expected = exchanges(&[("a", "it is \"b\""), ("c", "d")]);
    let turns = |(question, answer): (&str, &str)| json!([{"role": "user", "content": question}, {"role": "assistant", "content": answer}]);
    let row = |(question, answer): (&str, &str)| json!({"prompt": question, "completion": answer});
    let pairs = [("a", "it is \"b\""), ("c", "d")];
    let lines = |line: &dyn Fn((&str, &str)) -> String| pairs.map(line).join("\n");
    for text in [
        lines(&|pair| Value::from(row(pair).to_string()).to_string()),
        lines(&|pair| turns(pair).to_string()),
        "{'prompt': 'a', 'completion': 'it is \"b\"'}\n{'prompt': 'c', 'completion': 'd'}".to_owned(),
    ] {
        let imported = read("a.jsonl", &text);
        assert_eq!((examples(&imported), imported.problems), (expected.clone(), vec![]), "{text}");
    }
    let rows: Vec<Value> =
        (0..2).map(|at| json!({"row_idx": at, "row": row(pairs[at]), "truncated_cells": []})).collect();
    let viewer = json!({"features": [], "rows": rows}).to_string();
    assert_eq!(examples(&read("viewer.json", &viewer)), expected);
    let cut = viewer.replacen("\"truncated_cells\":[]", "\"truncated_cells\":[\"prompt\"]", 1);
    assert_eq!(read("viewer.json", cut).problems[0].kind, "cut_cells");
}

#[test]
fn turns_may_be_pairs_and_roles_have_many_names() {
    let expected = [("user", "hi"), ("assistant", "yo"), ("user", "more"), ("assistant", "less")];
    for list in [
        json!([{"user": "hi", "assistant": "yo"}, {"assistant": "less", "user": "more"}]),
        json!([{"human": "hi"}, {"gpt": "yo"}, {"input": "more", "output": "less"}]),
        json!([["hi", "yo"], ["more", "less"]]),
    ] {
        assert_eq!(one(&json!({"conversation": list})), chat(&expected), "{list}");
    }
    let named = read(
        "a.jsonl",
        json!({"messages": [{"role": "System", "content": "s"}, {"role": "User", "content": "hi"},
            {"role": "Chatbot", "content": "yo"}]})
        .to_string(),
    );
    assert_eq!(examples(&named), [chat(&[("system", "s"), ("user", "hi"), ("assistant", "yo")])]);
    assert!(named.problems[0].message.contains("read as"), "{:?}", named.problems);
}

#[test]
fn earlier_turns_are_messages_or_pairs() {
    let expected = chat(&[("user", "when?"), ("assistant", "soon"), ("user", "now?"), ("assistant", "later")]);
    for history in [
        json!([{"role": "user", "content": "when?"}, {"role": "assistant", "content": "soon"}]),
        json!([["when?", "soon"]]),
        json!([{"user": "when?", "assistant": "soon"}]),
    ] {
        for names in [["instruction", "output"], ["prompt", "completion"]] {
            let row = json!({names[0]: "now?", names[1]: "later", "history": history});
            assert_eq!(one(&row), expected, "{row}");
        }
    }
}

#[test]
fn what_is_asked_about_belongs_to_the_question() {
    for row in [
        json!({"prompt": "Translate", "input": "the tide", "output": "la marée"}),
        json!({"question": "Translate", "context": "the tide", "answer": "la marée"}),
    ] {
        assert_eq!(one(&row), chat(&[("user", "Translate\n\nthe tide"), ("assistant", "la marée")]), "{row}");
    }
    let other = read("a.jsonl", json!({"question": "q", "context": {"title": ["t"]}, "answer": "a"}).to_string());
    assert_eq!(examples(&other), exchanges(&[("q", "a")]));
    assert!(other.summary.reason.contains("not used: “context”"), "{}", other.summary.reason);
}

#[test]
fn a_prompt_that_both_answers_repeat_is_left_out_of_them() {
    let row =
        json!({"prompt": "How many?\nAnswer:", "chosen": "How many?\nAnswer: 1", "rejected": "How many?\nAnswer: 3"});
    let imported = read("a.jsonl", row.to_string());
    let answer = |text| say(&[("assistant", text)]);
    let prompt = say(&[("user", "How many?\nAnswer:")]);
    let expected = Example::Preference { prompt, chosen: answer("1"), rejected: answer("3"), tools: vec![] };
    assert_eq!(examples(&imported), [expected]);
    assert_eq!((imported.problems[0].kind.as_str(), imported.problems[0].dropped), ("prompt_repeated", false));
    let asked = "How many?\nAnswer:";
    let echo = format!("{asked} 1");
    let answered = Example::chat(say(&[("user", asked), ("assistant", "1")]));
    let judged = Example::Unpaired { prompt: say(&[("user", asked)]), completion: answer("1"), label: true };
    for (row, expected) in [
        (json!({"prompt": asked, "completion": echo}), &answered),
        (json!({"instruction": asked, "output": echo}), &answered),
        (json!({"prompt": asked, "completion": echo, "label": true}), &judged),
    ] {
        let imported = read("a.jsonl", row.to_string());
        assert_eq!(&examples(&imported)[0], expected, "{row}");
        assert_eq!(imported.problems[0].kind, "prompt_repeated", "{row}");
    }
    for (prompt, chosen) in [("Red", "Red is warm"), ("Is it so?", "It is"), ("is it a car", "is it a carpet")] {
        let row = json!({"prompt": prompt, "chosen": chosen, "rejected": format!("{prompt} 3")});
        let Example::Preference { chosen: kept, .. } = one(&row) else { panic!("a preference") };
        assert_eq!(kept[0].content, chosen, "not a prompt and an answer");
    }
}

#[test]
fn a_list_of_messages_says_who_speaks_so_its_answers_keep_their_texts() {
    let row = json!({
        "prompt": [{"role": "user", "content": "Say it twice: tick tock"}],
        "completion": [{"role": "assistant", "content": "Say it twice: tick tock, tick tock"}],
    });
    let imported = read("a.jsonl", row.to_string());
    let expected = chat(&[("user", "Say it twice: tick tock"), ("assistant", "Say it twice: tick tock, tick tock")]);
    assert_eq!((examples(&imported), imported.problems.len()), (vec![expected], 0));
}

#[test]
fn thoughts_and_texts_in_parts_and_columns_are_read() {
    let thought = |content: &str, text: &str| Message {
        reasoning_content: Some(text.into()),
        ..Message::new("assistant", content)
    };
    let chat_of = |answer: Message| Example::chat(vec![Message::new("user", "q"), answer]);
    let parts = |user: &str, answer: &str| {
        format!(r#"{{"messages":[{{"role":"user","content":{user}}},{{"role":"assistant","content":{answer}}}]}}"#)
    };
    let question = r#"[{"type":"input_text","text":"q"}]"#;
    for answer in [
        r#"[{"type":"thinking","thinking":"t","signature":"x"},{"type":"text","text":"a"}]"#,
        r#"[{"type":"reasoning","reasoning":"t"},{"type":"output_text","text":"a"}]"#,
    ] {
        let imported = read("a.jsonl", parts(question, answer));
        assert_eq!(examples(&imported), [chat_of(thought("a", "t"))], "{answer}");
        assert!(imported.problems.is_empty(), "{:?}", imported.problems);
    }
    let gemini = r#"{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"t","thought":true},{"text":"a"}]}]}"#;
    assert_eq!(examples(&read("a.jsonl", gemini)), [chat_of(thought("a", "t"))]);
    let of_user = read("a.jsonl", parts(r#"[{"type":"thinking","thinking":"t"}]"#, "\"a\""));
    assert_eq!(dropped(&of_user), [(1, "unsupported_content")], "only an assistant thinks");

    let bedrock = r#"{"system":[{"text":"Be "},{"text":"brief."}],"messages":[{"role":"user","content":[{"text":"q"}]},{"role":"assistant","content":[{"text":"a"}]}]}"#;
    let imported = read("a.jsonl", bedrock);
    assert_eq!(examples(&imported), [chat(&[("system", "Be brief."), ("user", "q"), ("assistant", "a")])]);

    for column in ["reasoning", "thinking", "reasoning_content"] {
        for (asked, answered) in [("prompt", "completion"), ("instruction", "output")] {
            let row = format!(r#"{{"{asked}":"q","{answered}":"a","{column}":"t"}}"#);
            let imported = read("a.jsonl", row);
            assert_eq!(examples(&imported), [chat_of(thought("a", "t"))], "{column} beside {asked}");
            assert!(imported.rows[0].extra.is_empty());
        }
    }
}

#[test]
fn parts_of_rows_that_are_not_used_are_remarked_on() {
    let of_messages = r#"{"system":"OUT","messages":[{"role":"system","content":"IN"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#;
    let repeated = r#"{"prompt":"q","completion":"first","completion":"a"}"#;
    let thought = r#"{"prompt":"q","completion":[{"role":"assistant","content":"a","reasoning_content":"IN"}],"reasoning":"OUT"}"#;
    for (row, said) in [
        (of_messages, "A part of 2 rows is not used. In the first: The messages bring a system message of their own"),
        (repeated, "A part of 2 rows is not used. In the first: “completion” stands more than once"),
        (thought, "A part of 2 rows is not used. In the first: The answer brings reasoning of its own"),
    ] {
        let remarks = read("a.jsonl", format!("{row}\n{row}\n")).summary.remarks;
        assert!(remarks.iter().any(|remark| remark.starts_with(said)), "{said}: {remarks:?}");
    }
    let lists = r#"{"train":[{"prompt":"q","completion":"a"}],"test":[{"question":"q","answer":"a"}]}"#;
    let remarks = read("a.json", lists).summary.remarks;
    assert!(remarks.iter().any(|remark| remark.contains("The list “test” is left out")), "{remarks:?}");
}
