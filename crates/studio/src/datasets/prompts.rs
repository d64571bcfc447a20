//! The system prompt that most rows of a dataset share. The list of a version has a mark of each row's prompt, so that it
//! is found without reading the rows again.

use sha2::{Digest, Sha256};
use tunesmith_data::Example;
use tunesmith_protocol::WireError;

use super::store::{RowReader, RowRef};

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

/// The prompt of more than half of the rows to learn from. The list is read twice.
pub(super) fn shared<L>(
    list: impl Fn() -> Result<L, WireError>,
    reader: &mut RowReader,
) -> Result<Option<String>, WireError>
where
    L: Iterator<Item = Result<RowRef, WireError>>,
{
    let mut marks = |each: &mut dyn FnMut(u32, RowRef)| -> Result<(), WireError> {
        for entry in list()? {
            let entry = entry?;
            match entry.prompt {
                _ if entry.held_out => {}
                Some(mark) => each(mark, entry),
                None => each(mark(&reader.row(&entry)?.example), entry),
            }
        }
        Ok(())
    };
    let mut most = Majority::default();
    marks(&mut |mark, entry| most.vote(mark, entry))?;
    marks(&mut |mark, _| most.count(mark))?;
    match most.elected() {
        Some(entry) => Ok(prompt(&reader.row(&entry)?.example).map(str::to_owned)),
        None => Ok(None),
    }
}

/// The same of rows in memory.
pub(crate) fn shared_by(examples: &[Example]) -> Option<String> {
    let mut most = Majority::default();
    examples.iter().for_each(|example| most.vote(mark(example), example));
    examples.iter().for_each(|example| most.count(mark(example)));
    most.elected().and_then(prompt).map(str::to_owned)
}

/// The mark that more than half of the rows have, found by looking at them twice, however many marks there are (Boyer and
/// Moore 1981, <https://www.cs.utexas.edu/~moore/best-ideas/mjrty/>).
struct Majority<T> {
    /// The only mark that more than half can have, and a row that has it.
    candidate: Option<(u32, T)>,
    /// By how many rows it is ahead.
    lead: u64,
    rows: u64,
    counted: u64,
}

impl<T> Default for Majority<T> {
    fn default() -> Self {
        Self { candidate: None, lead: 0, rows: 0, counted: 0 }
    }
}

impl<T> Majority<T> {
    /// Looks at a row for the first time.
    fn vote(&mut self, mark: u32, row: T) {
        self.rows += 1;
        match self.candidate {
            Some((known, _)) if known == mark => self.lead += 1,
            Some(_) if self.lead > 0 => self.lead -= 1,
            _ => (self.candidate, self.lead) = (Some((mark, row)), 1),
        }
    }

    /// Looks at it again, when all have voted.
    fn count(&mut self, mark: u32) {
        self.counted += u64::from(self.candidate.as_ref().is_some_and(|(known, _)| *known == mark));
    }

    /// A row with that mark; none where no mark has more than half, or that one says that there is no prompt.
    fn elected(self) -> Option<T> {
        let (mark, row) = self.candidate?;
        (mark != 0 && self.counted * 2 > self.rows).then_some(row)
    }
}
