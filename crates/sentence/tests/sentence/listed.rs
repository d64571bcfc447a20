//! `languages/en.ftl` lists every message. Who adds a language copies it and translates the texts.

use std::collections::BTreeMap;

use tunesmith_sentence::{Argument, Language, Sentence};

use crate::sources::{English, messages};

const HEAD: &str =
    "# Every message of Tunesmith in English, made from the code by `UPDATE=1 cargo nextest run -p tunesmith-sentence`.
# For another language, copy this file as its code, such as de.ftl, and translate what stands after the equals signs.
";

#[test]
fn every_message_is_listed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/languages/en.ftl");
    let fresh = messages().iter().fold(HEAD.to_owned(), |file, (key, english)| file + &entry(key, english));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(stored == fresh, "run `UPDATE=1 cargo nextest run -p tunesmith-sentence` and commit languages/en.ftl");
}

/// What the programs cannot read they leave out, so that a mistake in a file would only be seen by who speaks the language.
#[test]
fn every_language_can_be_read_and_has_no_key_of_its_own() {
    let known = messages();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/languages")).unwrap() {
        let path = entry.unwrap().path();
        let (code, file) = (path.file_stem().unwrap().to_str().unwrap(), std::fs::read_to_string(&path).unwrap());
        assert!(Language::read(code, &file).is_ok(), "{}", path.display());
        let keys = file
            .lines()
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .filter(|key| !key.starts_with([' ', '#']));
        let unknown: Vec<&str> = keys.filter(|key| !known.contains_key(*key)).collect();
        assert!(unknown.is_empty(), "{}: no sentence has the keys {unknown:?}", path.display());
    }
}

#[test]
fn keys_and_arguments_are_what_the_texts_need() {
    for (key, english) in messages() {
        let place = english.file.display();
        let simple = key.split('-').all(|part| !part.is_empty())
            && key.starts_with(|first: char| first.is_ascii_lowercase())
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
        assert!(simple, "{place}: {key} is not a key such as dataset-missing");
        assert_eq!(named(&english.other), english.arguments, "{place}: the arguments of {key}");
        if let Some((count, one)) = &english.one {
            assert!(english.arguments.contains(count), "{place}: {key} has no argument {count}");
            let unknown: Vec<String> =
                named(one).into_iter().filter(|name| !english.arguments.contains(name)).collect();
            assert!(unknown.is_empty(), "{place}: {key} names {unknown:?}, which are not arguments");
        }
    }
}

#[test]
fn a_sentence_ends_without_a_full_stop() {
    for (key, english) in messages() {
        let ends = english.other.ends_with('.') && !english.other.ends_with("..") && !key.starts_with("setting-");
        assert!(!ends, "{key}: {}", english.other);
    }
}

/// What a translation is checked against must itself say what the code says.
#[test]
fn the_list_says_what_the_code_says() {
    let listed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/languages/en.ftl")).unwrap();
    let language = Language::read("en", &listed).unwrap();
    for (key, english) in messages() {
        for count in [1, 7] {
            let (template, is_count) = match &english.one {
                Some((counted, one)) => (if count == 1 { one } else { &english.other }, Some(counted)),
                None => (&english.other, None),
            };
            let value = |name: &String| match is_count {
                Some(counted) if counted == name => Argument::Integer(count),
                _ => Argument::Text(format!("<{name} {{x}}>")),
            };
            let args: BTreeMap<_, _> =
                english.arguments.iter().map(|name| (name.clone().into(), value(name))).collect();
            let mut expected = String::new();
            for piece in pieces(template) {
                match piece {
                    Piece::Text(text) => expected += &text,
                    Piece::Name(name) => expected += &args[name.as_str()].to_string(),
                }
            }
            let said = language.say(&Sentence { key: key.clone().into(), args, text: "not listed".into() });
            assert_eq!(said, expected, "{key}");
        }
    }
}

enum Piece {
    Text(String),
    Name(String),
}

/// A template of `format!` taken apart. Formats such as `{:.1}` are refused, as a translation could not follow them.
fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut letters = template.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.next_if_eq(&letter).is_some() => text.push(letter),
            '{' => {
                let name: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                assert!(
                    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                    "{{{name}}} is a format: {template}"
                );
                pieces.extend([Piece::Text(std::mem::take(&mut text)), Piece::Name(name)]);
            }
            other => text.push(other),
        }
    }
    pieces.push(Piece::Text(text));
    pieces
}

fn named(template: &str) -> Vec<String> {
    let names = pieces(template).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// One message in Fluent's syntax.
fn entry(key: &str, english: &English) -> String {
    match &english.one {
        None => format!("\n{key} = {}\n", pattern(&english.other, "    ")),
        Some((count, one)) => {
            let (one, other) = (pattern(one, "        "), pattern(&english.other, "        "));
            format!("\n{key} = {{ ${count} ->\n    [one] {one}\n   *[other] {other}\n}}\n")
        }
    }
}

fn pattern(template: &str, indent: &str) -> String {
    let mut pattern = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Name(name) => pattern += &format!("{{ ${name} }}"),
            Piece::Text(text) => {
                for letter in text.chars() {
                    match letter {
                        '{' => pattern += "{\"{\"}",
                        '}' => pattern += "{\"}\"}",
                        '\n' => pattern += &format!("\n{indent}"),
                        other => pattern.push(other),
                    }
                }
            }
        }
    }
    pattern
}
