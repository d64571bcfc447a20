//! What is wrong with a row, or worth knowing about it.

use tunesmith_sentence::{Sentence, say};

use super::limits::{LONGEST_NAME, LONGEST_ROW, MOST_VALUES};
use crate::quoted::shown;

/// Why a row cannot be used, or a remark about one that can.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// A stable name.
    pub kind: &'static str,
    /// A sentence.
    pub message: Sentence,
    /// The keys of messages that are not used, if it says so.
    pub unused_keys: Vec<String>,
}

impl Problem {
    /// The kind of a remark that is about the file as a whole.
    pub(crate) const OF_FILE: &'static str = "of_file";

    pub(crate) fn new(kind: &'static str, message: Sentence) -> Self {
        Self { kind, message, unused_keys: Vec::new() }
    }

    /// A remark on a message with keys that are not used.
    pub(crate) fn unused_keys(message: Sentence, keys: &[&String]) -> Self {
        let unused_keys = keys.iter().map(|key| shown(key)).collect();
        Self { unused_keys, ..Self::new("message_unrecognized_key", message) }
    }

    pub(crate) fn invalid_utf8() -> Self {
        let message = say!("row-not-utf8", "This row holds bytes that are not UTF-8 text; save the file as UTF-8");
        Self::new("invalid_utf8", message)
    }

    pub(crate) fn nul_byte() -> Self {
        Self::new("nul_byte", say!("row-nul-byte", "This row holds a NUL byte, which no text has"))
    }

    pub(crate) fn crowded() -> Self {
        let message = say!("row-too-many-values", "This row holds more than {limit} values", limit = MOST_VALUES);
        Self::new("too_many_values", message)
    }

    pub(crate) fn name_cut(name: &str) -> Self {
        let message = say!(
            "row-name-cut",
            "The name of a column is longer than {limit} characters and is cut there: “{name}”",
            limit = LONGEST_NAME,
            name = shown(name)
        );
        Self::new("long_name", message)
    }

    pub(crate) fn too_long() -> Self {
        let message = say!("row-too-long", "This row is longer than {limit_mb} MB", limit_mb = LONGEST_ROW >> 20);
        Self::new("row_too_long", message)
    }
}
