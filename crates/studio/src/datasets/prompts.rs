//! The system prompt that most rows of a dataset share. The list of a version has a mark of each row's prompt, so that it
//! is found without reading the rows again.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tunesmith_data::Example;
use tunesmith_protocol::WireError;

use super::store::{Entry, RowReader};

/// Bits of a mark, as many as the list of a version has room for.
pub(super) const MARK_BITS: u32 = 30;

/// The system prompt of a row; none where it has none.
fn prompt(example: &Example) -> Option<&str> {
    let Example::Chat { messages, .. } = example else { return None };
    messages.first().filter(|first| first.role == "system").map(|first| first.content.as_str())
}

/// The same for rows of the same prompt, and 0 for rows of none. Two prompts that most rows have between them share a mark
/// once in 2^30 times.
pub(super) fn mark(example: &Example) -> u32 {
    prompt(example).map_or(0, |prompt| {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(prompt).into();
        (u32::from_le_bytes([a, b, c, d]) >> (u32::BITS - MARK_BITS)).max(1)
    })
}

/// The prompt of more than half of the rows to learn from.
pub(super) fn shared(entries: &[Entry], reader: &mut RowReader) -> Result<Option<String>, WireError> {
    let learned = || entries.iter().filter(|entry| !entry.held_out);
    let mut marks = Vec::new();
    for entry in learned() {
        marks.push(match entry.prompt {
            Some(mark) => mark,
            None => mark(&reader.row(entry)?.example),
        });
    }
    let Some(place) = majority(&marks) else { return Ok(None) };
    let Some(entry) = learned().nth(place) else { return Ok(None) };
    Ok(prompt(&reader.row(entry)?.example).map(str::to_owned))
}

/// The same of rows in memory.
pub(crate) fn shared_by(examples: &[Example]) -> Option<String> {
    let marks: Vec<u32> = examples.iter().map(mark).collect();
    majority(&marks).and_then(|place| prompt(&examples[place])).map(str::to_owned)
}

/// The place of the first row whose mark more than half have; none where that mark says that there is no prompt.
fn majority(marks: &[u32]) -> Option<usize> {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    marks.iter().for_each(|mark| *counts.entry(*mark).or_default() += 1);
    let (most, _) = counts.into_iter().find(|(mark, count)| *mark != 0 && count * 2 > marks.len())?;
    marks.iter().position(|mark| *mark == most)
}
