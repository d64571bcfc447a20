//! Columns that no run learns from although they decide the answer: where one prompt has several answers, such a column
//! says which of them is meant. Which prompts these are is found in `conflicts`.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use crate::finding::{Finding, FindingKind, Severity};
use crate::seen_rows::SeenRows;
use tunesmith_sentence::say;

/// Columns that are looked at; eight bytes of each are kept for every row.
const MOST_COLUMNS: usize = 16;
/// A column explains what differs if it does so in this share of the prompts with several answers,
const SHARE: f64 = 0.9;
/// and in at least so many rows.
const LEAST_ROWS: usize = 4;

/// The answers to one prompt: the hash of each with the index of its row.
pub(crate) type Answers = Vec<(u32, u32)>;

/// The columns that rows have and no run learns from.
#[derive(Default)]
pub(crate) struct UnusedColumns(Vec<Column>);

struct Column {
    name: String,
    /// The index of each row that has a value, and the hash of the value.
    values: Vec<(u32, u32)>,
    /// Of these, values of several words.
    worded: usize,
}

impl UnusedColumns {
    pub(crate) fn look(&mut self, index: u32, extra: &Map<String, Value>) {
        for (name, value) in extra.iter().filter(|(_, value)| !value.is_null()) {
            let known = self.0.iter().position(|column| column.name == *name);
            let column = match known {
                Some(known) => &mut self.0[known],
                None if self.0.len() < MOST_COLUMNS => {
                    self.0.push(Column { name: name.clone(), values: Vec::new(), worded: 0 });
                    let last = self.0.len() - 1;
                    &mut self.0[last]
                }
                None => continue,
            };
            let mut hash = DefaultHasher::new();
            match value {
                Value::String(text) => text.trim().hash(&mut hash),
                other => other.to_string().hash(&mut hash),
            }
            column.values.push((index, hash.finish() as u32));
            column.worded += usize::from(value.as_str().is_some_and(|text| text.trim().contains(char::is_whitespace)));
        }
    }

    /// The columns that tell the answers to these prompts apart.
    pub(crate) fn findings(&self, prompts: &[Answers], seen: &SeenRows) -> Vec<Finding> {
        self.0
            .iter()
            .filter(|column| !column.is_number_of_rows())
            .filter_map(|column| found(column, prompts, seen))
            .collect()
    }
}

impl Column {
    /// Whether nearly every row has another value of a single word: an id, a date, a score. That differs wherever rows do.
    fn is_number_of_rows(&self) -> bool {
        let different: HashSet<u32> = self.values.iter().map(|(_, value)| *value).collect();
        different.len() * 2 > self.values.len() && self.worded * 2 < self.values.len()
    }

    fn value(&self, index: u32) -> Option<u32> {
        let place = self.values.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        Some(self.values[place].1)
    }

    /// Whether the answers differ only where the column does.
    fn tells_apart(&self, answers: &Answers) -> bool {
        let mut pairs: Vec<(Option<u32>, u32)> =
            answers.iter().map(|(answer, index)| (self.value(*index), *answer)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.windows(2).all(|two| two[0].0 != two[1].0)
    }
}

fn found(column: &Column, prompts: &[Answers], seen: &SeenRows) -> Option<Finding> {
    let told: Vec<&Answers> = prompts.iter().filter(|answers| column.tells_apart(answers)).collect();
    let rows: usize = told.iter().map(|answers| answers.len()).sum();
    if rows < LEAST_ROWS || (told.len() as f64) < prompts.len() as f64 * SHARE {
        return None;
    }
    let groups: Vec<Vec<u32>> = told
        .iter()
        .map(|answers| seen.numbers(&answers.iter().map(|(_, index)| *index).collect::<Vec<u32>>()))
        .collect();
    let sentence = say!(
        "doctor-column-unused", prompts;
        "The column “{column}” is not used, but 1 prompt has another answer where it differs: from the prompt alone the model cannot know \
         which one is meant",
        "The column “{column}” is not used, but {prompts} prompts have another answer where it differs: from the prompt alone the model \
         cannot know which one is meant",
        prompts = told.len(),
        column = &column.name
    );
    let advice = say!(
        "doctor-column-unused-advice",
        "Import the rows again and choose “{column}” as a part of the row, such as the input",
        column = &column.name
    );
    let finding = Finding::new(FindingKind::UnusedColumn, Severity::Warning, groups.concat(), sentence, advice);
    Some(finding.grouped(groups))
}
