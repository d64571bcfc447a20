//! What each kind of file can say is written as its tools read it; what one cannot say is named. That all of it is imported as
//! it was, whatever the rows say, is in `round_trips`.

use std::collections::BTreeMap;

use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use tunesmith_data::{Example, ExportKind, ExportedRow, Exporter, ImportedRow, Others, Survey};

use crate::support::{chat, examples, read, say};

pub fn row(example: Example) -> ImportedRow {
    ImportedRow { file: "a".into(), line: 1, example, extra: serde_json::Map::new() }
}

/// The file, and what became of each row.
pub fn export(kind: ExportKind, rows: &[Example]) -> (Vec<u8>, Vec<ExportedRow>) {
    let rows: Vec<ImportedRow> = rows.iter().cloned().map(row).collect();
    let (file, said, _) = export_rows(kind, Others::Leave, &rows);
    (file, said)
}

/// The file, what became of each row, and the columns that are called otherwise.
pub fn export_rows(kind: ExportKind, others: Others, rows: &[ImportedRow]) -> (Vec<u8>, Vec<ExportedRow>, Vec<String>) {
    let mut survey = Survey::new(kind, others);
    rows.iter().for_each(|row| survey.see(row));
    let mut exporter = Exporter::new(survey, Vec::new());
    let said: Vec<ExportedRow> = rows.iter().map(|row| exporter.row(row).expect("written")).collect();
    let written = said.iter().filter(|said| **said == ExportedRow::Written).count() as u64;
    assert_eq!(exporter.written(), written);
    let left_out: u64 = exporter.left_out().iter().map(|count| count.count).sum();
    assert_eq!(written + left_out, rows.len() as u64, "every row is written or named");
    let renamed = exporter.renamed().map(|(column, name)| format!("{column} → {name}")).collect();
    (exporter.finish().expect("written"), said, renamed)
}

/// What an import makes of an exported file.
fn imported(kind: ExportKind, file: &[u8]) -> Vec<Example> {
    examples(&read(&format!("rows.{}", kind.extension()), file))
}

/// The same meaning has one form: only answers have a weight, and 1 is what they weigh anyway.
pub fn plain(example: &Example) -> Example {
    let mut example = example.clone();
    let lists = match &mut example {
        Example::Chat { messages, .. } => vec![messages],
        Example::Preference { prompt, chosen, rejected, .. } => vec![prompt, chosen, rejected],
        Example::Unpaired { prompt, completion, .. } => vec![prompt, completion],
        Example::Text { .. } | Example::Classification { .. } => vec![],
    };
    for message in lists.into_iter().flatten() {
        message.weight = message.weight.filter(|weight| *weight == 0.0 && message.role == "assistant");
    }
    example
}

pub fn assert_round_trip(kind: ExportKind, rows: &[Example]) {
    let (file, said) = export(kind, rows);
    let kept = rows.iter().zip(&said).filter(|(_, said)| **said == ExportedRow::Written);
    let kept: Vec<Example> = kept.map(|(example, _)| plain(example)).collect();
    if kept.is_empty() {
        // The import calls a file without rows an error.
        return;
    }
    let back: Vec<Example> = imported(kind, &file).iter().map(plain).collect();
    assert_eq!(back, kept, "{kind:?}: {}", String::from_utf8_lossy(&file));
}

pub fn calls(id: Option<&str>) -> Value {
    let mut call =
        json!({"type": "function", "function": {"name": "weather", "arguments": {"place": "Ulm \"x\"", "days": [1]}}});
    if let Some(id) = id {
        call["id"] = id.into();
    }
    json!([call])
}

#[test]
fn a_plain_question_and_answer_can_be_said_in_every_kind_of_file() {
    let rows = [
        chat(&[("user", "What is a \"leek\"?\n"), ("assistant", "été 😀, a vegetable")]),
        chat(&[("system", "Be brief."), ("user", "Why?"), ("assistant", "Because.")]),
    ];
    for kind in ExportKind::ALL {
        let (_, said) = export(kind, &rows);
        assert_eq!(said, [ExportedRow::Written, ExportedRow::Written], "{kind:?}");
        assert_round_trip(kind, &rows);
    }
}

#[test]
fn an_answer_that_begins_with_its_question_keeps_it() {
    let echo = chat(&[("user", "tick tock"), ("assistant", "tick tock, tick tock")]);
    let opened = chat(&[("assistant", "Hi"), ("assistant", "Hi"), ("user", "q")]);
    for kind in ExportKind::ALL {
        assert_round_trip(kind, &[echo.clone(), opened.clone()]);
        let as_text = matches!(kind, ExportKind::Completion | ExportKind::Alpaca);
        let (_, said) = export(kind, std::slice::from_ref(&echo));
        match &said[0] {
            ExportedRow::Written => assert!(!as_text, "{kind:?}"),
            ExportedRow::LeftOut(why) => {
                assert!(as_text && why.contains("begins with its question"), "{kind:?}: {why}")
            }
        }
    }
}

#[test]
fn each_kind_is_written_as_its_tools_read_it() {
    let rows = [chat(&[("system", "s"), ("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2")])];
    let single = [chat(&[("user", "q"), ("assistant", "a, \"b\"")])];
    let written = |kind, rows: &[Example]| String::from_utf8(export(kind, rows).0).expect("text");
    let expected = [
        (
            ExportKind::ShareGpt,
            r#"{"conversations":[{"from":"system","value":"s"},{"from":"human","value":"q1"},{"from":"gpt","value":"a1"},{"from":"human","value":"q2"},{"from":"gpt","value":"a2"}]}"#,
        ),
        (ExportKind::Alpaca, r#"{"instruction":"q2","input":"","output":"a2","system":"s","history":[["q1","a1"]]}"#),
        (
            ExportKind::OpenAi,
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q1"},{"role":"assistant","content":"a1"},{"role":"user","content":"q2"},{"role":"assistant","content":"a2"}]}"#,
        ),
        (
            ExportKind::CompletionLists,
            r#"{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"q1"},{"role":"assistant","content":"a1","weight":1},{"role":"user","content":"q2"}],"completion":[{"role":"assistant","content":"a2"}]}"#,
        ),
    ];
    for (kind, line) in expected {
        assert_eq!(written(kind, &rows), format!("{line}\n"), "{kind:?}");
    }
    assert_eq!(written(ExportKind::Completion, &single), "{\"prompt\":\"q\",\"completion\":\"a, \\\"b\\\"\"}\n");
    assert_eq!(written(ExportKind::Csv, &single), "system,prompt,completion,tools\n,q,\"a, \"\"b\"\"\",\n");
}

#[test]
fn calls_are_written_to_openai_as_text_with_their_ids() {
    let mut messages = say(&[("user", "q"), ("assistant", ""), ("tool", "Sun"), ("assistant", "It shines.")]);
    messages[1].tool_calls = Some(calls(Some("call_1")));
    messages[2].tool_call_id = Some("call_1".into());
    messages[3].weight = Some(0.0);
    let (file, said) = export(ExportKind::OpenAi, &[Example::chat(messages)]);
    assert_eq!(said, [ExportedRow::Written]);
    let line: Value = serde_json::from_slice(&file).expect("one line");
    assert_eq!(line["messages"][1]["content"], Value::Null);
    let arguments = line["messages"][1]["tool_calls"][0]["function"]["arguments"].as_str().expect("text");
    assert_eq!(serde_json::from_str::<Value>(arguments).expect("JSON")["place"], "Ulm \"x\"");
    assert_eq!(line["messages"][3]["weight"], json!(0), "a whole number");
}

#[test]
fn what_a_kind_of_file_cannot_say_is_left_out_and_named() {
    let tools = vec![json!({"type": "function", "function": {"name": "f"}})];
    let plain = say(&[("user", "q"), ("assistant", "a")]);
    let mut unlearned = plain.clone();
    unlearned[1].weight = Some(0.0);
    let several = chat(&[("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "a")]);
    let with_tools = Example::Chat { messages: plain.clone(), tools };
    let mut called = say(&[("user", "q"), ("assistant", ""), ("tool", "r"), ("assistant", "a")]);
    called[1].tool_calls = Some(calls(None));
    let cases = [
        (ExportKind::Alpaca, with_tools.clone(), "tools"),
        (ExportKind::Completion, with_tools, "tools"),
        (ExportKind::Completion, several, "one question and one answer"),
        (ExportKind::Completion, Example::chat(unlearned.clone()), "not learned"),
        (ExportKind::ShareGpt, Example::chat(unlearned), "not learned"),
        (ExportKind::OpenAi, Example::chat(called), "no id"),
        (ExportKind::OpenAi, chat(&[("user", "q"), ("assistant", "a"), ("user", "q")]), "last message"),
        (ExportKind::Alpaca, Example::Text { text: "x".into() }, "plain text"),
        (ExportKind::Csv, Example::Text { text: "a\0b".into() }, "NUL"),
        (ExportKind::Chat, chat(&[("user", "q"), ("assistant", " ")]), "says nothing"),
        (ExportKind::Chat, chat(&[("narrator", "q"), ("assistant", "a")]), "unknown role"),
        (ExportKind::Completion, chat(&[("user", "[{\"role\": \"user\"}]"), ("assistant", "a")]), "list of messages"),
    ];
    for (kind, example, why) in cases {
        let mut exporter = Exporter::new(Survey::new(kind, Others::Leave), Vec::new());
        let said = exporter.row(&row(example.clone())).expect("no error");
        assert!(
            matches!(&said, ExportedRow::LeftOut(reason) if reason.contains(why)),
            "{kind:?} {example:?}: {said:?}"
        );
        assert_eq!((exporter.written(), exporter.left_out()[0].count), (0, 1));
    }
}

fn with(example: Example, extra: Value) -> ImportedRow {
    let Value::Object(extra) = extra else { panic!("no object: {extra}") };
    ImportedRow { extra, ..row(example) }
}

#[test]
fn other_columns_are_kept_where_there_is_room_for_them() {
    let rows = [
        with(chat(&[("user", "q"), ("assistant", "a")]), json!({"id": 1, "tags": ["x", "y"]})),
        with(chat(&[("user", "q"), ("assistant", "b")]), json!({"quelle": "Buch, S. 3"})),
    ];
    let text = |kind, others| String::from_utf8(export_rows(kind, others, &rows).0).expect("text");
    let lines = text(ExportKind::Chat, Others::Keep);
    assert!(lines.lines().next().expect("a line").ends_with(r#"],"id":1,"tags":["x","y"]}"#), "{lines}");
    let table = text(ExportKind::Csv, Others::Keep);
    let expected =
        "system,prompt,completion,tools,id,tags,quelle\n,q,a,,1,\"[\"\"x\"\",\"\"y\"\"]\",\n,q,b,,,,\"Buch, S. 3\"\n";
    assert_eq!(table, expected);
    let (file, ..) = export_rows(ExportKind::Parquet, Others::Keep, &rows);
    let back = read("rows.parquet", &file);
    assert_eq!(back.rows[0].extra, rows[0].extra, "numbers stay numbers and lists stay lists");
    assert_eq!(back.rows[1].extra, rows[1].extra);
    for kind in ExportKind::ALL.into_iter().filter(|kind| !kind.has_room() || *kind == ExportKind::Chat) {
        assert_eq!(
            text(kind, Others::Leave),
            text(kind, if kind.has_room() { Others::Leave } else { Others::Keep }),
            "{kind:?}"
        );
    }
}

#[test]
fn a_column_that_would_be_taken_for_a_part_gets_another_name() {
    let example = chat(&[("user", "q"), ("assistant", "a")]);
    let renamed = |kind, extra| export_rows(kind, Others::Keep, &[with(example.clone(), extra)]).2;
    assert_eq!(renamed(ExportKind::Chat, json!({"system": "x", "text": "y"})), ["system → other_system"]);
    assert_eq!(renamed(ExportKind::Chat, json!({"messages": "x"})), ["messages → other_messages"]);
    assert_eq!(renamed(ExportKind::Chat, json!({"tools": 1, "other_tools": 2})), ["tools → other_other_tools"]);
    assert_eq!(renamed(ExportKind::Csv, json!({"label": "spam"})), ["label → other_label"]);
    assert_eq!(renamed(ExportKind::Chat, json!({"label": "spam", "id": 1, "rejected": "r"})), ["label → other_label"]);
    assert_eq!(renamed(ExportKind::Chat, json!({"id": 1, "rejected": "r"})), [""; 0]);
    assert_eq!(renamed(ExportKind::Chat, json!({"chosen": "c", "rejected": "r"})), ["rejected → other_rejected"]);
}

#[test]
fn messages_in_parquet_are_lists_of_structs() {
    let mut called = say(&[("user", "q"), ("assistant", ""), ("tool", "Sun"), ("assistant", "It shines.")]);
    called[1].tool_calls = Some(calls(Some("call_1")));
    let tools = vec![json!({"type": "function", "function": {"name": "f", "parameters": {"default": null}}})];
    let rows = [Example::Chat { messages: called, tools }, chat(&[("user", "q"), ("assistant", "a")])];
    let (file, _) = export(ExportKind::Parquet, &rows);
    let path = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(path.path(), &file).expect("written");
    let file = std::fs::File::open(path.path()).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let fields = |kind: &DataType| match kind {
        DataType::Struct(fields) => {
            fields.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        }
        other => panic!("no struct: {other}"),
    };
    let items = |kind: &DataType| match kind {
        DataType::List(item) => item.data_type().clone(),
        other => panic!("no list: {other}"),
    };
    let message: BTreeMap<String, DataType> = fields(&items(reader.schema().field(0).data_type()));
    assert_eq!(
        message.keys().collect::<Vec<_>>(),
        ["content", "role", "tool_calls"],
        "and what no message has is no field"
    );
    let call: BTreeMap<String, DataType> = fields(&items(&message["tool_calls"]));
    let function: BTreeMap<String, DataType> = fields(&call["function"]);
    assert_eq!((&function["name"], &function["arguments"]), (&DataType::Utf8, &DataType::Utf8));
    assert_eq!(reader.schema().field(1).data_type(), &DataType::Utf8, "tools are alike in nothing");
    assert_round_trip(ExportKind::Parquet, &rows);
}

#[test]
fn rows_of_another_shape_than_the_first_are_named() {
    let rows = [chat(&[("user", "q"), ("assistant", "a")]), Example::Text { text: "x".into() }];
    for kind in [ExportKind::Chat, ExportKind::Csv, ExportKind::Parquet] {
        let (_, said) = export(kind, &rows);
        assert!(
            matches!(said.as_slice(), [ExportedRow::Written, ExportedRow::LeftOut(why)] if why.contains("first row")),
            "{said:?}"
        );
    }
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for kind in ExportKind::ALL {
        let mut exporter = Exporter::new(Survey::new(kind, Others::Leave), Full);
        let written = exporter.row(&row(chat(&[("user", "q"), ("assistant", "a")])));
        let error = written.err().or_else(|| exporter.finish().err()).expect("an error");
        assert!(error.to_string().contains("space") || error.to_string().contains("storage"), "{kind:?}: {error}");
    }
}

#[test]
fn kinds_have_words_of_their_own() {
    let words: BTreeMap<&str, ExportKind> = ExportKind::ALL.into_iter().map(|kind| (kind.word(), kind)).collect();
    assert_eq!(words.len(), ExportKind::ALL.len());
    words.into_iter().for_each(|(word, kind)| assert_eq!(ExportKind::of(word), Some(kind)));
    assert_eq!(ExportKind::of("xlsx"), None);
}
