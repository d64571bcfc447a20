//! The text of a run file: which line a key is on, which word was meant, and how a value is written.

use serde_json::Value;

/// The line of a key, from 1.
pub(super) fn line_of(yaml: &str, section: Option<&str>, key: &str) -> Option<usize> {
    let mut inside = section.is_none();
    for (index, line) in yaml.lines().enumerate() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_top = content.len() == line.len();
        if is_top && section.is_some() {
            inside = section.is_some_and(|section| names(content, section));
            if inside && !content.trim_end().ends_with(':') && content.contains(key) {
                // A section on one line: training: {epochs: 3}
                return Some(index + 1);
            }
        } else if inside && (is_top == section.is_none()) && names(content, key) {
            return Some(index + 1);
        }
    }
    None
}

fn names(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches(['"', '\'', '{', ' ']);
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
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
