//! Scores answers to the held-out recipes: micro-F1 over the sets of lower-cased ingredient names, and the share of rows
//! that are exactly right.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// How well a model's answers match the expected ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    rows: usize,
    exact: usize,
    found: usize,
    wrong: usize,
    missed: usize,
}

/// The figures of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Rows scored.
    pub rows: usize,
    /// 2·found / (2·found + wrong + missed), over all rows together.
    pub micro_f1: f64,
    /// The share of the rows whose set of names is exactly the expected one.
    pub exact: f64,
}

impl Score {
    /// Counts one more row.
    pub fn add(&mut self, expected: &str, answer: &str) {
        let (expected, answer) = (names(expected), names(answer));
        let found = expected.intersection(&answer).count();
        self.rows += 1;
        self.exact += usize::from(expected == answer);
        self.found += found;
        self.wrong += answer.len() - found;
        self.missed += expected.len() - found;
    }

    /// The figures so far; all zero without rows.
    pub fn figures(&self) -> Figures {
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let micro_f1 = share(2 * self.found, 2 * self.found + self.wrong + self.missed);
        Figures { rows: self.rows, micro_f1, exact: share(self.exact, self.rows) }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "micro-F1 {:.3}, {:.0} % of {} rows exactly right", self.micro_f1, 100.0 * self.exact, self.rows)
    }
}

/// The set of names in an answer: what stands between commas or line breaks, lower-cased.
pub fn names(answer: &str) -> BTreeSet<String> {
    answer.split([',', '\n']).map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}
