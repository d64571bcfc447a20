//! One check-up: every row is handed to every check, and each check tells its findings at the end.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value};
use tunesmith_data::{Example, word_hashes};
use tunesmith_protocol::Split;

use crate::answers::Answers;
use crate::columns::UnusedColumns;
use crate::conflicts::Conflicts;
use crate::duplicates::Duplicates;
use crate::error::DoctorError;
use crate::labels::Labels;
use crate::language::Languages;
use crate::parts;
use crate::personal::Personal;
use crate::report::Report;
use crate::seen_rows::SeenRows;
use crate::statistics::{Histogram, Statistics};
use crate::system::SystemPrompts;
use crate::taught::Taught;
use crate::texts::Texts;
use crate::turns::Turns;

/// A check-up under way. It keeps little of each row in memory; sketches of the rows lie in a scratch folder until the
/// check-up is finished or dropped.
pub struct Doctor {
    seen: SeenRows,
    duplicates: Duplicates,
    conflicts: Conflicts,
    columns: UnusedColumns,
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
    ///
    /// # Errors
    ///
    /// When these files cannot be created.
    pub fn new(scratch: &Path) -> io::Result<Self> {
        Ok(Self {
            seen: SeenRows::default(),
            duplicates: Duplicates::new(scratch)?,
            conflicts: Conflicts::default(),
            columns: UnusedColumns::default(),
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

    /// Looks at row number `row` of the dataset, counted from 0, and at its columns that are not used. Of equal rows the first
    /// one seen is the one to keep.
    ///
    /// # Errors
    ///
    /// When the scratch files cannot be written.
    pub fn look(&mut self, row: u32, split: Split, example: &Example, extra: &Map<String, Value>) -> io::Result<()> {
        let index = self.seen.len() as u32;
        self.seen.push(row, split);
        let messages = parts::messages(example);
        if !messages.is_empty() {
            self.messages_per_row.add(messages.len());
        }
        let asked: Vec<u64> = parts::asked(example).flat_map(word_hashes).collect();
        let answered = self.look_at_answers(index, example, &asked);
        // Rows with the same answer and another way to it are not the same.
        let mut reasoned: Vec<u64> = parts::reasoning(example).flat_map(word_hashes).collect();
        reasoned.extend(&answered);
        self.duplicates.look(example, &asked, &reasoned)?;
        self.conflicts.look(index, example, &answered);
        self.columns.look(index, extra);
        self.system.look(index, example);
        self.taught.look(index, example);
        self.turns.look(index, example);
        self.texts.look(index, example);
        self.personal.look(index, example);
        Ok(())
    }

    /// Looks at what is learned of a row, and returns the hashes of its words.
    fn look_at_answers(&mut self, index: u32, example: &Example, asked: &[u64]) -> Vec<u64> {
        let mut all = Vec::new();
        for answer in parts::answers(example) {
            let words = word_hashes(answer.text);
            self.answers.look(index, answer, words.len());
            self.labels.look(index, answer.text, words.len());
            self.look_at_length(answer.text, words.len());
            self.languages.look(index, answer.text, &words, asked);
            all.extend(words);
        }
        if let Some(text) = parts::plain(example) {
            all = word_hashes(text);
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

    /// Tells what was found. `progress(done, total)` is called while the search for nearly equal rows goes on, and cancels
    /// it by returning `Break`.
    ///
    /// # Errors
    ///
    /// [`DoctorError::Cancelled`] when `progress` breaks, [`DoctorError::Io`] when the scratch files cannot be used.
    pub fn finish(self, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<Report, DoctorError> {
        let seen = &self.seen;
        let mut findings = self.duplicates.findings(seen, progress)?;
        findings.extend(self.conflicts.findings(&self.columns, seen));
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
        Ok(Report { findings, statistics, rows: seen.len() as u64 })
    }
}
