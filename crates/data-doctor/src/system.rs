//! System messages: whether some conversations lack one, and how many different ones there are.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::finding::{Finding, FindingKind, Severity, count, verb};
use crate::parts;
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;

/// System messages shared by fewer conversations than this on average are parts of the question rather than instructions.
const SHARED_BY: usize = 5;
/// Counts that a sentence lists.
const LISTED: usize = 4;

/// The hash of the system message of each conversation with the index of its row, and the rows without one.
#[derive(Default)]
pub(crate) struct SystemPrompts {
    with: Vec<(u64, u32)>,
    without: Vec<u32>,
}

impl SystemPrompts {
    pub(crate) fn look(&mut self, index: u32, example: &Example) {
        if parts::messages(example).is_empty() {
            return;
        }
        match parts::system(example) {
            Some(text) => {
                let mut hash = DefaultHasher::new();
                text.trim().hash(&mut hash);
                self.with.push((hash.finish(), index));
            }
            None => self.without.push(index),
        }
    }

    pub(crate) fn findings(mut self, seen: &SeenRows) -> Vec<Finding> {
        self.with.sort_unstable();
        let mixed = mixed(&self.with, seen);
        missing(self.with.len(), &self.without, seen).into_iter().chain(mixed).collect()
    }
}

fn missing(with: usize, without: &[u32], seen: &SeenRows) -> Option<Finding> {
    let rows = seen.numbers(without);
    let all = with + rows.len();
    let (severity, sentence, advice) = match (with, rows.len()) {
        (_, 0) => return None,
        (0, number) => (
            Severity::Note,
            format!("{} {} no system message", count(number, "conversation"), verb(number, "has", "have")),
            "Fine if the model is to be used without one; else add the one it will be used with",
        ),
        (_, number) => (
            Severity::Warning,
            format!(
                "{number} of {all} conversations {} no system message while the others do: what is learned may depend on it",
                verb(number, "has", "have")
            ),
            "Give all conversations the system message that the model will be used with, or none",
        ),
    };
    Some(Finding::new(FindingKind::NoSystemMessage, severity, rows, sentence, advice))
}

fn mixed(with: &[(u64, u32)], seen: &SeenRows) -> Option<Finding> {
    let mut variants: Vec<&[(u64, u32)]> = with.chunk_by(|one, other| one.0 == other.0).collect();
    if variants.len() < 2 || with.len() < variants.len() * SHARED_BY {
        return None;
    }
    // Of equals the one that comes first in the dataset.
    variants.sort_by_key(|rows| (std::cmp::Reverse(rows.len()), rows[0].1));
    let counts: Vec<String> = variants.iter().take(LISTED).map(|rows| rows.len().to_string()).collect();
    let more = if variants.len() > LISTED { " and fewer" } else { "" };
    let rare: Vec<u32> = variants[1..].iter().flat_map(|rows| rows.iter().map(|row| row.1)).collect();
    let sentence = format!(
        "The conversations have {} different system messages, in {}{more} rows: the model learns a manner for each",
        variants.len(),
        counts.join(", ")
    );
    let advice = "Fine if each is meant; else give all conversations the same one";
    Some(Finding::new(FindingKind::MixedSystemPrompts, Severity::Note, seen.numbers(&rare), sentence, advice))
}
