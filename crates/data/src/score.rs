//! Scores answers that are lists of names, such as the ingredients of a recipe.

use std::collections::BTreeSet;

/// Micro-F1 over the sets of lower-cased names, separated by commas or line breaks: each name counts once, whichever row it is in, so a
/// long list weighs more than a short one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListScore {
    /// Rows scored.
    pub rows: u64,
    /// Rows whose set of names is exactly the expected one.
    pub exact_rows: u64,
    /// Names that were both expected and answered.
    pub hits: u64,
    /// Names expected.
    pub expected: u64,
    /// Names answered.
    pub answered: u64,
}

impl ListScore {
    /// Adds one row.
    pub fn add(&mut self, expected: &str, answer: &str) {
        let (expected, answered) = (names(expected), names(answer));
        self.rows += 1;
        self.exact_rows += u64::from(expected == answered);
        self.hits += expected.intersection(&answered).count() as u64;
        self.expected += expected.len() as u64;
        self.answered += answered.len() as u64;
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

fn names(list: &str) -> BTreeSet<String> {
    list.split([',', '\n']).map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
