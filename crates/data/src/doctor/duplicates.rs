//! Rows that say the same: equal and nearly equal rows on one side of the split, and rows on both sides. What “nearly”
//! means is left to `near`.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::finding::{Finding, Kind, RepairKind, Severity, count, verb};
use super::near::Near;
use super::parts;
use super::{DoctorError, Seen, Side};
use crate::Example;

/// What of the rows is remembered.
pub(super) struct Duplicates {
    /// The place of the first row with each content. Of a million rows two that differ have the same number once in
    /// 37 million datasets.
    known: HashMap<u64, u32>,
    /// For each row, the place of the first row equal to it.
    twins: Vec<u32>,
    near: Near,
}

impl Duplicates {
    pub(super) fn new(scratch: &Path) -> io::Result<Self> {
        Ok(Self { known: HashMap::new(), twins: Vec::new(), near: Near::new(scratch)? })
    }

    /// Looks at the next row and at the words of it.
    pub(super) fn look(&mut self, example: &Example, asked: &[u64], answered: &[u64]) -> io::Result<()> {
        let index = self.twins.len() as u32;
        let first = *self.known.entry(content(example)?).or_insert(index);
        self.twins.push(first);
        if first == index { self.near.look(index, asked, answered, salt(example)) } else { Ok(()) }
    }

    pub(super) fn findings(
        self,
        seen: &Seen,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Vec<Finding>, DoctorError> {
        let leaders = self.near.leaders(self.twins.len(), progress)?;
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (index, twin) in (0..).zip(&self.twins) {
            groups.entry(leaders[*twin as usize]).or_default().push(index);
        }
        groups.retain(|_, group| group.len() > 1);
        let (mut exact, mut near, mut leaks) = (Vec::new(), Vec::new(), Vec::new());
        for group in groups.values() {
            let sides = [Side::Training, Side::Validation].map(|side| on_side(group, side, seen));
            if sides.iter().all(|side| !side.is_empty()) {
                leaks.push(group.clone());
            }
            for side in sides {
                let mut equal: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                side.iter().for_each(|index| equal.entry(self.twins[*index as usize]).or_default().push(*index));
                near.push(equal.values().map(|rows| rows[0]).collect::<Vec<u32>>());
                exact.extend(equal.into_values());
            }
        }
        let duplicates = [duplicates(Kind::ExactDuplicates, exact, seen), duplicates(Kind::NearDuplicates, near, seen)];
        Ok(duplicates.into_iter().flatten().chain(leakage(leaks, seen)).collect())
    }
}

fn on_side(group: &[u32], side: Side, seen: &Seen) -> Vec<u32> {
    group.iter().copied().filter(|index| seen.side(*index) == side).collect()
}

fn duplicates(kind: Kind, mut groups: Vec<Vec<u32>>, seen: &Seen) -> Option<Finding> {
    groups.retain(|group| group.len() > 1);
    let groups: Vec<Vec<u32>> = groups.iter().map(|group| seen.rows(group)).collect();
    let rows: Vec<u32> = groups.concat();
    let surplus = rows.len() - groups.len();
    if surplus == 0 {
        return None;
    }
    let what = match kind {
        Kind::ExactDuplicates => "the same as an earlier row",
        _ => "nearly the same as an earlier row",
    };
    let sentence = format!(
        "{} {} {what}, and what is repeated is learned more strongly than the rest",
        count(surplus, "row"),
        verb(surplus, "is", "are")
    );
    let advice = "Keep the first of each group and remove the others, unless the repetition is meant";
    let finding = Finding::new(kind, Severity::Warning, rows, sentence, advice);
    Some(finding.grouped(groups).mended_by(RepairKind::RemoveDuplicates))
}

fn leakage(groups: Vec<Vec<u32>>, seen: &Seen) -> Option<Finding> {
    let held_out: usize = groups.iter().map(|group| on_side(group, Side::Validation, seen).len()).sum();
    if held_out == 0 {
        return None;
    }
    let learned = seen.rows(&on_side(&groups.concat(), Side::Training, seen));
    let sentence = format!(
        "{} {} also among the rows to learn from, the same or nearly so: the validation loss would look better than the model is",
        count(held_out, "validation row"),
        verb(held_out, "is", "are"),
    );
    let advice = "Remove the rows to learn from that are held out too, or split the rows again";
    let finding = Finding::new(Kind::Leakage, Severity::Warning, learned, sentence, advice);
    let groups = groups.iter().map(|group| seen.rows(group)).collect();
    Some(finding.grouped(groups).mended_by(RepairKind::RemoveRows))
}

/// A number for all that a row says.
fn content(example: &Example) -> io::Result<u64> {
    let mut hash = Hashing(DefaultHasher::new());
    serde_json::to_writer(&mut hash, example)?;
    Ok(hash.0.finish())
}

/// Rows that are told another thing first, or that call other tools, are not alike however much they share.
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
