//! What strangers wrote, on a terminal.

use tunesmith_cli::terminal::{harmless, labelled, shown};
use tunesmith_sentence::{Sentence, say};

use crate::shell::Shell;

#[test]
fn what_a_stranger_wrote_stays_within_its_line() {
    let name = "k\n\nerror: fake\u{202e}";
    let inner = say!("terminal-test-inner", "the key “{name}”", name);
    let sentence = say!("terminal-test-outer", "line 3: {inner} is not used", inner);
    assert_eq!(harmless(&sentence).text, r"line 3: the key “k\n\nerror: fake\u{202e}” is not used");
    assert_eq!(harmless(&Sentence::verbatim("a\rb")).text, r"a\rb");
    assert_eq!(shown("a\n\tb\u{1b}[2J"), "a\n\tb\\u{1b}[2J");
}

#[test]
fn a_long_name_is_cut_and_the_sentence_stays_whole() {
    let name = "x".repeat(5_000_000);
    let told = harmless(&say!("terminal-test-long", "The column {name} is not used", name)).text;
    assert_eq!(told, format!("The column {}… is not used", "x".repeat(1000)));
}

#[test]
fn texts_of_several_lines_stand_beside_their_labels() {
    let parts = [("question:".to_owned(), "Say\nerror: fake"), ("answer:".to_owned(), "It is.")];
    assert_eq!(labelled(&parts), ["question: Say", "          error: fake", "answer:   It is."]);
}

#[test]
fn names_in_a_file_forge_no_lines() {
    let shell = Shell::new();
    let row = |key: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"Say","{key}":1}},{{"role":"assistant","content":"It."}}],"{key}":"x"}}"#
        )
    };
    let long = "y".repeat(100_000);
    let rows = [row(r"k\n\nerror: fake"), row(r"\u202ecolumn"), row(&long)].map(|row| format!("{row}\n").repeat(8));
    shell.write("odd\n\nerror: fake.jsonl", &rows.concat());
    let ran = shell.run(&["data", "inspect", "odd\n\nerror: fake.jsonl"]);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!told.lines().any(|line| line.starts_with("error")), "{told}");
    assert!(!told.contains('\u{202e}') && told.contains("u{202e}"), "{told}");
    assert!(told.len() < 20_000, "{} bytes", told.len());
}
