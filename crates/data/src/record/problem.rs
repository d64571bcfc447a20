//! What is wrong with a row, or worth knowing about it.

use super::limits::{LONGEST_ROW, MOST_VALUES};

/// Why a row cannot be used, or a remark about one that can.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// A stable name.
    pub kind: &'static str,
    /// A sentence.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn invalid_utf8() -> Self {
        Self::new("invalid_utf8", "This row holds bytes that are not UTF-8 text; save the file as UTF-8")
    }

    pub(crate) fn nul_byte() -> Self {
        Self::new("nul_byte", "This row holds a NUL byte, which no text has")
    }

    pub(crate) fn crowded() -> Self {
        Self::new("too_many_values", format!("This row holds more than {MOST_VALUES} values"))
    }

    pub(crate) fn too_long() -> Self {
        Self::new("row_too_long", format!("This row is longer than {} MB", LONGEST_ROW >> 20))
    }
}
