//! Lists of names as a sentence says them.

use std::fmt::Display;

use tunesmith_sentence::{Argument, say};

/// Names in quotation marks, at most so many of them.
pub(crate) fn quoted(names: impl ExactSizeIterator<Item: Display>, most: usize) -> Argument {
    let count = names.len();
    let quoted: Vec<String> = names.take(most).map(|name| format!("“{name}”")).collect();
    let listed = quoted.join(", ");
    match count.saturating_sub(most) {
        _ if count == 0 => say!("names-none", "none").into(),
        0 => listed.into(),
        more => say!("names-and-more", "{names} and {more} more", names = listed, more).into(),
    }
}
