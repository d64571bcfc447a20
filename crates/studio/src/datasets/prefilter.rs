//! A filter on the raw bytes of a row, so that a search need not parse most rows: no false negatives, some false positives.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// Characters of a text that are looked for: enough for few other rows to hold them.
const LONGEST: usize = 48;

/// Lower case makes two characters of only one: İ becomes an i and this dot. A row can hold either.
const DOT_ABOVE: char = '\u{307}';

/// What is looked for in bytes.
pub(super) struct Prefilter(Option<Regex>);

impl Prefilter {
    /// Of a text in lower case.
    pub fn of(text: &str) -> Self {
        let parts = text.split(|letter| is_escaped(letter) || letter == DOT_ABOVE);
        // Each part must be there; the longest is there by chance the least.
        let part: String = parts.max_by_key(|part| part.len()).unwrap_or_default().chars().take(LONGEST).collect();
        let mut pattern: String = part.chars().map(in_any_case).collect();
        if can_be_of_number(&part) {
            // The numbers of a tool call are read and written anew before they are compared, and not all come out as
            // they lie in the file.
            pattern += "|\"tool_calls\"";
        }
        Self(if part.is_empty() { None } else { Regex::new(&pattern).ok() })
    }

    /// Whether a row of these bytes can say the text.
    pub fn may_match(&self, row: &[u8]) -> bool {
        self.0.as_ref().is_none_or(|pattern| pattern.is_match(row))
    }
}

/// Whether JSON writes it otherwise; control characters that it does not escape do no harm here.
fn is_escaped(letter: char) -> bool {
    letter.is_control() || matches!(letter, '"' | '\\')
}

fn can_be_of_number(part: &str) -> bool {
    part.contains(|letter: char| letter.is_ascii_digit()) || part.chars().all(|letter| "+-.e".contains(letter))
}

/// A class of all characters that lower case makes this one of.
fn in_any_case(lower: char) -> String {
    static UPPER: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
        let mut upper: HashMap<char, Vec<char>> = HashMap::new();
        for letter in '\0'..=char::MAX {
            for lower in letter.to_lowercase().filter(|lower| *lower != letter) {
                upper.entry(lower).or_default().push(letter);
            }
        }
        // At the end of a word.
        upper.entry('ς').or_default().push('Σ');
        upper
    });
    let others = UPPER.get(&lower).into_iter().flatten();
    let code = |letter: &char| format!("\\x{{{:x}}}", u32::from(*letter));
    format!("[{}]", std::iter::once(&lower).chain(others).map(code).collect::<String>())
}
