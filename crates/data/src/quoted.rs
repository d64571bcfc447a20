//! Lists of names as a sentence says them.

use tunesmith_sentence::{Argument, say};

/// The longest name that a sentence says whole, in characters.
const LONGEST_SHOWN: usize = 100;

/// A name as a sentence says it: of a long one the beginning.
pub(crate) fn shown(name: &str) -> String {
    match name.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Names in quotation marks, at most so many of them.
pub(crate) fn quoted(names: impl ExactSizeIterator<Item: AsRef<str>>, most: usize) -> Argument {
    let count = names.len();
    let quoted: Vec<String> = names.take(most).map(|name| format!("“{}”", shown(name.as_ref()))).collect();
    let listed = quoted.join(", ");
    match count.saturating_sub(most) {
        _ if count == 0 => say!("names-none", "none").into(),
        0 => listed.into(),
        more => say!("names-and-more", "{names} and {more} more", names = listed, more).into(),
    }
}
