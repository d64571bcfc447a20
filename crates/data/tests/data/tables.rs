//! What goes wrong in tables is told, and costs no more than it must.

use std::collections::BTreeMap;

use tunesmith_data::{ImportOptions, Imported, inspect};
use tunesmith_protocol::{Format, Mapping};

use crate::support::{chat, dropped, examples, file, read, read_with};

fn pairs(imported: &Imported) -> Vec<(String, String)> {
    let text = |row: &tunesmith_data::ImportedRow| {
        let row = serde_json::to_value(&row.example).expect("JSON");
        let said = |number: usize| row["messages"][number]["content"].as_str().unwrap_or_default().to_owned();
        (said(0), said(1))
    };
    imported.rows.iter().map(text).collect()
}

fn pair(question: &str, answer: &str) -> (String, String) {
    (question.to_owned(), answer.to_owned())
}

/// Remarks and notes: line and kind.
fn notes(imported: &Imported) -> Vec<(u64, &str)> {
    let notes = imported.problems.iter().filter(|problem| !problem.dropped);
    notes.map(|problem| (problem.line, &*problem.kind)).collect()
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_and_no_more() {
    for (name, separator) in [("a.csv", ","), ("a.csv", ";")] {
        let text = "prompt,completion\nq1,\"never closed\nq2,a2 b\n\"q3\",\"a3\n\"\"c\"\"\"\n".replace(',', separator);
        let imported = read(name, text);
        assert_eq!(pairs(&imported), [pair("q2", "a2 b"), pair("q3", "a3\n\"c\"")]);
        assert_eq!(dropped(&imported), [(2, "unclosed_quote")]);
    }
    let imported = read("a.csv", "prompt,completion\nq0,a0\n\"q\n1\",\"never closed\nq2,a2 b\nq3,a3 c\n");
    assert_eq!(pairs(&imported), [pair("q0", "a0"), pair("q2", "a2 b"), pair("q3", "a3 c")]);
    assert_eq!(dropped(&imported), [(4, "unclosed_quote")], "the line on which that quote stands");
    let problem = &imported.problems[0];
    assert_eq!(problem.message, "A quote that begins here is never closed; this line is left out");
    assert_eq!(problem.text, "\"q\n1\",\"never closed");
    let last = read("a.csv", "prompt,completion\nq,a\nq,\"");
    assert_eq!((last.rows.len(), dropped(&last)), (1, vec![(3, "unclosed_quote")]));
}

#[test]
fn quotes_within_a_quoted_cell_are_not_guessed_at() {
    for cell in ["\"He said \\\"hi\\\"\"", "\"a\"b", "\"He said \"hi\" to me\""] {
        let imported = read("a.csv", format!("prompt,completion\nq1,{cell}\nq2,\"a2\"\nq3,a \"3\"\n"));
        assert_eq!(pairs(&imported), [pair("q2", "a2"), pair("q3", "a \"3\"")], "{cell}");
        assert_eq!(dropped(&imported), [(2, "stray_quote")], "{cell}");
    }
}

#[test]
fn in_a_table_with_tabs_a_quote_may_be_a_character() {
    let text = "prompt\tcompletion\n\"Hello\" she said\ta \"b\"\n\"never closed\tb\n\"c\td\n\"tab\there\"\t\"line\nend \"\"x\"\"\"\n\"q\ta\n";
    let imported = read("a.tsv", text);
    assert_eq!(dropped(&imported), []);
    let expected = [
        pair("\"Hello\" she said", "a \"b\""),
        pair("\"never closed", "b"),
        pair("\"c", "d"),
        pair("tab\there", "line\nend \"x\""),
        pair("\"q", "a"),
    ];
    assert_eq!(pairs(&imported), expected);
    assert_eq!(imported.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 7]);
}

#[test]
fn a_long_line_is_too_long_and_the_rows_after_a_long_cell_are_read() {
    let commas = format!("prompt,completion\nq,{}\nq,a\n", "a,".repeat(9 << 20));
    let imported = read("a.csv", commas);
    assert_eq!((imported.rows.len(), dropped(&imported)), (1, vec![(2, "row_too_long")]));
    for length in [17 << 20, 40 << 20] {
        let cell = format!("prompt,completion\nq,\"{}\"\nq,a\n\n\"q\",a\n", "x\"\"\ny\n".repeat(length / 6));
        let imported = read("a.csv", cell);
        assert_eq!((imported.rows.len(), dropped(&imported)), (2, vec![(2, "row_too_long")]));
    }
}

#[test]
fn lines_may_end_in_every_way_within_one_table() {
    let imported = read("a.csv", "prompt,completion\r\nq1,a1\rq2,\"a\r2\"\n\rq3,a3\r\nq4,\nq5,a5\r");
    let expected = [pair("q1", "a1"), pair("q2", "a\r2"), pair("q3", "a3"), pair("q5", "a5")];
    assert_eq!(pairs(&imported), expected);
    assert_eq!(imported.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 6, 8]);
    assert_eq!(dropped(&imported), [(7, "empty_answer")]);
}

#[test]
fn columns_that_share_a_name_are_all_kept() {
    let imported = read("a.csv", "prompt,prompt,completion,,,prompt (2)\nq,other,a,u,v,w\nq,other,a,u,v,w\n");
    assert_eq!(pairs(&imported), [pair("q", "a"), pair("q", "a")]);
    let extra = serde_json::to_string(&imported.rows[0].extra).expect("JSON");
    assert_eq!(
        extra, r#"{"prompt (2)":"other","column 4":"u","column 5":"v","prompt (2) (2)":"w"}"#,
        "as in the file, and none is lost"
    );
    assert_eq!(notes(&imported), [(1, "repeated_column")], "said once");
    assert!(imported.problems[0].message.contains("“prompt (2)”"), "{}", imported.problems[0].message);
    assert!(imported.summary.reason.contains("“column 4”"), "{}", imported.summary.reason);
    assert_eq!(notes(&read("a.csv", ",prompt,completion\n0,q,a\n")), [], "a column without a name is no news");
}

#[test]
fn a_first_line_that_can_be_no_header_is_a_row() {
    let columns = [("prompt", "column 1"), ("completion", "column 2")];
    let columns = BTreeMap::from(columns.map(|(part, column)| (part.to_owned(), column.to_owned())));
    let options = ImportOptions { mapping: Mapping { format: Format::Completion, columns, ..Mapping::default() } };
    for first in ["What is a leek?,A vegetable.", "7,Seven", "q,\"two\nlines\""] {
        let imported = read_with("a.csv", format!("{first}\nq2,a2\n"), &options).expect("an import");
        assert_eq!((imported.rows.len(), imported.rows[0].line), (2, 1), "{first}");
        assert_eq!(notes(&imported), [(1, "no_header")], "{first}");
        assert!(imported.summary.reason.contains("“column 1”"), "{}", imported.summary.reason);
    }
    let (_folder, path) = file("a.csv", "What is a leek?,A vegetable.\nq2,a2\n");
    let seen = inspect(&[path], &ImportOptions::default(), 5).expect("a look");
    assert_eq!((seen.columns.join(" "), seen.raw.len()), ("column 1 column 2".to_owned(), 2));
    // Names, even if they are strange ones.
    for header in ["Timestamp,What do you like?", "frage,antwort", "0,1", ",0,1", "prompt,42", "Was?,Wie?", "a b,c"] {
        let (_folder, path) = file("a.csv", format!("{header}\nq,a\n"));
        assert_eq!(inspect(&[path], &ImportOptions::default(), 5).expect("a look").raw.len(), 1, "{header}");
    }
}

#[test]
fn tables_of_other_programs_are_understood() {
    let expected = [chat(&[("user", "q, 1"), ("assistant", "a|1")])];
    for (name, text, what) in [
        ("a.csv", "sep=;\r\nprompt;completion\r\nq, 1;a|1\r\n", "a table with semicolons"),
        ("a.csv", "SEP=\t\nprompt\tcompletion\nq, 1\ta|1\n", "a table with tabs"),
        ("a.csv", "prompt|completion\nq, 1|\"a|1\"\n", "a table with bars"),
        ("a.jsonl", "prompt,completion\n\"q, 1\",a|1\n", "a table with commas"),
        ("a.ndjson", "\"prompt\";\"completion\"\n\"q, 1\";a|1\n", "a table with semicolons"),
    ] {
        let imported = read(name, text);
        assert_eq!(examples(&imported), expected, "{text}: {:?}", imported.problems);
        let (_folder, path) = file(name, text);
        let seen = inspect(&[path], &ImportOptions::default(), 5).expect("a look");
        assert_eq!((&*seen.files[0].what, imported.summary.rows_read), (what, 1), "{text}");
    }
    assert_eq!(read("a.csv", "sep=;\nprompt;completion\nq;a\nq;\n").rows[0].line, 3);
    // A file of that name that holds JSON somewhere is one of JSON, however it begins.
    let imported = read("a.jsonl", "prompt,completion\n{\"prompt\":\"q\",\"completion\":\"a\"}\n");
    assert_eq!((imported.rows.len(), dropped(&imported)), (1, vec![(1, "invalid_json")]));
}

#[test]
fn excels_own_encoding_is_read_and_told() {
    let table = b"prompt;completion\r\nGr\xFC\xDFe \x96 \x84so\x93;caf\xE9 5 \x80\r\n".to_vec();
    let late = [b"prompt;completion\n", "plain text;only\n".repeat(20_000).as_bytes(), b"Gr\xFC\xDFe;b\n"].concat();
    let first = read("a.csv", &table);
    assert_eq!(pairs(&first), [pair("Grüße – „so“", "café 5 €")]);
    assert_eq!((notes(&first), dropped(&first)), (vec![(1, "windows_1252")], vec![]));
    let late = read("a.csv", late);
    assert_eq!((late.rows.len(), notes(&late)), (20_001, vec![(1, "windows_1252")]));
    assert_eq!(pairs(&late)[20_000], pair("Grüße", "b"));
    assert_eq!(examples(&read("a.txt", b"caf\xE9 and more words")).len(), 1);
    let (_folder, path) = file("a.csv", table);
    let seen = inspect(&[path], &ImportOptions::default(), 5).expect("a look");
    assert_eq!(seen.files[0].what, "a table with semicolons, Windows-1252");
    // One wrong byte among UTF-8, and another script, are no such files.
    for bytes in ["text\nGrüße an alle\nGr\u{fc}n\n".as_bytes(), "text\nПривет\n".as_bytes()] {
        let mut broken = bytes.to_vec();
        broken.extend(b"\xFC wrong\n");
        assert_eq!(dropped(&read("a.csv", broken)).iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), ["invalid_utf8"]);
    }
    let cyrillic: &[u8] = b"text\n\xCF\xF0\xE8\xE2\xE5\xF2\n";
    assert_eq!(dropped(&read("a.csv", cyrillic)), [(2, "invalid_utf8")]);
}
