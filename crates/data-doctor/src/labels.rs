//! Imbalanced labels. Answers are labels if there are few different ones, each of a few words; rare ones are hardly learned.

use std::collections::BTreeMap;

use crate::finding::{Finding, FindingKind, Severity};
use crate::personal;
use crate::seen_rows::SeenRows;
use tunesmith_sentence::say;

/// Answers of at most so many words and characters, of which there are at most so many different ones, in at least so
/// many rows, each label in so many rows on average.
const WORDS: usize = 5;
const CHARACTERS: usize = 60;
const LABELS: usize = 50;
const ROWS: usize = 50;
const ROWS_PER_LABEL: usize = 5;
/// The most frequent label is so many times as frequent as the rarest.
const RATIO: usize = 10;

/// The rows of each label; `None` once an answer is no label.
pub(crate) struct Labels(Option<BTreeMap<String, Vec<u32>>>);

impl Default for Labels {
    fn default() -> Self {
        Self(Some(BTreeMap::new()))
    }
}

impl Labels {
    /// Looks at an answer of `words` words of the row at `index`.
    pub(crate) fn look(&mut self, index: u32, answer: &str, words: usize) {
        let Some(labels) = &mut self.0 else { return };
        let label = answer.trim();
        if label.is_empty() {
            return;
        }
        if words > WORDS {
            self.0 = None;
            return;
        }
        if let Some(rows) = labels.get_mut(label) {
            rows.push(index);
        } else if labels.len() < LABELS {
            labels.insert(label.to_owned(), vec![index]);
        } else {
            self.0 = None;
        }
    }

    pub(crate) fn findings(self, seen: &SeenRows) -> Option<Finding> {
        let labels = self.0?;
        let answers: usize = labels.values().map(Vec::len).sum();
        if labels.len() < 2 || answers < ROWS.max(labels.len() * ROWS_PER_LABEL) {
            return None;
        }
        let (often, most) = labels.iter().max_by_key(|(_, rows)| rows.len())?;
        let (seldom, least) = labels.iter().min_by_key(|(_, rows)| rows.len())?;
        if most.len() < least.len() * RATIO {
            return None;
        }
        let rare = labels.values().filter(|rows| rows.len() * RATIO <= most.len());
        let rare: Vec<u32> = rare.flatten().copied().collect();
        let sentence = say!(
            "doctor-imbalanced-labels",
            "The {labels} labels are unevenly spread: “{often}” {most} times, “{seldom}” {least}. The model may always give the frequent one",
            often = shown(often),
            seldom = shown(seldom),
            most = most.len(),
            least = least.len(),
            labels = labels.len()
        );
        let advice = say!(
            "doctor-imbalanced-labels-advice",
            "Add rows of the rare labels, or leave out some of the frequent one"
        );
        Some(Finding::new(FindingKind::ImbalancedLabels, Severity::Warning, seen.numbers(&rare), sentence, advice))
    }
}

/// A label for a sentence: masked and not too long.
fn shown(label: &str) -> String {
    let label = personal::mask_all(label).unwrap_or_else(|| label.to_owned());
    label.chars().take(CHARACTERS).collect()
}
