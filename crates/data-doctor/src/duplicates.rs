//! Duplicates: equal and nearly equal rows within the training or the validation rows, and leakage between the two. When
//! two rows are nearly equal is decided in `near`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use hashbrown::HashTable;

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::near::Near;
use crate::parts;
use tunesmith_protocol::Split;

use crate::error::DoctorError;
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;
use tunesmith_sentence::say;

/// What is remembered of the rows.
pub(crate) struct Duplicates {
    /// A hash of the content of each row. Two different rows in a million have the same hash once in 37 million datasets.
    contents: Vec<u64>,
    /// The index of the first row with each content, found by its hash.
    known: HashTable<u32>,
    /// For each row, the index of the first row equal to it.
    first_equal: Vec<u32>,
    near: Near,
}

impl Duplicates {
    pub(crate) fn new(scratch: &Path) -> io::Result<Self> {
        Ok(Self { contents: Vec::new(), known: HashTable::new(), first_equal: Vec::new(), near: Near::new(scratch)? })
    }

    /// Looks at the next row and its words.
    pub(crate) fn look(&mut self, example: &Example, asked: &[u64], answered: &[u64]) -> io::Result<()> {
        let index = self.first_equal.len() as u32;
        let content = content(example)?;
        self.contents.push(content);
        let contents = &self.contents;
        let of = |place: &u32| contents[*place as usize];
        let first = *self.known.entry(content, |place| of(place) == content, of).or_insert(index).get();
        self.first_equal.push(first);
        if first == index { self.near.look(index, asked, answered, salt(example)) } else { Ok(()) }
    }

    pub(crate) fn findings(
        self,
        seen: &SeenRows,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Vec<Finding>, DoctorError> {
        // Frees memory for the comparison of nearly equal rows.
        drop((self.contents, self.known));
        let leaders = self.near.leaders(self.first_equal.len(), progress)?;
        let (mut exact, mut near, mut leaks) = (Vec::new(), Vec::new(), Vec::new());
        for group in groups(&self.first_equal, &leaders).chunk_by(|one, other| one.0 == other.0) {
            let group: Vec<u32> = group.iter().map(|(_, index)| *index).collect();
            let by_split = [Split::Training, Split::Validation].map(|split| in_split(&group, split, seen));
            let is_in_both = by_split.iter().all(|rows| !rows.is_empty());
            for rows in by_split {
                let mut equal: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                rows.iter().for_each(|index| equal.entry(self.first_equal[*index as usize]).or_default().push(*index));
                let differing: Vec<u32> = equal.values().map(|rows| rows[0]).collect();
                near.extend(Some(differing).filter(|rows| rows.len() > 1));
                exact.extend(equal.into_values().filter(|rows| rows.len() > 1));
            }
            if is_in_both {
                leaks.push(group);
            }
        }
        let duplicates = [
            duplicates(FindingKind::ExactDuplicates, exact, seen),
            duplicates(FindingKind::NearDuplicates, near, seen),
        ];
        Ok(duplicates.into_iter().flatten().chain(leakage(leaks, seen)).collect())
    }
}

/// The rows that are equal or nearly equal to another, each with the index of the first row of its group.
fn groups(first_equal: &[u32], leaders: &[u32]) -> Vec<(u32, u32)> {
    let leader = |index: u32| leaders[first_equal[index as usize] as usize];
    let all = || 0..first_equal.len() as u32;
    let mut leads = vec![false; first_equal.len()];
    all().filter(|index| leader(*index) != *index).for_each(|index| leads[leader(index) as usize] = true);
    let mut groups: Vec<(u32, u32)> =
        all().map(|index| (leader(index), index)).filter(|(leader, _)| leads[*leader as usize]).collect();
    groups.sort_unstable();
    groups
}

fn in_split(group: &[u32], split: Split, seen: &SeenRows) -> Vec<u32> {
    group.iter().copied().filter(|index| seen.split(*index) == split).collect()
}

fn duplicates(kind: FindingKind, groups: Vec<Vec<u32>>, seen: &SeenRows) -> Option<Finding> {
    let groups: Vec<Vec<u32>> = groups.into_iter().map(|group| seen.numbers(&group)).collect();
    let rows: Vec<u32> = groups.concat();
    let surplus = rows.len() - groups.len();
    if surplus == 0 {
        return None;
    }
    let sentence = match kind {
        FindingKind::ExactDuplicates => say!(
            "doctor-exact-duplicates", rows;
            "1 row is the same as an earlier row, and what is repeated is learned more strongly than the rest",
            "{rows} rows are the same as an earlier row, and what is repeated is learned more strongly than the rest",
            rows = surplus
        ),
        _ => say!(
            "doctor-near-duplicates", rows;
            "1 row is nearly the same as an earlier row, and what is repeated is learned more strongly than the rest",
            "{rows} rows are nearly the same as an earlier row, and what is repeated is learned more strongly than the rest",
            rows = surplus
        ),
    };
    let advice = say!(
        "doctor-duplicates-advice",
        "Keep the first of each group and remove the others, unless the repetition is meant"
    );
    let finding = Finding::new(kind, Severity::Warning, rows, sentence, advice);
    Some(finding.grouped(groups).with_repair(RepairKind::RemoveDuplicates))
}

fn leakage(groups: Vec<Vec<u32>>, seen: &SeenRows) -> Option<Finding> {
    let held_out: usize = groups.iter().map(|group| in_split(group, Split::Validation, seen).len()).sum();
    if held_out == 0 {
        return None;
    }
    let learned = seen.numbers(&in_split(&groups.concat(), Split::Training, seen));
    let sentence = say!(
        "doctor-leakage", rows;
        "1 validation row is also among the rows to learn from, the same or nearly so: the validation loss would look better than the model is",
        "{rows} validation rows are also among the rows to learn from, the same or nearly so: \
         the validation loss would look better than the model is",
        rows = held_out
    );
    let advice =
        say!("doctor-leakage-advice", "Remove the rows to learn from that are held out too, or split the rows again");
    let finding = Finding::new(FindingKind::Leakage, Severity::Warning, learned, sentence, advice);
    let groups = groups.iter().map(|group| seen.numbers(group)).collect();
    Some(finding.grouped(groups).with_repair(RepairKind::RemoveRows))
}

/// A hash of the content of a row.
fn content(example: &Example) -> io::Result<u64> {
    let mut hash = Hashing(DefaultHasher::new());
    serde_json::to_writer(&mut hash, example)?;
    Ok(hash.0.finish())
}

/// A hash of the system message and the tool calls: rows in which these differ are not alike, however much they share.
fn salt(example: &Example) -> u64 {
    let mut hash = DefaultHasher::new();
    parts::system(example).hash(&mut hash);
    for calls in parts::messages(example).iter().filter_map(|message| message.tool_calls.as_ref()) {
        calls.to_string().hash(&mut hash);
    }
    hash.finish()
}

struct Hashing(DefaultHasher);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
