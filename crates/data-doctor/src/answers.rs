//! Answers that are empty, of a single word, cut off in the middle, or that begin with a blank. Of single words and open
//! ends, all answers are compared.

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::parts::{self, Answer};
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;
use tunesmith_sentence::{Sentence, say};

/// Fewer answers than this are too few to compare with.
const ENOUGH: usize = 20;
/// Nearly all.
const NEARLY_ALL: f64 = 0.95;
/// An answer of fewer words may not be a sentence.
const SENTENCE: usize = 5;

/// Words that no sentence ends with, in lower case.
const UNFINISHED: [&str; 16] =
    ["the", "an", "and", "your", "their", "because", "und", "oder", "les", "et", "el", "los", "y", "gli", "het", "os"];

/// What the answers look like.
#[derive(Default)]
pub(crate) struct Answers {
    empty: Vec<u32>,
    one_word: Vec<u32>,
    cut: Vec<u32>,
    blank_start: Vec<u32>,
    /// Rows whose answer ends without closing punctuation.
    open: Vec<u32>,
    answers: usize,
    single: usize,
    sentences: usize,
    closed: usize,
}

impl Answers {
    /// Looks at an answer of `words` words of the row at `index`.
    pub(crate) fn look(&mut self, index: u32, answer: Answer, words: usize) {
        let text = answer.text.trim();
        if text.is_empty() {
            if !answer.calls {
                self.empty.push(index);
            }
            return;
        }
        self.answers += 1;
        if answer.text.starts_with(char::is_whitespace) {
            self.blank_start.push(index);
        }
        if words == 1 {
            self.single += 1;
            self.one_word.push(index);
        }
        if is_cut(text) {
            self.cut.push(index);
        }
        if words < SENTENCE || needs_no_punctuation(text) {
            return;
        }
        self.sentences += 1;
        if is_closed(text) {
            self.closed += 1;
        } else {
            self.open.push(index);
        }
    }

    pub(crate) fn findings(mut self, seen: &SeenRows) -> Vec<Finding> {
        if self.sentences < ENOUGH || (self.closed as f64) < self.sentences as f64 * NEARLY_ALL {
            self.open.clear();
        }
        if self.answers < ENOUGH || self.single as f64 > self.answers as f64 * (1.0 - NEARLY_ALL) {
            self.one_word.clear();
        }
        self.cut.append(&mut self.open);
        let found = [
            (FindingKind::EmptyAnswer, self.empty),
            (FindingKind::TruncatedAnswer, self.cut),
            (FindingKind::OneWordAnswer, self.one_word),
            (FindingKind::BlankStart, self.blank_start),
        ];
        found
            .into_iter()
            .filter(|(_, places)| !places.is_empty())
            .map(|(kind, places)| finding(kind, seen.numbers(&places)))
            .collect()
    }
}

fn finding(kind: FindingKind, mut rows: Vec<u32>) -> Finding {
    rows.sort_unstable();
    rows.dedup();
    let severity = match kind {
        FindingKind::EmptyAnswer => Severity::Error,
        FindingKind::TruncatedAnswer | FindingKind::BlankStart => Severity::Warning,
        _ => Severity::Note,
    };
    let (sentence, advice) = said(kind, rows.len());
    let finding = Finding::new(kind, severity, rows, sentence, advice);
    match kind {
        FindingKind::OneWordAnswer => finding,
        FindingKind::BlankStart => finding.with_repair(RepairKind::TrimAnswerStart),
        _ => finding.with_repair(RepairKind::RemoveRows),
    }
}

/// What was found in so many rows, and what to do.
fn said(kind: FindingKind, rows: usize) -> (Sentence, Sentence) {
    match kind {
        FindingKind::EmptyAnswer => (
            say!(
                "doctor-empty-answer", rows;
                "1 row has an empty answer: the model would learn to say nothing",
                "{rows} rows have an empty answer: the model would learn to say nothing",
                rows
            ),
            say!("doctor-empty-answer-advice", "Remove these rows, or write the answers"),
        ),
        FindingKind::TruncatedAnswer => (
            say!(
                "doctor-cut-answer", rows;
                "1 row has an answer that seems to stop in the middle: the model would learn to stop there too",
                "{rows} rows have an answer that seems to stop in the middle: the model would learn to stop there too",
                rows
            ),
            say!("doctor-cut-answer-advice", "Look at how these answers end, and complete or remove them"),
        ),
        FindingKind::BlankStart => (
            say!(
                "doctor-blank-start", rows;
                "1 row has an answer that begins with a line break or a blank: as one token with the line break that many templates write before it, it never comes up in a chat",
                "{rows} rows have an answer that begins with a line break or a blank: as one token with the line break that many templates write before it, it never comes up in a chat",
                rows
            ),
            say!("doctor-blank-start-advice", "Let these answers begin with their first word"),
        ),
        _ => (
            say!(
                "doctor-one-word-answer", rows;
                "1 row has an answer of one word, while the others say more",
                "{rows} rows have an answer of one word, while the others say more",
                rows
            ),
            say!("doctor-one-word-answer-advice", "Look whether these answers are meant to be so short"),
        ),
    }
}

/// The example with answers that begin with their first word.
pub(crate) fn trim_starts(example: &Example) -> Option<Example> {
    parts::map_answers(example, &|text| {
        let trimmed = text.trim_start();
        (trimmed.len() < text.len() && !trimmed.is_empty()).then(|| trimmed.to_owned())
    })
}

/// Whether a text is certainly cut off: within a block of code, a word, a character or a clause.
fn is_cut(text: &str) -> bool {
    let fences = text.lines().filter(|line| line.trim_start().starts_with("```")).count();
    if fences % 2 == 1 {
        return true;
    }
    if fences > 0 || needs_no_punctuation(text) {
        return false;
    }
    let mut back = text.chars().rev();
    match (back.next(), back.next()) {
        (Some('\u{fffd}'), _) => true,
        // “pre-”, but not a dash or “C--”.
        (Some('-'), Some(before)) => before.is_lowercase() && text.contains(' '),
        (Some(','), Some(before)) => before.is_alphanumeric() && text.contains(' '),
        _ => text.rsplit_once(' ').is_some_and(|(before, last)| before.contains(' ') && UNFINISHED.contains(&last)),
    }
}

/// Whether a text ends with a list, a table, code, a formula or an address, which need no closing punctuation.
fn needs_no_punctuation(text: &str) -> bool {
    let line = text.lines().next_back().unwrap_or_default();
    let start = line.trim_start();
    line.starts_with([' ', '\t'])
        || start.starts_with(['-', '*', '•', '|', '#', '>', '+', '$', '\\', '<', '{', '}'])
        || start.starts_with(|first: char| first.is_ascii_digit())
        || line.contains("://")
        || line.ends_with(';')
        || text.contains(['=', '{', '}', '`'])
}

/// Whether a text ends with punctuation that closes a sentence.
fn is_closed(text: &str) -> bool {
    !text.ends_with(|last: char| {
        last.is_alphanumeric() || matches!(last, ',' | '-' | '–' | '—' | '(' | '[' | '/' | '&' | '\u{fffd}')
    })
}
