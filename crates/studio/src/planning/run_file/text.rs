//! The text of a run file: which line a key is on, which word was meant, and how a value is written.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::Spanned;

/// Keys with the places where they stand; what they stand for does not matter.
type Keys = HashMap<Spanned<String>, IgnoredAny>;

/// The keys of the parts of a run file.
#[derive(Deserialize)]
struct Sections {
    data: Option<Keys>,
    training: Option<Keys>,
}

/// The line of a key, from 1; of a section's name itself where it has no such key.
pub(super) fn line_of(yaml: &str, section: Option<&str>, key: &str) -> Option<usize> {
    let find = |keys: Keys, key: &str| {
        keys.into_keys().find(|known| known.value == key).map(|known| known.referenced.line() as usize)
    };
    let top = |key: &str| find(serde_saphyr::from_str(yaml).ok()?, key);
    let Some(section) = section else { return top(key) };
    let sections: Option<Sections> = serde_saphyr::from_str(yaml).ok();
    let keys = sections.and_then(|sections| if section == "data" { sections.data } else { sections.training });
    keys.and_then(|keys| find(keys, key)).or_else(|| top(section))
}

/// The known word that was most likely meant; none when all are far off.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|candidate| (strsim::levenshtein(word, candidate), *candidate));
    let (distance, near) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count().max(near.len()).div_ceil(2)).then_some(near)
}

/// A value as YAML on one line.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(scalar).collect::<Vec<_>>().join(", ")),
        // JSON is YAML.
        other => other.to_string(),
    }
}

/// Whether a string means itself without quotes.
fn is_plain(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let starts_well = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/');
    let is_a_word_of_yaml = matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    starts_well && !is_a_word_of_yaml && text.chars().all(fine)
}
