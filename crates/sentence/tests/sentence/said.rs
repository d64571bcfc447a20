//! How a message is said in English and in another language.

use std::path::Path;

use tunesmith_sentence::{Language, NOTHING, Sentence, say};

#[test]
fn a_message_is_its_english_text() {
    let message = say!("dataset-missing", "There is no dataset “{name}”", name = "Poems {1}");
    assert_eq!(message, "There is no dataset “Poems {1}”");
    assert!(message.contains("dataset") && NOTHING.is_empty());
}

#[test]
fn one_has_a_text_of_its_own() {
    let removed = |rows: usize| say!("rows-removed", rows; "One row of {name} removed", "{rows} rows of {name} removed", rows, name = "x");
    assert_eq!(removed(1), "One row of x removed");
    let odd = say!("rows-of", rows; "1 row of {name} ({rows})", "{rows} rows of {name}", rows = 1, name = "{rows} }{");
    assert_eq!(odd, "1 row of {rows} }{ (1)");
    assert_eq!(removed(0), "0 rows of x removed");
    assert_eq!(removed(2), "2 rows of x removed");
}

#[test]
fn messages_cross_a_wire_and_old_texts_are_read() {
    let inner = say!("no-rows", "it holds no rows");
    let message = say!("file-refused", "{path} is refused: {inner}", path = Path::new("/a b/“c”.jsonl"), inner);
    let text = serde_json::to_string(&message).unwrap();
    assert_eq!(serde_json::from_str::<Sentence>(&text).unwrap(), message);
    let old: Sentence = serde_json::from_str("\"as it was stored\"").unwrap();
    assert_eq!(old, Sentence::verbatim("as it was stored"));
    assert!(serde_json::from_str::<Sentence>(r#"{"key":"x"}"#).is_err());
}

#[test]
fn a_text_is_changed_wherever_a_message_holds_it() {
    let file = |path: &str| {
        let inner = say!("row-wrong", "row {row} of {path} is wrong", row = 3, path);
        say!("file-refused", "{path} is refused: {inner}", path, inner)
    };
    let hidden = file("/secret/a.csv").map_texts(&|text| text.replace("/secret/", ""));
    assert_eq!(hidden, file("a.csv"), "key and numbers stay");
    assert_eq!(hidden, "a.csv is refused: row 3 of a.csv is wrong");
}

#[test]
fn another_language_says_what_its_file_says() {
    let file = "
file-refused = { $inner } – darum geht { $path } nicht
no-rows = keine Zeilen
rows-removed = { $rows ->
    [one] Eine Zeile entfernt
   *[other] { $rows } Zeilen entfernt
}
";
    let german = Language::read("de", file).unwrap();
    let inner = say!("no-rows", "it holds no rows");
    let refused = say!("file-refused", "{path} is refused: {inner}", path = "a.csv", inner);
    assert_eq!(german.say(&refused), "keine Zeilen – darum geht a.csv nicht");
    let removed = |rows: u64| say!("rows-removed", rows; "1 row removed", "{rows} rows removed", rows);
    assert_eq!(german.say(&removed(1)), "Eine Zeile entfernt");
    assert_eq!(german.say(&removed(5)), "5 Zeilen entfernt");
}

#[test]
fn what_a_language_lacks_is_said_in_english() {
    let german = Language::read("de", "needs-more = { $missing } fehlt").unwrap();
    assert_eq!(german.say(&say!("unknown", "Nobody translated this")), "Nobody translated this");
    assert_eq!(german.say(&say!("needs-more", "It needs {what}", what = 3)), "It needs 3");
    assert_eq!(german.say(&Sentence::verbatim("as the system says")), "as the system says");
}

#[test]
fn a_file_with_a_mistake_is_refused() {
    assert!(Language::read("de", "a key without a text").is_err());
    assert!(Language::read("not a language!", "").is_err());
}
