//! What files begin with is told as an import would see it, without reading them.

use std::fs;
use std::time::Duration;

use tunesmith_data::{ImportError, ImportOptions, Inspection, inspect};
use tunesmith_protocol::{Format, Mapping};

use crate::packed::{gzip, zstd};
use crate::parquet_files::{parquet, texts};
use crate::support::{examples, file, processor_time, read_with};

fn look(name: &str, bytes: impl AsRef<[u8]>, options: &ImportOptions, rows: usize) -> Result<Inspection, ImportError> {
    let (_folder, path) = file(name, bytes);
    inspect(&[path], options, rows)
}

#[test]
fn what_a_file_holds_is_named() {
    let jsonl = "{\"text\":\"one\"}\n";
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(jsonl.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes, what) in [
        ("a.jsonl", jsonl.as_bytes().to_vec(), "JSON Lines"),
        ("a.jsonl.gz", gzip(jsonl.as_bytes()), "JSON Lines, gzip"),
        ("a.csv", zstd(b"text\tlabel\na\tb\n"), "a table with tabs, Zstandard"),
        ("a.csv", b"text;label\na;b\n".to_vec(), "a table with semicolons"),
        ("a.json", utf16, "JSON Lines, UTF-16"),
        ("a.json", b"[{\"text\":\"a\"}]".to_vec(), "a JSON list"),
        ("a.md", b"words".to_vec(), "plain text"),
        ("a.bin", parquet(vec![("text", texts([Some("one")]))]), "Parquet"),
    ] {
        let seen = look(name, &bytes, &ImportOptions::default(), 5).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(seen.files[0].what, what);
        assert_eq!((seen.files[0].name.as_str(), seen.files[0].bytes), (name, bytes.len() as u64));
        assert_eq!(seen.rows.len(), 1, "{name}");
    }
}

#[test]
fn the_first_rows_are_those_of_the_import() {
    let text: String = (0..300)
        .map(|row| match row % 3 {
            0 => "no json\n".to_owned(),
            _ => format!("{{\"frage\":\"q{row}\",\"antwort\":\"a\",\"id\":{row}}}\n"),
        })
        .collect();
    let columns = [("prompt", "frage"), ("completion", "antwort")].map(|(part, column)| (part.into(), column.into()));
    let options = ImportOptions { mapping: Mapping { columns: columns.into(), ..Mapping::default() } };
    let seen = look("a.jsonl", &text, &options, 10).expect("a look");
    let imported = read_with("a.jsonl", &text, &options).expect("an import");
    assert_eq!(seen.rows, imported.rows[..10]);
    assert_eq!(seen.problems, imported.problems[..5], "those among the first rows");
    assert_eq!((&seen.mapping, &seen.columns), (&imported.summary.mapping, &imported.summary.columns));
    assert_eq!(seen.raw.len(), 10);
    assert_eq!(seen.raw[0].columns["frage"], "q1");
    let parts: Vec<(&str, bool)> = seen.parts.iter().map(|part| (part.name.as_str(), part.required)).collect();
    let optional = ["input", "system", "history", "tools", "reasoning"].map(|part| (part, false));
    assert_eq!(parts, [[("prompt", true), ("completion", true)].as_slice(), &optional].concat());
    assert_eq!(examples(&imported).len(), 200);
}

#[test]
fn columns_of_no_known_shape_are_shown_to_be_mapped() {
    let seen = look("a.csv", "frage,antwort\nq,a\n", &ImportOptions::default(), 5).expect("a look");
    assert_eq!(
        (seen.columns.as_slice(), seen.rows.len(), seen.problems.len()),
        (&["frage".into(), "antwort".into()][..], 0, 1)
    );
    assert_eq!((seen.raw[0].columns["frage"].as_str(), seen.parts.len()), (Some("q"), 0));
    let seen = look("a.csv", "frage,antwort\nq,a\n", &ImportOptions::of(Format::Unpaired), 5).expect("a look");
    assert_eq!(seen.parts.iter().filter(|part| part.required).count(), 3);
    assert_eq!(seen.mapping.columns, [].into(), "no column is taken that is not there");
}

/// What is suggested for the parts of a question and its answer.
fn suggested(table: &str) -> Vec<(String, String)> {
    let seen = look("a.csv", table, &ImportOptions::default(), 5).expect("a look");
    seen.suggested.into_iter().collect()
}

fn parts<const N: usize>(parts: [(&str, &str); N]) -> Vec<(String, String)> {
    parts.map(|(part, column)| (part.into(), column.into())).into()
}

#[test]
fn likely_columns_are_suggested_where_names_are_unknown() {
    let named = "Nr,Datum,Kundenfrage,Unsere Antwort\n1,2026-01-02,Wo ist mein Paket?,Es kommt morgen.\n";
    assert_eq!(suggested(named), parts([("completion", "Unsere Antwort"), ("prompt", "Kundenfrage")]));
    let by_their_texts = "id,when,he says,she says\n7,2026-01-02,Good morning to you,And to you as well\n";
    assert_eq!(suggested(by_their_texts), parts([("completion", "she says"), ("prompt", "he says")]));
    let half_named = "id,ticket,our reply\n7,My parcel is late,It comes tomorrow\n";
    assert_eq!(suggested(half_named), parts([("completion", "our reply"), ("prompt", "ticket")]));
    let three_texts = "one,two,three\nsome words,more words,other words\n";
    assert_eq!(suggested(three_texts), [], "which two are meant is for the user to say");
    assert_eq!(suggested("number,day\n7,2026-01-02\n"), []);
    let headless = "12,Where is my parcel?,It comes tomorrow.\n13,Is it late?,It is not.\n";
    assert_eq!(suggested(headless), parts([("completion", "column 3"), ("prompt", "column 2")]));
    assert_eq!(suggested("prompt,completion\nq,a\n"), [], "what is recognised needs no suggestion");
}

#[test]
fn a_folder_is_seen_whole_and_its_first_file_read() {
    let (folder, path) = file("b.jsonl", "{\"text\":\"one\"}\n");
    fs::write(folder.path().join("a.csv"), "text\ntwo\n").expect("a file");
    fs::write(folder.path().join("picture.png"), "no").expect("a file");
    let seen = inspect(&[folder.path().into(), path], &ImportOptions::default(), 5).expect("a look");
    let names: Vec<&str> = seen.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names[0], names.len()), ("a.csv", 2));
    assert_eq!(seen.rows[0].file, "a.csv");
    let once = "“b.jsonl” is named more than once and read once";
    assert_eq!(seen.remarks, ["Left out of the folder: “picture.png”", once]);
    let twice = inspect(&[folder.path().into(), folder.path().into()], &ImportOptions::default(), 5).expect("a look");
    let said: Vec<&str> = twice.remarks.iter().map(|remark| &**remark).collect();
    assert_eq!(twice.files.len(), 2, "each is read once");
    let first = "“a.csv” is named more than once and read once";
    assert_eq!(said, ["Left out of the folder: “picture.png”", first, once], "what is true of both is said once");
    assert!(matches!(inspect(&[], &ImportOptions::default(), 5), Err(ImportError::NoFile)));
}

#[test]
fn a_large_file_is_seen_at_once() {
    let mut large = "{\"text\":\"some words\"}\n".repeat(1_000_000);
    large += "the end";
    for bytes in [gzip(large.as_bytes()), large.into_bytes()] {
        let (_folder, path) = file("a.jsonl", bytes);
        let before = processor_time();
        assert_eq!(inspect(&[path], &ImportOptions::default(), 20).expect("a look").rows.len(), 20);
        let taken = processor_time() - before;
        assert!(taken < Duration::from_secs(1), "{taken:?}");
    }
}

#[test]
fn the_first_rows_are_the_same_whether_they_can_be_used_or_not() {
    let row = |row: usize| format!("q{row};{}\n", if matches!(row, 3 | 6 | 15) { "" } else { "a" });
    let text = "question;answer\n".to_owned() + &(0..200).map(row).collect::<String>();
    let (_folder, path) = file("a.csv", text);
    let seen = inspect(&[path], &ImportOptions::default(), 10).expect("a look");
    assert_eq!((seen.rows.len(), seen.problems.len(), seen.raw.len()), (8, 2, 10));
}
