//! Scores answers against the expected ones, whatever the task.

use std::collections::BTreeMap;

/// How many answers are exactly right, and micro-F1 over words: each word and each sign counts as often as it stands in
/// the expected answer, whichever row it is in, so a long answer weighs more than a short one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerScore {
    /// Rows scored.
    pub rows: u64,
    /// Rows whose answer is the expected one, but for spaces around it.
    pub exact_rows: u64,
    /// Words and signs that were both expected and answered.
    pub hits: u64,
    /// Words and signs expected.
    pub expected: u64,
    /// Words and signs answered.
    pub answered: u64,
}

impl AnswerScore {
    /// The score of one row.
    pub fn of(expected: &str, answer: &str) -> Self {
        let mut score = Self::default();
        score.add(expected, answer);
        score
    }

    /// Adds one row.
    pub fn add(&mut self, expected: &str, answer: &str) {
        let (wanted, given) = (words(expected), words(answer));
        self.rows += 1;
        self.exact_rows += u64::from(expected.trim() == answer.trim());
        self.hits += wanted.iter().map(|(word, count)| *count.min(given.get(word).unwrap_or(&0))).sum::<u64>();
        self.expected += wanted.values().sum::<u64>();
        self.answered += given.values().sum::<u64>();
    }

    /// 2 · hits / (expected + answered), from 0 to 1: the harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, self.expected + self.answered)
    }

    /// The share of rows that are exactly right.
    pub fn exact_share(&self) -> f64 {
        share(self.exact_rows, self.rows)
    }
}

/// The words and signs of a text, lower-case, and how often each stands there.
fn words(text: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut count = |word: &str| {
        if !word.is_empty() {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    };
    for part in text.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let word = part.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        count(word);
        count(part[word.len()..].trim());
    }
    counts
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
