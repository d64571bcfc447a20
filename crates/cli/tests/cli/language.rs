//! The language of the shell.

use std::process::{Command, ExitCode};

use tunesmith_cli::language::codes;
use tunesmith_sentence::Language;

use crate::shell::{Ran, Shell};

/// What cannot be answered, before anything is opened.
const WRONG: [&str; 6] = ["chat", "--model", "model", "--prompt", "x", "--temperature=-1"];
const IN_ENGLISH: &str = "--temperature must be 0 or more";

/// The codes of the language in an environment of these variables.
fn codes_in(variables: &[(&str, &str)]) -> Vec<String> {
    codes(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn the_environment_says_the_language() {
    assert_eq!(codes_in(&[("LANG", "de_AT.UTF-8")]), ["de-AT", "de"]);
    assert_eq!(codes_in(&[("LANG", "sr@latin")]), ["sr"]);
    assert_eq!(codes_in(&[("TUNESMITH_LANGUAGE", "pt-br")]), ["pt-BR", "pt"]);
    assert!(codes_in(&[]).is_empty());
}

#[test]
fn who_names_a_language_for_tunesmith_gets_it() {
    let mut variables = vec![("LANG", "fr"), ("LC_MESSAGES", "it"), ("LC_ALL", "de"), ("TUNESMITH_LANGUAGE", "ja")];
    for expected in ["ja", "de", "it", "fr"] {
        assert_eq!(codes_in(&variables), [expected]);
        variables.pop();
    }
    let empty = [("TUNESMITH_LANGUAGE", ""), ("LC_ALL", ""), ("LANG", "fr_FR.UTF-8")];
    assert_eq!(codes_in(&empty), ["fr-FR", "fr"], "an empty variable asks for nothing");
}

#[test]
fn a_language_that_tunesmith_does_not_know_is_english() {
    let shell = Shell::new();
    for language in ["xx", "C", "../languages/en", "en_US.UTF-8"] {
        let ran = shell.run_in(&[("TUNESMITH_LANGUAGE", language)], &WRONG);
        assert_eq!((ran.code, ran.stderr.trim_end()), (2, format!("error: {IN_ENGLISH}").as_str()), "{language}");
    }
}

#[test]
fn people_read_their_language_and_scripts_english() {
    let people = german("prints_german");
    assert!(people.stderr.contains("Fehler: Unter 0 geht --temperature nicht"), "{}", people.stderr);
    let script = german("prints_json_beside_german");
    assert!(script.stderr.contains("Fehler: Unter 0 geht"), "{}", script.stderr);
    let line = script.stdout.lines().find(|line| line.contains("{")).unwrap();
    let error: serde_json::Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    assert_eq!((&error["key"], &error["message"]), (&"shell-temperature-wrong".into(), &IN_ENGLISH.into()));
    assert_eq!((&error["code"], &error["hint"]), (&"invalid".into(), &"".into()));
}

#[test]
#[ignore = "people_read_their_language_and_scripts_english runs it in a process of its own"]
fn prints_german() {
    in_german(&WRONG);
}

#[test]
#[ignore = "people_read_their_language_and_scripts_english runs it in a process of its own"]
fn prints_json_beside_german() {
    in_german(&[&["--json"][..], &WRONG].concat());
}

/// Runs one of the tests above, whose output cannot be read from within.
fn german(test: &str) -> Ran {
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let output = tests.args(["--ignored", "--exact", "--nocapture", &format!("language::{test}")]).output().unwrap();
    Ran::of(output)
}

fn in_german(arguments: &[&str]) {
    let file = "
shell-error = Fehler: { $message }
shell-temperature-wrong = Unter 0 geht --temperature nicht
";
    let language = Language::read("de", file).unwrap();
    let arguments = [&["tunesmith"][..], arguments].concat().into_iter().map(Into::into);
    assert_eq!(tunesmith_cli::run_in(Some(language), arguments), ExitCode::from(2));
}
