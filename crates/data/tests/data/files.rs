//! Files in their many forms hold the same rows.

use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportError, ImportOptions, import};
use tunesmith_protocol::Format;

use crate::support::{chat, dropped, examples, file, read, read_as};

const JSONL: &str = "{\"prompt\":\"What is a leek?\",\"completion\":\"A vegetable, \\\"green\\\"\\nand long\"}\n{\"prompt\":\"Écris\",\"completion\":\"été 😀\"}\n";
const JSON: &str = "[\n  {\"prompt\": \"What is a leek?\", \"completion\": \"A vegetable, \\\"green\\\"\\nand long\"},\n  {\n    \"prompt\": \"Écris\",\n    \"completion\": \"été 😀\"\n  }\n]\n";
const CSV: &str = "prompt,completion\nWhat is a leek?,\"A vegetable, \"\"green\"\"\nand long\"\nÉcris,été 😀\n";

fn expected() -> Vec<Example> {
    vec![
        chat(&[("user", "What is a leek?"), ("assistant", "A vegetable, \"green\"\nand long")]),
        chat(&[("user", "Écris"), ("assistant", "été 😀")]),
    ]
}

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let bytes = |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn the_same_rows_are_the_same_examples_in_every_file() {
    let semicolons =
        CSV.replace("prompt,completion", "prompt;completion").replace("leek?,", "leek?;").replace("Écris,", "Écris;");
    let tabs = semicolons.replace(';', "\t");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.jsonl", JSONL.into()),
        ("a.json", JSON.into()),
        ("a.csv", CSV.into()),
        ("a.CSV", semicolons.clone().into()),
        ("a.tsv", tabs.clone().into()),
        ("tabs.csv", tabs.into()),
        ("no extension", JSONL.into()),
        ("rows.txt", JSONL.into()),
        ("rows.csv", JSONL.into()),
        ("lines.json", JSONL.into()),
        ("list.jsonl", JSON.into()),
        ("list.txt", JSON.into()),
        ("table.dat", semicolons.into()),
        ("one line.json", JSON.replace('\n', " ").into()),
        ("field.json", format!("{{\"version\": \"[1]\", \"data\": {JSON}, \"more\": [{{\"a\": \"]\"}}]}}").into()),
        ("one line field.json", format!("{{\"rows\":{}}}", JSON.replace('\n', "")).into()),
        ("history first.json", JSONL.replace("{\"prompt\"", "{\"history\":[{\"a\":1}],\"prompt\"").into()),
        ("values.json", JSON.trim().trim_matches(['[', ']']).replace("},", "}").into()),
        ("no last line end.jsonl", JSONL.trim_end().into()),
        ("bom.jsonl", [b"\xEF\xBB\xBF", JSONL.as_bytes()].concat()),
        ("bom.csv", [b"\xEF\xBB\xBF", CSV.as_bytes()].concat()),
        ("bom.json", [b"\xEF\xBB\xBF", JSON.as_bytes()].concat()),
        ("crlf.jsonl", JSONL.replace('\n', "\r\n").into()),
        ("crlf.json", JSON.replace('\n', "\r\n").into()),
        ("mac.jsonl", JSONL.replace('\n', "\r").into()),
        ("mac.json", JSON.replace('\n', "\r").into()),
        ("mac.csv", CSV.replace('\n', "\r").into()),
        ("little.jsonl", utf16(JSONL, false)),
        ("big.csv", utf16(CSV, true)),
        ("blank lines.jsonl", JSONL.replace('\n', "\n\n  \n").into()),
    ];
    for (name, bytes) in files {
        let imported = read(name, bytes);
        assert_eq!(examples(&imported), expected(), "{name}: {:?}", imported.problems);
        assert_eq!(imported.summary.format, Format::Completion, "{name}");
        assert_eq!(imported.summary.rows_read, 2, "{name}");
    }
    // Within a quoted cell a line end is part of the text, so here it is another text.
    assert_eq!(read("crlf.csv", CSV.replace('\n', "\r\n")).rows.len(), 2);
}

#[test]
fn rows_know_their_lines() {
    let lines = |name: &str, text: &str| read(name, text).rows.iter().map(|row| row.line).collect::<Vec<_>>();
    assert_eq!(lines("a.jsonl", &format!("\n{JSONL}")), [2, 3]);
    assert_eq!(lines("a.json", JSON), [2, 3]);
    assert_eq!(lines("a.csv", CSV), [2, 4]);
    assert_eq!(lines("a.txt", "one\ntwo\n\n\nthree\n"), [1, 5]);
    assert_eq!(lines("mac.jsonl", &JSONL.replace('\n', "\r")), [1, 2]);
}

#[test]
fn each_block_of_a_text_is_a_row() {
    let imported = read("a.md", "# Title\r\nfirst\r\n\r\n\r\n  second  \r\n");
    let texts = [Example::Text { text: "# Title\nfirst".into() }, Example::Text { text: "  second  ".into() }];
    assert_eq!(examples(&imported), texts);
    assert_eq!(imported.summary.format, Format::Text);
}

#[test]
fn files_are_read_one_after_another() {
    let (_a, one) = file("rows.jsonl", JSONL);
    let (_b, two) = file("rows.jsonl", "{\"text\":\"plain\"}\n");
    let (_c, three) = file("more.csv", CSV);
    let paths = [one.clone(), two.clone(), three];
    let imported = import(&paths, &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())).expect("an import");
    assert_eq!(imported.rows.len(), 5);
    assert_eq!(imported.rows[0].file, one.display().to_string(), "two files share the name");
    assert_eq!(imported.rows[4].file, "more.csv");
    assert_eq!(imported.summary.format, Format::Completion);
    assert_eq!(imported.summary.reason, "Prompts and answers: the columns “prompt”, “completion”");
    assert_eq!(imported.summary.remarks[0].text, format!("{}: Plain text in “text”", two.display()));
}

#[test]
fn unusable_files_are_errors_that_say_what_to_do() {
    let (folder, path) = file("empty.jsonl", "");
    let fails = |path: &std::path::Path| {
        import(&[path.into()], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())).expect_err("an error")
    };
    assert!(matches!(fails(&path), ImportError::Empty { .. }));
    assert!(matches!(fails(&folder.path().join("missing.csv")), ImportError::Missing { .. }));
    assert!(matches!(fails(tempfile::tempdir().expect("a folder").path()), ImportError::Folder { .. }));
    for (name, bytes) in [
        ("blank.txt", " \n\n\t\n"),
        ("bom.csv", "\u{FEFF}"),
        ("header.csv", "prompt,completion\n"),
        ("list.json", "[ ]"),
    ] {
        let error = read_as(name, bytes, Format::Auto).expect_err("an error");
        assert!(matches!(error, ImportError::Empty { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name) && !error.hint().is_empty());
    }
    for bytes in [&b"PARE\x15\x04\x15"[..], b"PK\x03\x04xx", b"BZh91AY", &[0; 500], b"%PDF-1.7"] {
        let error = read_as("data.jsonl", bytes, Format::Auto).expect_err("an error");
        assert!(matches!(error, ImportError::Unsupported { .. }), "{error}");
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for name in ["data.parquet", "data.jsonl"] {
        let error = read_as(name, pointer, Format::Auto).expect_err("an error");
        assert!(error.to_string().contains("Git LFS pointer"), "{error}");
    }
    assert!(matches!(
        import(&[], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(())),
        Err(ImportError::NoFile)
    ));
}

#[test]
fn bad_rows_cost_only_themselves() {
    let mut bytes = Vec::new();
    bytes.extend(b"{\"text\":\"one\"}\n{\"text\":\"\xFF\xFE\"}\nnot json\n{\"text\":\"cut\n[1]\n\"word\"\n{\"text\":\"a\0b\"}\n{\"text\":\"two\"}\n");
    let imported = read("a.jsonl", &bytes);
    assert_eq!(imported.rows.len(), 2);
    let kinds = ["invalid_utf8", "invalid_json", "invalid_json", "data_type", "data_type", "nul_byte"];
    assert_eq!(dropped(&imported), (2..8).zip(kinds).collect::<Vec<_>>());
}

#[test]
fn bad_elements_of_a_list_cost_only_themselves() {
    let imported = read("a.json", "[{\"text\":\"one\"},\n{\"text\": nope},\n7,\n{\"text\":\"two\"}]");
    assert_eq!(dropped(&imported), [(2, "invalid_json"), (3, "data_type")]);
    assert_eq!(imported.rows.len(), 2);
}

#[test]
fn a_cut_list_says_so() {
    let cut = read("a.json", "[{\"text\":\"one\"},\n{\"text\":\"tw");
    assert_eq!((cut.rows.len(), dropped(&cut)), (1, vec![(2, "invalid_json")]));
    let between = read("a.json", "[{\"text\":\"one\"},\n{\"text\":\"two\"},\n");
    assert_eq!((between.rows.len(), dropped(&between)), (2, vec![]));
    assert_eq!(between.problems[0].kind, "list_not_closed");
}

#[test]
fn bad_rows_of_a_table_cost_only_themselves() {
    let imported = read("a.csv", b"prompt,completion\na,b\nc,d,e\n\xFF,g\nh\ni,j\0\n,k\nl,m\n");
    assert_eq!(imported.rows.len(), 2);
    let expected =
        [(3, "ragged_row"), (4, "invalid_utf8"), (5, "missing_column"), (6, "nul_byte"), (7, "empty_prompt")];
    assert_eq!(dropped(&imported), expected);
}

#[test]
fn an_endless_row_is_a_problem_and_never_held_in_memory() {
    let mut jsonl = b"{\"text\":\"one\"}\n{\"text\":\"".to_vec();
    jsonl.extend(std::iter::repeat_n(b'x', 20 << 20));
    jsonl.extend(b"\"}\n{\"text\":\"two\"}\n");
    let imported = read("a.jsonl", &jsonl);
    assert_eq!((imported.rows.len(), dropped(&imported)), (2, vec![(2, "row_too_long")]));

    let mut csv = b"text\none\n\"two\n".to_vec();
    csv.extend(std::iter::repeat_n(*b"word\n", 5 << 20).flatten());
    let imported = read("a.csv", &csv);
    assert_eq!((imported.rows.len(), dropped(&imported)), (1, vec![(3, "unclosed_quote")]));
}

#[test]
fn progress_reaches_the_end_and_break_cancels() {
    let text = "{\"text\":\"some words\"}\n".repeat(100_000);
    let (_folder, path) = file("a.jsonl", &text);
    let mut last = (0, 0);
    import(std::slice::from_ref(&path), &ImportOptions::default(), &mut |done, total| {
        assert!(done >= last.0 && done <= total);
        last = (done, total);
        ControlFlow::Continue(())
    })
    .expect("an import");
    assert_eq!(last, (text.len() as u64, text.len() as u64));
    let mut calls = 0;
    let error = import(&[path], &ImportOptions::default(), &mut |_, _| {
        calls += 1;
        if calls > 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(error, Err(ImportError::Cancelled)));
    assert_eq!(calls, 4, "it stops at once");
}

#[test]
fn a_file_with_a_million_bad_rows_is_the_wrong_file() {
    let error = read_as("wrong.jsonl", "{\"a\":1}\n".repeat(1_100_000), Format::Auto).expect_err("an error");
    assert!(matches!(error, ImportError::TooManyProblems { .. }), "{error}");
    assert!(error.to_string().contains("Line 1: The columns are “a”"), "{error}");
}

#[test]
fn a_text_too_long_to_be_learned_is_remarked_on() {
    let imported = read("novel.txt", "a long line\n".repeat(20_000));
    assert_eq!(imported.rows.len(), 1);
    assert_eq!((imported.problems[0].kind.as_str(), imported.problems[0].dropped), ("long_text", false));
}

#[test]
fn code_between_fences_is_not_cut() {
    let texts = |name: &str, text: &str| {
        let row = |row: &tunesmith_data::ImportedRow| match &row.example {
            Example::Text { text } => (row.line, text.clone()),
            other => panic!("{other:?}"),
        };
        read(name, text).rows.iter().map(row).collect::<Vec<_>>()
    };
    let code = "So:\n```py\nx = 1\n\n  ~~~\n\ny = 2\n ```` ";
    let text = format!("# Title\n\n{code}\n\n~~~\na\n\n```\n~~~\nend\n");
    let expected = [(1, "# Title".to_owned()), (3, code.to_owned()), (12, "~~~\na\n\n```\n~~~\nend".to_owned())];
    assert_eq!(texts("a.md", &text), expected);
    assert_eq!(texts("a.md.gz", "a ``` b\n\n``` `c`\n\nd").len(), 3, "these are no fences");
    assert_eq!(texts("a.txt", "```\na\n\nb\n```").len(), 2, "plain text has none");
    let open = read("a.md", "a\n\nb\n```\nc\n\nd\n");
    assert_eq!(open.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3, 7]);
    assert_eq!((open.problems[0].line, open.problems[0].kind.as_str()), (4, "unclosed_fence"));
    let paragraph = format!("{}\n\n", "word".repeat(24));
    let long = format!("```\n{}", paragraph.repeat(1 << 18));
    assert_eq!(read("a.md", long).rows.len(), 1 << 18, "an open fence swallows no file");
}

#[test]
#[cfg(unix)]
fn a_device_is_refused_and_not_read_for_ever() {
    let go_on = &mut |_, _| ControlFlow::Continue(());
    let error = import(&["/dev/zero".into()], &ImportOptions::default(), go_on).expect_err("an error");
    assert!(error.to_string().ends_with("it is a pipe or a device, not a file"), "{error}");
}
