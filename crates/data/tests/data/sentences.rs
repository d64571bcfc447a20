//! What people are told has a key in all its parts, so that it can be said in another language.

use std::io::Write;
use std::path::Path;

use tunesmith_data::{ExportKind, ExportedRow, Exporter, ImportOptions, ImportedRow, Others, RenderError, Survey};
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Argument, Sentence};

use crate::support::{Folder, chat, read, read_with, say, tokenizer};

/// The key of a sentence within this one.
fn key_within<'a>(sentence: &'a Sentence, argument: &str) -> &'a str {
    match sentence.args.get(argument) {
        Some(Argument::Sentence(within)) => &within.key,
        other => panic!("{sentence:?} has {other:?} as {argument}"),
    }
}

#[test]
fn what_is_wrong_with_a_file_is_a_sentence_within_the_error() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all("a line\n\n".repeat(5000).as_bytes()).expect("memory");
    let gzip = gzip.finish().expect("memory");
    for (name, bytes, key) in [
        ("a.txt.gz", &gzip[..gzip.len() / 2], "import-packing-damaged"),
        // This one comes from the process that reads tables, as a line.
        ("a.parquet", b"PAR1 and no more".as_slice(), "import-no-parquet"),
    ] {
        let error = WireError::from(read_with(name, bytes, &ImportOptions::default()).expect_err("a damaged file"));
        assert_eq!((&*error.message.key, key_within(&error.message, "reason")), ("import-unreadable", key));
        assert_eq!(error.hint.key, "import-damaged-hint");
    }
    let zip = WireError::from(read_with("a.csv", b"PK\x03\x04", &ImportOptions::default()).expect_err("an archive"));
    assert_eq!(key_within(&zip.message, "kind"), "file-zip");
    let missing = tunesmith_data::inspect(&["/nowhere/a.csv".into()], &ImportOptions::default(), 1);
    assert_eq!(missing.expect_err("no file").sentence(), "/nowhere/a.csv does not exist");
}

#[test]
fn the_shape_of_rows_is_told_in_sentences_within_sentences() {
    let row = r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"system":"s","id":1}"#;
    let reason = read("a.jsonl", row).summary.reason;
    let expected =
        "Conversations: a list of messages in “messages”, with the system prompt in “system”; not used: “id”";
    assert_eq!(reason, expected);
    assert_eq!((&*reason.key, key_within(&reason, "shape")), ("shape-columns-unused", "shape-with-system"));
}

#[test]
fn a_mistake_of_our_functions_within_a_template_is_a_sentence() {
    let folder = Folder::new(&tokenizer(256)).with("chat_template.jinja", "{{ messages | tojson(indent='x') }}");
    let error = folder.open().render(&say(&[("user", "q")]), false).expect_err("no width");
    let RenderError::Render(reason) = &error else { panic!("{error}") };
    assert_eq!(*reason, "tojson: indent is not a width (line 1 of the template)");
    assert_eq!(key_within(reason, "mistake"), "template-tojson-indent");
}

#[test]
fn errors_of_rendering_keep_their_keys_from_process_to_process() {
    let missing = Path::new("/nowhere/tokenizer.json").into();
    let reason = RenderError::Refused("no tools here".into()).sentence();
    for error in [RenderError::Missing { path: missing }, RenderError::Render(reason), RenderError::Unclear(2)] {
        let sent = serde_json::to_string(&error).expect("JSON");
        let received: RenderError = serde_json::from_str(&sent).expect("an error");
        assert_eq!((received.sentence(), received.hint()), (error.sentence(), error.hint()));
        assert!(!received.sentence().key.is_empty() && !received.hint().key.is_empty());
    }
}

#[test]
fn rows_left_out_of_a_file_are_counted_by_the_sentence_that_says_why() {
    let mut exporter = Exporter::new(Survey::new(ExportKind::Alpaca, Others::Leave), Vec::new());
    let mut exported = |turns: &[(&str, &str)]| {
        let row = ImportedRow { file: "a".into(), line: 1, example: chat(turns), extra: serde_json::Map::new() };
        exporter.row(&row).expect("memory")
    };
    let alone = exported(&[("assistant", "a")]);
    let ExportedRow::LeftOut(why) = &alone else { panic!("{alone:?}") };
    assert_eq!(why.key, "export-no-exchange");
    exported(&[("assistant", "a"), ("user", "q"), ("assistant", "b")]);
    assert_eq!(exported(&[("assistant", "b")]), alone);
    let counts = exporter.left_out();
    assert_eq!((&counts[0].why, counts[0].count), (why, 2), "the most frequent first");
    assert_eq!(counts.len(), 2);
}
