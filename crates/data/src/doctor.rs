//! The data doctor: looks at every row once, and tells what is likely wrong with the dataset and how to mend it. Each
//! check is a file beside this one; removing and replacing rows is left to whoever owns the dataset.

mod answers;
mod common;
mod conflicts;
mod duplicates;
mod finding;
mod html;
mod invisible;
mod labels;
mod language;
mod mojibake;
mod near;
mod parts;
mod personal;
mod repair;
mod sketch;
mod spill;
mod statistics;
mod system;
mod taught;
mod texts;
mod turns;
mod words;

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use self::words::words;
use crate::Example;
use answers::Answers;
use conflicts::Conflicts;
use duplicates::Duplicates;
use labels::Labels;
use language::Languages;
use personal::Personal;
use statistics::Histogram;
use system::SystemPrompts;
use taught::Taught;
use texts::Texts;
use turns::Turns;

pub use finding::{Finding, Kind, RepairKind, Severity};
pub use repair::repair;
pub use statistics::{Spread, Statistics};

/// Which side of the split a row is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Learned from.
    Training,
    /// Held out.
    Validation,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The gravest first. The same rows give the same findings.
    pub findings: Vec<Finding>,
    /// How long things are.
    pub statistics: Statistics,
    /// Rows looked at.
    pub rows: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The user cancelled.
    #[error("The check-up was cancelled")]
    Cancelled,
    /// The scratch folder cannot be written or read.
    #[error("The check-up cannot use its scratch folder: {0}")]
    Io(#[from] io::Error),
}

/// One check-up: looks at each row once, and keeps little of it in memory. Sketches of the rows lie in a scratch folder
/// until the check-up is done or dropped.
pub struct Doctor {
    seen: Seen,
    duplicates: Duplicates,
    conflicts: Conflicts,
    answers: Answers,
    languages: Languages,
    labels: Labels,
    system: SystemPrompts,
    taught: Taught,
    turns: Turns,
    texts: Texts,
    personal: Personal,
    messages_per_row: Histogram,
    characters_per_answer: Histogram,
    words_per_answer: Histogram,
}

impl Doctor {
    /// Begins a check-up that keeps its files in a folder of its own in `scratch`.
    pub fn new(scratch: &Path) -> io::Result<Self> {
        Ok(Self {
            seen: Seen::default(),
            duplicates: Duplicates::new(scratch)?,
            conflicts: Conflicts::default(),
            answers: Answers::default(),
            languages: Languages::default(),
            labels: Labels::default(),
            system: SystemPrompts::default(),
            taught: Taught::default(),
            turns: Turns::default(),
            texts: Texts::default(),
            personal: Personal::default(),
            messages_per_row: Histogram::default(),
            characters_per_answer: Histogram::default(),
            words_per_answer: Histogram::default(),
        })
    }

    /// Looks at a row, which is the `row`th of its version, from 0. Of equal rows the first seen is the one to keep.
    pub fn look(&mut self, row: u32, side: Side, example: &Example) -> io::Result<()> {
        let index = self.seen.rows.len() as u32;
        self.seen.push(row, side);
        let messages = parts::messages(example);
        if !messages.is_empty() {
            self.messages_per_row.add(messages.len());
        }
        let asked: Vec<u64> = parts::asked(example).flat_map(words).collect();
        let answered = self.look_at_answers(index, example, &asked);
        self.duplicates.look(example, &asked, &answered)?;
        self.conflicts.look(index, example, &answered);
        self.system.look(index, example);
        self.taught.look(index, example);
        self.turns.look(index, example);
        self.texts.look(index, example);
        self.personal.look(index, example);
        Ok(())
    }

    /// Looks at what is learned, and gives its words.
    fn look_at_answers(&mut self, index: u32, example: &Example, asked: &[u64]) -> Vec<u64> {
        let mut all = Vec::new();
        for answer in parts::answers(example) {
            let words = words(answer.text);
            self.answers.look(index, answer, words.len());
            self.labels.look(index, answer.text, words.len());
            self.look_at_length(answer.text, words.len());
            self.languages.look(index, answer.text, &words, asked);
            all.extend(words);
        }
        if let Some(text) = parts::plain(example) {
            all = words(text);
            self.labels.look(index, text, usize::MAX);
            self.look_at_length(text, all.len());
            self.languages.look(index, text, &all, &[]);
        }
        all
    }

    fn look_at_length(&mut self, text: &str, words: usize) {
        self.characters_per_answer.add(text.chars().count());
        self.words_per_answer.add(words);
    }

    /// Tells what was found. `progress(done, total)` is called while nearly equal rows are looked for; its `Break`
    /// cancels.
    pub fn finish(self, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<Report, DoctorError> {
        let seen = &self.seen;
        let mut findings = self.duplicates.findings(seen, progress)?;
        findings.extend(self.conflicts.findings(seen));
        findings.extend(self.answers.findings(seen));
        findings.extend(self.languages.findings(seen));
        findings.extend(self.labels.findings(seen));
        findings.extend(self.system.findings(seen));
        findings.extend(self.turns.findings(seen));
        findings.extend(self.texts.findings(seen));
        findings.extend(self.personal.findings(seen));
        findings.extend(self.taught.findings(seen));
        findings.sort_by_key(|finding| (finding.severity, finding.kind));
        let statistics = Statistics {
            messages_per_row: self.messages_per_row.spread(),
            characters_per_answer: self.characters_per_answer.spread(),
            words_per_answer: self.words_per_answer.spread(),
        };
        Ok(Report { findings, statistics, rows: seen.rows.len() as u64 })
    }
}

/// Which row is which, by its place among those seen.
#[derive(Default)]
struct Seen {
    rows: Vec<u32>,
    sides: Vec<Side>,
}

impl Seen {
    fn push(&mut self, row: u32, side: Side) {
        self.rows.push(row);
        self.sides.push(side);
    }

    fn side(&self, index: u32) -> Side {
        self.sides[index as usize]
    }

    fn rows(&self, places: &[u32]) -> Vec<u32> {
        places.iter().map(|index| self.rows[*index as usize]).collect()
    }
}
