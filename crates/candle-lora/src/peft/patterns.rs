//! PEFT's `rank_pattern` and `alpha_pattern`: numbers of single modules, by regular expressions over their names.

use regex::Regex;
use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

/// A pattern per module, of more modules than any model has.
const MOST_PATTERNS: usize = 2048;

/// The numbers of modules, the first pattern that fits counts.
pub(super) struct Patterns<T>(Vec<(Regex, T)>);

impl<T: Copy> Patterns<T> {
    /// Those of this key of a config; `number` reads one of them.
    pub(super) fn read(config: &Value, key: &str, number: fn(&Value) -> Option<T>) -> Result<Self, Sentence> {
        let patterns = match &config[key] {
            Value::Null => return Ok(Self(vec![])),
            Value::Object(patterns) if patterns.len() <= MOST_PATTERNS => patterns,
            _ => return Err(say!("adapter-pattern-wrong", "{key} does not give modules their numbers", key)),
        };
        let pattern = |(name, value): (&String, &Value)| {
            let wrong = || {
                say!(
                    "adapter-pattern-number",
                    "{key} has no such number for {name}: {value}",
                    key,
                    name,
                    value = value.to_string()
                )
            };
            let unread = |error: regex::Error| {
                say!(
                    "adapter-pattern-unread",
                    "{key} has a pattern that cannot be read: {error}",
                    key,
                    error = error.to_string()
                )
            };
            // As PEFT's get_pattern_key has it: the end of a name, from a dot on, or all of it.
            let regex = Regex::new(&format!(r"^(?:.*\.)?(?:{name})$")).map_err(unread)?;
            Ok((regex, number(value).ok_or_else(wrong)?))
        };
        Ok(Self(patterns.iter().map(pattern).collect::<Result<_, Sentence>>()?))
    }

    /// The number of this module, where it has one of its own.
    pub(super) fn of(&self, module: &str) -> Option<T> {
        self.0.iter().find(|(pattern, _)| pattern.is_match(module)).map(|(_, number)| *number)
    }
}
