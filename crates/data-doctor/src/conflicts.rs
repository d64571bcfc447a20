//! Prompts with several different answers. Where the answers are labels, at most one of them is right.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::columns::{Answers, UnusedColumns};
use crate::finding::{Finding, FindingKind, Severity};
use crate::parts::{self, Exchange};
use crate::seen_rows::SeenRows;
use tunesmith_data::{Example, Message};
use tunesmith_sentence::{Sentence, say};

/// Answers of at most this many words count as labels.
const LABEL_WORDS: usize = 5;

/// For each row the hash of its prompt, the hash of its answer, and its index. One bit of the answer's hash says whether the
/// answer is short; two different answers to a prompt share the other 31 bits once in two thousand million times.
#[derive(Default)]
pub(crate) struct Conflicts(Vec<(u64, u32, u32)>);

const SHORT: u32 = 1;

impl Conflicts {
    pub(crate) fn look(&mut self, index: u32, example: &Example, answered: &[u64]) {
        let (prompt, answer) = match parts::exchange(example) {
            Some(Exchange::Answered { before, answer }) => (hash_messages(before), hash_messages([answer])),
            Some(Exchange::Labelled { text, label }) => (hash_text(text.trim()), hash_text(label.trim())),
            None => return,
        };
        let short = if answered.len() <= LABEL_WORDS { SHORT } else { 0 };
        self.0.push((prompt, (answer as u32 & !SHORT) | short, index));
    }

    pub(crate) fn findings(mut self, columns: &UnusedColumns, seen: &SeenRows) -> Vec<Finding> {
        self.0.sort_unstable();
        let by_prompt = self.0.chunk_by(|one, other| one.0 == other.0);
        let differing = by_prompt.filter(|rows| rows.iter().any(|row| (row.1 ^ rows[0].1) & !SHORT != 0));
        let prompts: Vec<Answers> = differing.map(|rows| rows.iter().map(|row| (row.1, row.2)).collect()).collect();
        several(&prompts, seen).into_iter().chain(columns.findings(&prompts, seen)).collect()
    }
}

/// The prompts that have several answers.
fn several(prompts: &[Answers], seen: &SeenRows) -> Option<Finding> {
    let labels = prompts.iter().filter(|answers| answers.iter().all(|answer| answer.0 & SHORT != 0)).count();
    let numbers = |answers: &Answers| seen.numbers(&answers.iter().map(|answer| answer.1).collect::<Vec<u32>>());
    let groups: Vec<Vec<u32>> = prompts.iter().map(numbers).collect();
    let prompts = groups.len();
    if prompts == 0 {
        return None;
    }
    let rows: Vec<u32> = groups.concat();
    let (severity, (sentence, advice)) = match labels * 2 > prompts {
        true => (Severity::Warning, of_labels(prompts, rows.len())),
        false => (Severity::Note, of_texts(prompts, rows.len())),
    };
    Some(Finding::new(FindingKind::ConflictingAnswers, severity, rows, sentence, advice).grouped(groups))
}

/// What was found and what to do where most answers are labels. A prompt with several answers has several rows.
fn of_labels(prompts: usize, rows: usize) -> (Sentence, Sentence) {
    let sentence = say!(
        "doctor-conflicting-labels", prompts;
        "1 prompt has different answers in {rows} rows: the answers are short, so at most one of them is right",
        "{prompts} prompts have different answers in {rows} rows: the answers are short, so at most one of them is right",
        prompts, rows
    );
    (sentence, say!("doctor-conflicting-labels-advice", "Look at each group, and keep the answer that is right"))
}

/// The same where most answers are texts.
fn of_texts(prompts: usize, rows: usize) -> (Sentence, Sentence) {
    let sentence = say!(
        "doctor-several-answers", prompts;
        "1 prompt has different answers in {rows} rows: the model learns to give any of them",
        "{prompts} prompts have different answers in {rows} rows: the model learns to give any of them",
        prompts, rows
    );
    let advice =
        say!("doctor-several-answers-advice", "Fine if several answers are welcome; else keep the best of each group");
    (sentence, advice)
}

/// A hash of what messages say.
fn hash_messages<'a>(messages: impl IntoIterator<Item = &'a Message>) -> u64 {
    let mut hash = DefaultHasher::new();
    for message in messages {
        (message.role.as_str(), message.content.trim()).hash(&mut hash);
        message.tool_calls.as_ref().map(|calls| calls.to_string()).hash(&mut hash);
    }
    hash.finish()
}

fn hash_text(text: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    hash.finish()
}
