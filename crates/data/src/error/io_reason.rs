//! Sentences within an `io::Error`: what this crate itself finds wrong while it reads a file, beside what the system says.

use std::io;

use tunesmith_sentence::{Sentence, system_reason};

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Reason(Sentence);

/// An error of reading with a sentence of this crate.
pub(crate) fn io_error(kind: io::ErrorKind, reason: Sentence) -> io::Error {
    io::Error::new(kind, Reason(reason))
}

/// Why reading failed, also where the error is not one of this crate.
pub fn io_reason(error: &io::Error) -> Sentence {
    own_reason(error).cloned().unwrap_or_else(|| system_reason(error))
}

/// The sentence of this crate within an error.
pub(crate) fn own_reason(error: &io::Error) -> Option<&Sentence> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Reason>()).map(|Reason(reason)| reason)
}
