//! System messages: whether some conversations lack one, and how many different ones there are.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::finding::{Finding, FindingKind, Severity};
use crate::parts;
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;
use tunesmith_sentence::{Sentence, say};

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
    let (severity, (sentence, advice)) = match (with, rows.len()) {
        (_, 0) => return None,
        (0, rows) => (Severity::Note, nowhere(rows)),
        (with, rows) => (Severity::Warning, not_everywhere(rows, with + rows)),
    };
    Some(Finding::new(FindingKind::NoSystemMessage, severity, rows, sentence, advice))
}

/// What was found and what to do where no conversation has a system message.
fn nowhere(rows: usize) -> (Sentence, Sentence) {
    let sentence = say!(
        "doctor-no-system", rows;
        "1 conversation has no system message",
        "{rows} conversations have no system message",
        rows
    );
    let advice = say!(
        "doctor-no-system-advice",
        "Fine if the model is to be used without one; else add the one it will be used with"
    );
    (sentence, advice)
}

/// The same where some of all conversations have one.
fn not_everywhere(rows: usize, all: usize) -> (Sentence, Sentence) {
    let sentence = say!(
        "doctor-system-missing", rows;
        "1 of {all} conversations has no system message while the others do: what is learned may depend on it",
        "{rows} of {all} conversations have no system message while the others do: what is learned may depend on it",
        rows, all
    );
    let advice = say!(
        "doctor-system-missing-advice",
        "Give all conversations the system message that the model will be used with, or none"
    );
    (sentence, advice)
}

fn mixed(with: &[(u64, u32)], seen: &SeenRows) -> Option<Finding> {
    let mut variants: Vec<&[(u64, u32)]> = with.chunk_by(|one, other| one.0 == other.0).collect();
    if variants.len() < 2 || with.len() < variants.len() * SHARED_BY {
        return None;
    }
    // Of equals the one that comes first in the dataset.
    variants.sort_by_key(|rows| (std::cmp::Reverse(rows.len()), rows[0].1));
    let rows: Vec<String> = variants.iter().take(LISTED).map(|rows| rows.len().to_string()).collect();
    let (number, rows) = (variants.len(), rows.join(", "));
    let sentence = match number > LISTED {
        true => say!(
            "doctor-many-systems",
            "The conversations have {number} different system messages, in {rows} and fewer rows: the model learns a manner for each",
            number,
            rows
        ),
        false => say!(
            "doctor-mixed-systems",
            "The conversations have {number} different system messages, in {rows} rows: the model learns a manner for each",
            number,
            rows
        ),
    };
    let advice = say!("doctor-mixed-systems-advice", "Fine if each is meant; else give all conversations the same one");
    let rare: Vec<u32> = variants[1..].iter().flat_map(|rows| rows.iter().map(|row| row.1)).collect();
    Some(Finding::new(FindingKind::MixedSystemPrompts, Severity::Note, seen.numbers(&rare), sentence, advice))
}
