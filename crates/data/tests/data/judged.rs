//! Rows that judge, in the shapes of TRL, AutoTrain, LLaMA-Factory and Anthropic, and columns chosen by hand.

use serde_json::{Value, json};
use tunesmith_data::{Example, ImportOptions};
use tunesmith_protocol::{Format, Mapping};

use crate::support::{chat, dropped, examples, read, read_with, say};

fn preference(prompt: &[(&str, &str)], chosen: &str, rejected: &str) -> Example {
    let answer = |text| say(&[("assistant", text)]);
    Example::Preference { prompt: say(prompt), chosen: answer(chosen), rejected: answer(rejected), tools: vec![] }
}

fn judged(prompt: &[(&str, &str)], completion: &str, label: bool) -> Example {
    Example::Unpaired { prompt: say(prompt), completion: say(&[("assistant", completion)]), label }
}

fn one(row: &Value, format: Format) -> Example {
    let imported = read("a.jsonl", format!("{row}\n"));
    assert_eq!(imported.problems, [], "{row}");
    assert_eq!(imported.summary.format, format, "{row}");
    examples(&imported).remove(0)
}

#[test]
fn preferences_are_recognised_in_every_tools_shape() {
    let (q, a, b) = (("user", "q"), json!("a"), json!("b"));
    let list = |turns: &[(&str, &str)]| -> Value {
        turns.iter().map(|(role, content)| json!({"role": role, "content": content})).collect()
    };
    let (asked, better, worse) = (list(&[q]), list(&[("assistant", "a")]), list(&[("assistant", "b")]));
    let both = |answer| list(&[("system", "s"), q, ("assistant", answer)]);
    for (row, prompt) in [
        (json!({"prompt": "q", "chosen": a, "rejected": b, "score": 3}), vec![q]),
        (json!({"prompt": "q", "text": a, "rejected_text": b}), vec![q]),
        (json!({"prompt": asked, "chosen": better, "rejected": worse}), vec![q]),
        (json!({"prompt": asked.to_string(), "chosen": better.to_string(), "rejected": worse.to_string()}), vec![q]),
        (
            json!({"prompt": "q", "chosen": list(&[q, ("assistant", "a")]), "rejected": list(&[q, ("assistant", "b")])}),
            vec![q],
        ),
        (json!({"chosen": both("a"), "rejected": both("b")}), vec![("system", "s"), q]),
        (json!({"instruction": "do", "input": "q", "chosen": a, "rejected": b}), vec![("user", "do\n\nq")]),
        (json!({"question": "q", "system": "s", "chosen": a, "rejected": b}), vec![("system", "s"), q]),
        (
            json!({
                "conversations": [{"from": "human", "value": "q"}],
                "chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"},
            }),
            vec![q],
        ),
        (json!({"chosen": "\n\nHuman: q\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: b"}), vec![q]),
        (json!({"chosen": "The sky is a", "rejected": "The sky is b"}), vec![("user", "The sky is")]),
        (json!({"chosen": "Q: é?\na", "rejected": "Q: é?\nb"}), vec![("user", "Q: é?")]),
    ] {
        assert_eq!(one(&row, Format::Preference), preference(&prompt, "a", "b"), "{row}");
    }
    let within = json!({"chosen": "Name a cat: Tom", "rejected": "Name a cat: Tim"});
    assert_eq!(one(&within, Format::Preference), preference(&[("user", "Name a cat:")], "Tom", "Tim"));
}

#[test]
fn preferences_without_a_prompt_or_an_answer_are_dropped() {
    let rows = [
        json!({"prompt": "q", "chosen": "a", "rejected": "b"}),
        json!({"prompt": "q", "chosen": "a", "rejected": ""}),
        json!({"prompt": "", "chosen": "a", "rejected": "b"}),
        json!({"chosen": "a", "rejected": "b"}),
        json!({"prompt": "q", "chosen": "a"}),
        json!({"prompt": "q", "chosen": "a", "rejected": "a"}),
    ];
    let imported = read("a.jsonl", rows.map(|row| row.to_string()).join("\n"));
    assert_eq!(
        dropped(&imported),
        [(2, "empty_answer"), (3, "empty_prompt"), (4, "empty_prompt"), (5, "missing_column")]
    );
    let last = imported.problems.last().expect("a remark");
    assert_eq!((last.line, last.kind.as_str(), last.dropped), (6, "equal_answers", false));
    assert_eq!(imported.rows.len(), 2);
}

#[test]
fn judged_answers_are_recognised() {
    let q = [("user", "q")];
    for label in [json!(true), json!(1), json!("True"), json!("1")] {
        let row = json!({"prompt": "q", "completion": "a", "label": label});
        assert_eq!(one(&row, Format::Unpaired), judged(&q, "a", true), "{row}");
    }
    let alpaca = json!({"instruction": "do", "input": "q", "output": "a", "kto_tag": false});
    assert_eq!(one(&alpaca, Format::Unpaired), judged(&[("user", "do\n\nq")], "a", false));
    let share_gpt = json!({
        "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "system": "s", "kto_tag": false,
    });
    assert_eq!(one(&share_gpt, Format::Unpaired), judged(&[("system", "s"), ("user", "q")], "a", false));
    for label in [json!(false), json!("False")] {
        let judged_turns = json!({"messages": say(&[("user", "q"), ("assistant", "a")]), "label": label});
        assert_eq!(one(&judged_turns, Format::Unpaired), judged(&[("user", "q")], "a", false));
    }
    // A label of another kind judges nothing.
    for label in [json!(0), json!("1"), json!("physics")] {
        let classed = json!({"messages": say(&[("user", "q"), ("assistant", "a")]), "label": label});
        assert_eq!(one(&classed, Format::Chat), chat(&[("user", "q"), ("assistant", "a")]));
    }
    let graded = json!({"prompt": "q", "completion": "a", "label": "physics"});
    assert_eq!(one(&graded, Format::Completion), chat(&[("user", "q"), ("assistant", "a")]));
    let labelled = json!({"instruction": "q", "output": "a", "label": 0});
    assert_eq!(one(&labelled, Format::Instruction), chat(&[("user", "q"), ("assistant", "a")]));
    let moderated = json!({"text": "x", "rejected": true});
    assert_eq!(one(&moderated, Format::Text), Example::Text { text: "x".into() });
    let rows = "prompt,completion,label\nq,a,true\nq,a,maybe\n";
    assert_eq!(dropped(&read("a.csv", rows)), [(3, "wrong_label")]);
}

#[test]
fn classes_are_recognised() {
    let class = |label: &str| Example::Classification { text: "x".into(), label: label.into() };
    assert_eq!(one(&json!({"text": "x", "label": "good"}), Format::Classification), class("good"));
    assert_eq!(one(&json!({"text": "x", "target": 0.5}), Format::Classification), class("0.5"));
    assert_eq!(dropped(&read("a.csv", "text,label\nx,good\nx,\n,good\n")), [(3, "empty_label"), (4, "empty_text")]);
}

fn mapping(format: Format, columns: &[(&str, &str)]) -> ImportOptions {
    let columns = columns.iter().map(|(part, column)| ((*part).to_owned(), (*column).to_owned()));
    ImportOptions { mapping: Mapping { format, columns: columns.collect(), ..Mapping::default() } }
}

#[test]
fn chosen_columns_of_any_name_come_before_recognised_ones() {
    let table = "frage,antwort,system,prompt,gut\nq,a,s,p,1\n";
    let asked = chat(&[("user", "q"), ("assistant", "a")]);
    let (question, answer) = (("prompt", "frage"), ("completion", "antwort"));
    let with_system = chat(&[("system", "s"), ("user", "q"), ("assistant", "a")]);
    for (format, columns, expected) in [
        (Format::Auto, vec![question, answer], with_system.clone()),
        (Format::Completion, vec![question, answer], with_system),
        (Format::Completion, vec![question, answer, ("system", "")], asked.clone()),
        (Format::Instruction, vec![("instruction", "frage"), ("output", "antwort"), ("system", "")], asked.clone()),
        // A part that the shape does not have is left aside.
        (Format::Completion, vec![question, answer, ("system", ""), ("chosen", "gut")], asked),
        (Format::Text, vec![("text", "antwort")], Example::Text { text: "a".into() }),
        (
            Format::Auto,
            vec![("text", "frage"), ("label", "gut")],
            Example::Classification { text: "q".into(), label: "1".into() },
        ),
        (Format::Auto, vec![question, answer, ("label", "gut"), ("system", "")], judged(&[("user", "q")], "a", true)),
        (
            Format::Auto,
            vec![("chosen", "antwort"), ("rejected", "system"), ("prompt", "frage"), ("system", "")],
            preference(&[("user", "q")], "a", "s"),
        ),
    ] {
        let options = mapping(format, &columns);
        let imported = read_with("a.csv", table, &options).expect("an import");
        assert_eq!(examples(&imported), [expected], "{columns:?}");
        for (part, column) in &imported.summary.mapping.columns {
            assert!(options.mapping.columns.get(part).is_none_or(|chosen| chosen == column), "{part}");
        }
    }
}

#[test]
fn a_chosen_column_that_is_not_there_makes_every_row_a_problem_that_names_it() {
    let options = mapping(Format::Completion, &[("prompt", "frage"), ("completion", "nirgends")]);
    let imported = read_with("a.csv", "frage,antwort\nq,a\nq,b\n", &options).expect("an import");
    assert_eq!(dropped(&imported), [(2, "missing_column"), (3, "missing_column")]);
    assert!(imported.problems[0].message.contains("“nirgends”"), "{}", imported.problems[0].message);
}

#[test]
fn a_chosen_column_that_no_row_has_is_told_with_the_columns_of_the_file() {
    let rows = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}],\"mood\":\"good\"}\n";
    for format in [Format::Auto, Format::Chat] {
        let options = mapping(format, &[("messages", "messages"), ("system", "nosuch")]);
        let imported = read_with("a.jsonl", rows, &options).expect("an import");
        assert_eq!(
            imported.summary.reason,
            "Conversations: a list of messages in “messages”; not used: “mood”. No row looked at has the chosen “nosuch”: the columns are “messages”, “mood”"
        );
    }
    // Where a later row has it, it is used.
    let with_system = rows.replace("\"mood\":\"good\"", "\"late\":\"s\"");
    let options = mapping(Format::Chat, &[("system", "late")]);
    let imported = read_with("a.jsonl", rows.repeat(200) + &with_system, &options).expect("an import");
    assert_eq!(examples(&imported)[200], chat(&[("system", "s"), ("user", "q"), ("assistant", "a")]));
}

#[test]
fn a_part_that_rows_of_the_chosen_format_lack_is_told() {
    let rows = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}],\"mood\":1}\n";
    let imported = read_with("a.jsonl", rows, &mapping(Format::Chat, &[("prompt", "messages")])).expect("an import");
    assert_eq!(
        imported.summary.reason,
        "Conversations: a list of messages in “messages”; not used: “mood”. Such rows have no part “prompt”, so what was chosen for it is not used: their parts are “messages”, “system”, “tools”"
    );
}

#[test]
fn one_column_may_stand_for_two_parts() {
    let options = mapping(Format::Completion, &[("prompt", "t"), ("completion", "t")]);
    let imported = read_with("a.csv", "t,x\nq,y\n", &options).expect("an import");
    assert_eq!(examples(&imported), [chat(&[("user", "q"), ("assistant", "q")])]);
}
