//! What is exported is imported as it was, whatever the rows say.

use proptest::prelude::*;
use serde_json::{Value, json};
use tunesmith_data::{Example, ExportKind, ExportedRow, ImportedRow, Message, Others};

use crate::exports::{assert_round_trip, calls, export, export_rows, plain, row};
use crate::support::{read, say};

fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        &[
            "leek",
            " ",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\"",
            "'",
            ",",
            ";",
            "\\",
            "é",
            "😀",
            "👩‍🍳",
            "漢",
            "[{",
            "{\"role\": \"user\"}",
            "[{'role': 'user', 'content': 'x'}]",
            "null",
            "true",
            "1",
            "\u{feff}",
            "\u{0}",
            "\u{2028}",
            "#",
            "=1+1",
            "</s>",
        ][..],
    );
    let word = prop_oneof![6 => word.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(word, 0..7).prop_map(|words| words.concat())
}

/// A text that the import does not drop.
fn saying() -> impl Strategy<Value = String> {
    text().prop_filter("says something", |text| !text.trim().is_empty())
}

fn turn() -> impl Strategy<Value = Vec<Message>> {
    let weight = prop::option::weighted(0.2, prop::sample::select(&[0.0f32, 1.0][..]));
    let plain = (saying(), saying(), weight).prop_map(|(question, answer, weight)| {
        vec![Message::new("user", question), Message { weight, ..Message::new("assistant", answer) }]
    });
    let tool =
        (saying(), text(), any::<bool>(), any::<bool>(), saying()).prop_map(|(question, result, id, says, answer)| {
            let tool_calls = Some(calls(id.then_some("call_1")));
            let tool_call_id = id.then(|| "call_1".to_owned());
            vec![
                Message::new("user", question),
                Message { tool_calls, ..Message::new("assistant", if says { "I look." } else { "" }) },
                Message { tool_call_id, ..Message::new("tool", result) },
                Message::new("assistant", answer),
            ]
        });
    prop_oneof![5 => plain, 1 => tool]
}

fn conversation() -> impl Strategy<Value = Example> {
    let turns = prop_oneof![2 => prop::collection::vec(turn(), 1..2), 1 => prop::collection::vec(turn(), 1..4)];
    (prop::option::of(saying()), turns, prop::bool::weighted(0.2)).prop_map(|(system, turns, has_tools)| {
        let system = system.map(|system| Message::new("system", system));
        let messages = system.into_iter().chain(turns.concat()).collect();
        let tools = if has_tools { vec![json!({"type": "function", "function": {"name": "weather"}})] } else { vec![] };
        Example::Chat { messages, tools }
    })
}

/// A column that no part of a row stands in; some have names that mean something elsewhere.
fn other_column() -> impl Strategy<Value = (String, Value)> {
    let name = prop::sample::select(
        &[
            "id",
            "Quelle, \"x\"",
            "text",
            "system",
            "system_prompt",
            "label",
            "rejected",
            "prompt",
            "other_system",
            "tools",
        ][..],
    );
    let value = prop_oneof![
        Just(json!(true)),
        (-5i64..5).prop_map(Value::from),
        Just(json!(9_007_199_254_740_993_i64)),
        Just(json!(0.5)),
        saying().prop_map(Value::from),
        Just(json!(["a", "b"])),
        Just(json!([])),
        Just(json!({"from": {"page": 1}, "tags": ["x"]})),
    ];
    (name.prop_map(str::to_owned), value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conversations_come_back_as_they_were_from_every_kind_of_file(rows in prop::collection::vec(conversation(), 1..6)) {
        ExportKind::ALL.into_iter().for_each(|kind| assert_round_trip(kind, &rows));
        // What is meant for all rows says all rows.
        for kind in [ExportKind::Chat, ExportKind::Parquet] {
            let (_, said) = export(kind, &rows);
            prop_assert!(said.iter().all(|said| *said == ExportedRow::Written), "{:?}: {:?}", kind, said);
        }
    }

    #[test]
    fn other_columns_change_nothing_of_what_rows_mean(
        rows in prop::collection::vec((conversation(), prop::collection::vec(other_column(), 0..4)), 1..4), shape in 0..4,
    ) {
        let meant = |example: Example| match (shape, example) {
            (1, _) => Example::Text { text: "A text".into() },
            (2, _) => Example::Classification { text: "A text".into(), label: "yes".into() },
            (3, Example::Chat { messages, .. }) => {
                Example::Unpaired { prompt: say(&[("user", "q")]), completion: vec![messages.last().expect("one").clone()], label: true }
            }
            (_, example) => example,
        };
        let rows: Vec<ImportedRow> = rows.into_iter()
            .map(|(example, extra)| ImportedRow { extra: extra.into_iter().collect(), ..row(meant(example)) })
            .collect();
        for kind in [ExportKind::Chat, ExportKind::Csv, ExportKind::Parquet] {
            let (file, said, renamed) = export_rows(kind, Others::Keep, &rows);
            let kept: Vec<&ImportedRow> =
                rows.iter().zip(&said).filter(|(_, said)| **said == ExportedRow::Written).map(|(row, _)| row).collect();
            if kept.is_empty() {
                continue;
            }
            let back = read(&format!("rows.{}", kind.extension()), &file);
            let expected: Vec<Example> = kept.iter().map(|row| plain(&row.example)).collect();
            let found: Vec<Example> = back.rows.iter().map(|row| plain(&row.example)).collect();
            prop_assert_eq!(found, expected, "{:?} {:?}: {}", kind, renamed, String::from_utf8_lossy(&file));
            for (row, back) in kept.iter().zip(&back.rows) {
                prop_assert_eq!(row.extra.len(), back.extra.values().filter(|value| **value != json!("")).count(), "{:?}", kind);
            }
        }
    }

    #[test]
    fn judged_answers_and_classes_come_back_as_they_were(
        asked in conversation(), better in saying(), worse in saying(), label in saying(), good: bool,
    ) {
        let Example::Chat { messages: prompt, tools } = asked else { return Ok(()) };
        let [chosen, rejected] = [&better, &worse].map(|text| vec![Message::new("assistant", text)]);
        let preference = Example::Preference { prompt: prompt.clone(), chosen: chosen.clone(), rejected, tools };
        let unpaired = Example::Unpaired { prompt, completion: chosen, label: good };
        let class = Example::Classification { text: better, label };
        for kind in [ExportKind::Chat, ExportKind::Csv, ExportKind::Parquet] {
            for example in [&preference, &unpaired, &class] {
                assert_round_trip(kind, std::slice::from_ref(example));
            }
        }
    }

    #[test]
    fn texts_come_back_as_they_were(texts in prop::collection::vec(saying(), 1..6)) {
        let rows: Vec<Example> = texts.into_iter().map(|text| Example::Text { text }).collect();
        for kind in [ExportKind::Chat, ExportKind::Csv, ExportKind::Parquet] {
            assert_round_trip(kind, &rows);
        }
    }
}
