//! Shapes of rows are recognised, and mean what their neighbours' tools mean by them.

use serde_json::json;
use tunesmith_data::{Example, Message};
use tunesmith_protocol::Format;

use crate::support::{chat, dropped, examples, read, read_as};

fn one(row: serde_json::Value) -> Example {
    let imported = read("a.jsonl", format!("{row}\n"));
    assert_eq!(imported.problems, [], "{row}");
    examples(&imported).remove(0)
}

#[test]
fn a_column_that_comes_after_the_first_rows_is_told() {
    let row = |more: &str| format!("{{\"prompt\": \"q\", \"completion\": \"a\"{more}}}\n");
    let text = row("").repeat(250) + &row(", \"system\": \"s\"") + &row(", \"system\": \"s\"");
    let imported = read("a.jsonl", text);
    assert_eq!(imported.summary.remarks, ["a.jsonl: the column “system” first comes in line 251 and is not used"]);
    assert_eq!(imported.summary.columns, ["prompt", "completion", "system"]);
}

#[test]
fn shapes_of_rows_are_recognised() {
    let turns = [("user", "q"), ("assistant", "a")];
    let with_system = [("system", "s"), ("user", "q"), ("assistant", "a")];
    let messages = json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]);
    let shapes = [
        (json!({"messages": messages}), chat(&turns)),
        (json!({"messages": messages.to_string()}), chat(&turns)),
        (
            json!({"messages": "[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'}]"}),
            chat(&turns),
        ),
        (json!({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}), chat(&turns)),
        (json!({"instruction": "q", "output": "a"}), chat(&turns)),
        (json!({"instruction": "q", "input": "", "output": "a", "system": "s"}), chat(&with_system)),
        (json!({"instruction": "do", "input": "q", "output": "a"}), chat(&[("user", "do\n\nq"), ("assistant", "a")])),
        (json!({"instruction": "", "input": "q", "output": "a"}), chat(&turns)),
        (
            json!({"instruction": "q", "output": "a", "history": [["one", "two"]]}),
            chat(&[("user", "one"), ("assistant", "two"), ("user", "q"), ("assistant", "a")]),
        ),
        (json!({"prompt": "q", "completion": "a"}), chat(&turns)),
        (json!({"Prompt": "q", "COMPLETION": "a", "system": "s"}), chat(&with_system)),
        (json!({"prompt": [messages[0]], "completion": [messages[1]]}), chat(&turns)),
        (json!({"prompt": [{"role": "user", "content": "q"}], "completion": "a"}), chat(&turns)),
        (json!({"question": "q", "answer": "a", "id": 3}), chat(&turns)),
        (json!({"instruction": "q", "context": null, "response": "a", "category": "x"}), chat(&turns)),
        (json!({"question": "2 + 2", "answer": 4}), chat(&[("user", "2 + 2"), ("assistant", "4")])),
        (json!({"text": "plain", "labelled": 1}), Example::Text { text: "plain".into() }),
    ];
    for (row, expected) in shapes {
        assert_eq!(one(row.clone()), expected, "{row}");
    }
}

#[test]
fn python_literals_are_understood() {
    let cell = r#"[{'role': 'user', 'content': "it's \"q\"\n\u00e9\x41"}, {'role': 'assistant', 'content': 'a', 'weight': 1, 'name': None,},]"#;
    let imported = read("a.csv", format!("messages\n\"{}\"\n", cell.replace('"', "\"\"")));
    let mut answer = Message::new("assistant", "a");
    answer.weight = Some(1.0);
    let messages = vec![Message::new("user", "it's \"q\"\néA"), answer];
    assert_eq!(examples(&imported), [Example::chat(messages)]);
    for broken in [
        "[{'role': 'user'",
        "['a' 'b']",
        "[{'role': f('x')}]",
        "[1e999]",
        "[(((",
        "['\\u12']",
        "[{'role': '\\101'}]",
        "{}",
    ] {
        let imported = read_as("a.csv", format!("messages\n\"{broken}\"\n"), Format::Chat).expect("an import");
        assert!(imported.rows.is_empty(), "{broken}");
    }
    let deep = "[".repeat(100_000);
    assert!(read_as("a.csv", format!("messages\n{deep}\n"), Format::Chat).expect("an import").rows.is_empty());
}

#[test]
fn lists_are_understood_as_numpy_prints_them() {
    let turns = chat(&[("user", "q"), ("assistant", "a")]);
    let (q, a) = ("{'content': 'q', 'role': 'user'}", "{'content': 'a', 'role': 'assistant'}");
    for cell in [format!("[{q}\n {a}]"), format!("array([{q},\n {a}], dtype=object)"), format!("({q}, {a})")] {
        let imported = read("a.csv", format!("messages\n\"{cell}\"\n"));
        assert_eq!(examples(&imported), std::slice::from_ref(&turns), "{cell}");
    }
    let cut = read("a.csv", format!("messages\n\"[{q}, {a}]\"\n\"[{q}, {{'content': 'a\"\n"));
    assert_eq!(dropped(&cut), [(3, "missing_messages_list")]);
    let why = &cut.problems[0].message;
    assert!(why.contains("breaks off after 49 characters") && why.contains("Excel"), "{why}");
}

#[test]
fn messages_in_the_column_of_texts_are_a_conversation_and_texts_in_brackets_are_not() {
    let turns = chat(&[("user", "q"), ("assistant", "a")]);
    let list = json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]);
    assert_eq!(one(json!({"text": list})), turns);
    assert_eq!(one(json!({"text": list.to_string()})), turns);
    let imported =
        read("a.csv", "text\n\"[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'}]\"\n");
    assert_eq!((examples(&imported), imported.summary.format), (vec![turns], Format::Chat));
    for text in ["[INST] q [/INST] a", "[12:01] hello", "[]", "(a) {b}"] {
        assert_eq!(one(json!({"text": text})), Example::Text { text: text.into() });
    }
}

#[test]
fn the_majority_of_the_first_rows_decides_and_the_rest_are_problems() {
    let mut text = String::new();
    for number in 0..30 {
        text += &match number % 10 {
            3 => json!({"text": "other"}).to_string(),
            _ => json!({"prompt": number, "completion": "a", "id": 1}).to_string(),
        };
        text.push('\n');
    }
    let imported = read("a.jsonl", text);
    assert_eq!(imported.summary.format, Format::Completion);
    assert_eq!(dropped(&imported), [(4, "missing_column"), (14, "missing_column"), (24, "missing_column")]);
    assert_eq!(
        imported.summary.reason,
        "Prompts and answers: the columns “prompt”, “completion” in 27 of the first 30 rows; not used: “id”, “text”"
    );
    assert_eq!(imported.summary.dropped_because[0].count, 3);
}

#[test]
fn rows_of_no_known_shape_are_dropped_and_the_reason_names_their_columns() {
    let imported = read("a.csv", "frage,antwort\na,b\nc,d\n");
    assert_eq!(dropped(&imported), [(2, "unknown_shape"), (3, "unknown_shape")]);
    assert_eq!(imported.summary.format, Format::Auto);
    assert!(
        imported.summary.reason.contains("“frage”, “antwort”") && imported.summary.reason.contains("“prompt”"),
        "{}",
        imported.summary.reason
    );
}

#[test]
fn a_chosen_format_is_kept_to() {
    let row = json!({"text": "plain", "prompt": "q", "completion": "a"}).to_string();
    assert_eq!(read("a.jsonl", &row).summary.format, Format::Completion);
    let text = read_as("a.jsonl", &row, Format::Text).expect("an import");
    assert_eq!(examples(&text), [Example::Text { text: "plain".into() }]);
    assert_eq!(read_as("a.jsonl", &row, Format::Chat).expect("an import").rows.len(), 0);
}

#[test]
fn empty_questions_and_answers_are_dropped() {
    let rows = [
        json!({"prompt": " ", "completion": "a"}),
        json!({"prompt": "q", "completion": null}),
        json!({"prompt": "q", "completion": "\n"}),
        json!({"prompt": "q", "completion": {"a": 1}}),
        json!({"prompt": "q", "completion": "a"}),
    ];
    let text = rows.map(|row| row.to_string()).join("\n");
    let imported = read("a.jsonl", text);
    assert_eq!(dropped(&imported), [(1, "empty_prompt"), (2, "missing_column"), (3, "empty_answer"), (4, "not_text")]);
}
