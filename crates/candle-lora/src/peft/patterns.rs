//! PEFT's `rank_pattern` and `alpha_pattern`: numbers of single modules, by regular expressions over their names.

use regex::{RegexBuilder, RegexSet, RegexSetBuilder};
use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

/// A pattern per module, of more modules than any model has.
const MOST_PATTERNS: usize = 2048;
/// Memory that all patterns of a key take together, in bytes: a few characters of an expression can ask for any amount.
const MOST_BYTES: usize = 32 << 20;
/// Enough to read an expression, and not enough to make a large one ready.
const FEW_BYTES: usize = 1 << 12;

/// The numbers of modules, the first pattern that fits counts.
pub(super) struct Patterns<T> {
    patterns: RegexSet,
    numbers: Vec<T>,
}

impl<T: Copy> Patterns<T> {
    /// Those of this key of a config; `number` reads one of them.
    pub(super) fn read(config: &Value, key: &str, number: fn(&Value) -> Option<T>) -> Result<Self, Sentence> {
        let given = match &config[key] {
            Value::Null => return Ok(Self { patterns: RegexSet::empty(), numbers: Vec::new() }),
            Value::Object(given) if given.len() <= MOST_PATTERNS => given,
            _ => return Err(say!("adapter-pattern-wrong", "{key} does not give modules their numbers", key)),
        };
        let number = |(name, value): (&String, &Value)| {
            let wrong = || {
                say!(
                    "adapter-pattern-number",
                    "{key} has no such number for {name}: {value}",
                    key,
                    name,
                    value = value.to_string()
                )
            };
            number(value).ok_or_else(wrong)
        };
        let numbers = given.iter().map(number).collect::<Result<_, _>>()?;
        let whole = given.keys().map(|name| of_name(name));
        let patterns = RegexSetBuilder::new(whole).size_limit(MOST_BYTES).build();
        Ok(Self { patterns: patterns.map_err(|_| unread(key, given.keys()))?, numbers })
    }

    /// The number of this module, where it has one of its own.
    pub(super) fn of(&self, module: &str) -> Option<T> {
        self.patterns.matches(module).iter().next().map(|first| self.numbers[first])
    }
}

/// As PEFT's `get_pattern_key` has it: the end of a name, from a dot on, or all of it.
fn of_name(pattern: &str) -> String {
    format!(r"^(?:.*\.)?(?:{pattern})$")
}

/// Why patterns cannot be used: one of them cannot be read, or they are too large.
fn unread<'a>(key: &str, mut names: impl Iterator<Item = &'a String>) -> Sentence {
    let is_wrong = |name: &&String| {
        let read = RegexBuilder::new(&of_name(name)).size_limit(FEW_BYTES).build();
        matches!(read, Err(regex::Error::Syntax(_)))
    };
    match names.find(is_wrong) {
        Some(pattern) => say!(
            "adapter-pattern-unread",
            "{key} has a pattern that has a mistake, or that only Python understands: {pattern}",
            key,
            pattern
        ),
        None => say!("adapter-patterns-large", "{key} has patterns that take too much memory", key),
    }
}
