//! What a run does not learn of the rows it has, which held-out rows it has learned, and what a chat will lack, in sentences.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use tunesmith_data::Example;
use tunesmith_sentence::{Sentence, say};

/// All there is to say of these rows; `judged_bad` of them are answers of which nothing is learned.
pub(super) fn told(training: &[Example], validation: &[Example], judged_bad: u64) -> Vec<Sentence> {
    let all = (training.len() + validation.len()) as u64;
    let worse = worse_answers(training) + worse_answers(validation);
    let told = [
        bad_answers(judged_bad, all),
        one_of_two(worse),
        on_both_sides(training, validation),
        always_tools(training),
        only_texts(training),
        other_systems(training),
    ];
    told.into_iter().flatten().collect()
}

/// How many rows have a worse answer beside the better one.
fn worse_answers(rows: &[Example]) -> u64 {
    rows.iter().filter(|row| matches!(row, Example::Preference { .. })).count() as u64
}

/// Answers judged bad, from which nothing is learned.
pub(crate) fn bad_answers(rows: u64, all: u64) -> Option<Sentence> {
    (rows > 0).then(|| {
        say!(
            "run-rows-judged-bad", rows;
            "1 of {all} rows is an answer judged bad and is left out",
            "{rows} of {all} rows are answers judged bad and are left out",
            rows, all
        )
    })
}

fn one_of_two(rows: u64) -> Option<Sentence> {
    (rows > 0).then(|| {
        say!(
            "run-worse-answers", rows;
            "1 row has two answers: only the better one (chosen) is learned, the worse one (rejected) is not used",
            "{rows} rows have two answers: only the better one (chosen) is learned, the worse one (rejected) is not used",
            rows
        )
    })
}

/// Held-out rows that are learned too, word for word.
fn on_both_sides(training: &[Example], validation: &[Example]) -> Option<Sentence> {
    if validation.is_empty() {
        return None;
    }
    let learned: HashSet<u64> = training.iter().map(hash).collect();
    let rows = validation.iter().filter(|row| learned.contains(&hash(row))).count() as u64;
    (rows > 0).then(|| {
        say!(
            "run-rows-on-both-sides", rows;
            "1 of {all} held-out rows is also learned, so the validation loss says too little about new rows",
            "{rows} of {all} held-out rows are also learned, so the validation loss says too little about new rows",
            rows, all = validation.len()
        )
    })
}

/// Where every row offers tools, the model never learns to answer without them, and a chat offers none.
fn always_tools(training: &[Example]) -> Option<Sentence> {
    let offers = |row: &Example| match row {
        Example::Chat { tools, .. } | Example::Preference { tools, .. } => !tools.is_empty(),
        Example::Text { .. } | Example::Unpaired { .. } | Example::Classification { .. } => false,
    };
    (!training.is_empty() && training.iter().all(offers)).then(|| {
        say!(
            "run-tools-in-all-rows",
            "All rows offer tools, and the chat offers none: there the model may answer otherwise than it has learned"
        )
    })
}

/// Texts are learned as they stand, and a chat asks in the form of the chat template.
fn only_texts(training: &[Example]) -> Option<Sentence> {
    let is_text = |row: &Example| matches!(row, Example::Text { .. });
    (!training.is_empty() && training.iter().all(is_text)).then(|| {
        say!(
            "run-only-texts",
            "All rows are plain texts, and a chat asks in the form of the chat template, which no row has: there the model may \
             answer otherwise than it has learned"
        )
    })
}

/// A chat begins with the system message that most rows share.
fn other_systems(training: &[Example]) -> Option<Sentence> {
    let system = |row: &'_ Example| match row {
        Example::Chat { messages, .. } => {
            messages.first().filter(|first| first.role == "system").map(|first| first.content.clone())
        }
        _ => None,
    };
    let mut rows_of: HashMap<u64, usize> = HashMap::new();
    for text in training.iter().filter_map(system) {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        *rows_of.entry(hasher.finish()).or_default() += 1;
    }
    let (with, most) = (rows_of.values().sum::<usize>(), rows_of.values().max().copied().unwrap_or(0));
    (2 * with > training.len() && 2 * most <= training.len()).then(|| {
        say!(
            "run-systems-differ",
            "Most rows have a system message, but not the same one, so a chat sends none: write the one that fits into the \
             chat's system prompt"
        )
    })
}

fn hash(row: &Example) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Examples have string keys and finite numbers only, so this does not fail.
    serde_json::to_vec(row).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}
