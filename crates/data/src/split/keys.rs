//! The key of a row for splitting: a digest of its content, and its class.

use sha2::{Digest, Sha256};

use super::names::{TYPED_IN, is_named_for_holding_out};
use super::shares::Classes;
use crate::words::word_hashes;
use crate::{Example, ImportedRow, Message};

/// The longest answer that may be the name of a class.
const CLASS_WORDS: usize = 5;
const CLASS_BYTES: usize = 80;

/// What a split needs to know of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowKey {
    /// The same for rows that say the same.
    pub digest: [u8; 16],
    /// The same for rows with the same short answer; none where the answer is long or there are several.
    pub class: Option<u32>,
    /// Whether it lies in a file whose name says that it is not to be learned; none where it came from no file.
    pub is_set_aside: Option<bool>,
}

impl RowKey {
    /// The key of an example. Of two answers the better one counts, and of a judged one not the judgement: a question
    /// and its answer must not be learned here and measured there.
    pub fn of(example: &Example) -> Self {
        let said = example.as_chat_or_text();
        Self { digest: digest(&said), class: class(&said), is_set_aside: None }
    }

    /// The key of a row that came from a file.
    pub fn of_row(row: &ImportedRow) -> Self {
        let is_set_aside = (row.file != TYPED_IN).then(|| is_named_for_holding_out(&row.file));
        Self { is_set_aside, ..Self::of(&row.example) }
    }
}

/// The keys of many rows, ten bytes each, as there may be millions.
#[derive(Debug, Default)]
pub struct RowKeys {
    seed: u64,
    /// The place of each row in the order of the seed; the same for rows that say the same.
    pub(super) places: Vec<u64>,
    pub(super) classes: Classes,
    pub(super) set_aside: Vec<Option<bool>>,
}

impl RowKeys {
    /// None yet. The seed is that of the split.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Of these rows.
    pub fn of<'a>(seed: u64, keys: impl IntoIterator<Item = &'a RowKey>) -> Self {
        let mut all = Self::new(seed);
        keys.into_iter().for_each(|key| all.push(key));
        all
    }

    /// Adds a row behind the others.
    pub fn push(&mut self, key: &RowKey) {
        self.places.push(placed(&key.digest, self.seed));
        self.classes.push(key.class);
        self.set_aside.push(key.is_set_aside);
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The place of a row in the order of a seed. Of ten million rows two that say different things have the same once in
/// 370 000 datasets, and then they are on the same side.
fn placed(digest: &[u8; 16], seed: u64) -> u64 {
    let hash = Sha256::new().chain_update(b"split").chain_update(seed.to_le_bytes()).chain_update(digest).finalize();
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The first half of the SHA-256 of all that a row means, weights and worse answers too.
pub fn row_key(example: &Example) -> [u8; 16] {
    let mut hash = Sha256::new();
    // A hash takes whatever is written to it, and an example can always be written.
    let _ = serde_json::to_writer(&mut hash, example);
    half(hash)
}

fn half(hash: Sha256) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

fn digest(said: &Example) -> [u8; 16] {
    let mut hash = Hash(Sha256::new());
    match said {
        Example::Text { text } => drop(hash.part("text").said(text)),
        Example::Chat { messages, tools } => drop(hash.part("chat").messages(messages).values(tools)),
        // What is said is a conversation or a text.
        _ => {}
    }
    half(hash.0)
}

/// Hashes the parts of a row, each with its length, so that different rows cannot give the same bytes.
struct Hash(Sha256);

impl Hash {
    fn part(&mut self, text: &str) -> &mut Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// A text by its words: rows that differ only in case, blanks and punctuation must stay together.
    fn said(&mut self, text: &str) -> &mut Self {
        let words = word_hashes(text);
        if words.is_empty() {
            return self.part(text.trim());
        }
        self.0.update((words.len() as u64).to_le_bytes());
        words.iter().for_each(|word| self.0.update(word.to_le_bytes()));
        self
    }

    fn messages(&mut self, messages: &[Message]) -> &mut Self {
        self.0.update((messages.len() as u64).to_le_bytes());
        for message in messages {
            self.part(&message.role).said(&message.content);
            self.part(&message.tool_calls.as_ref().map(ToString::to_string).unwrap_or_default());
        }
        self
    }

    fn values(&mut self, values: &[serde_json::Value]) -> &mut Self {
        values.iter().for_each(|value| {
            self.part(&value.to_string());
        });
        self
    }
}

/// The class of a conversation whose one answer is a few words, in whatever case they are written.
fn class(said: &Example) -> Option<u32> {
    let Example::Chat { messages, .. } = said else { return None };
    let mut answers = messages.iter().filter(|message| message.role == "assistant");
    let answer = answers.next().filter(|_| answers.next().is_none())?;
    let name = answer.content.trim();
    if name.is_empty() || name.len() > CLASS_BYTES || name.split_whitespace().count() > CLASS_WORDS {
        return None;
    }
    let hash = Sha256::digest(name.to_lowercase());
    Some(u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]))
}
