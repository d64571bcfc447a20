//! The system prompt that most rows of a dataset share.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use tunesmith_data::Example;

/// Finds the system prompt that most rows share without keeping them all: the vote of Boyer and Moore (1981) finds the
/// only one that can have a majority, the counts say whether it has.
#[derive(Default)]
pub(crate) struct SystemPrompts {
    counts: HashMap<u64, u32>,
    leader: String,
    lead: usize,
}

impl SystemPrompts {
    pub fn see(&mut self, example: &Example) {
        let Example::Chat { messages, .. } = example else { return };
        let Some(first) = messages.first().filter(|first| first.role == "system") else { return };
        *self.counts.entry(short_hash(&first.content)).or_default() += 1;
        match self.lead {
            0 => (self.leader, self.lead) = (first.content.clone(), 1),
            _ if self.leader == first.content => self.lead += 1,
            _ => self.lead -= 1,
        }
    }

    /// The prompt of more than half of so many rows.
    pub fn shared(self, rows: usize) -> Option<String> {
        let count = self.counts.get(&short_hash(&self.leader)).copied().unwrap_or(0) as usize;
        (self.lead > 0 && count * 2 > rows).then_some(self.leader)
    }
}

fn short_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
