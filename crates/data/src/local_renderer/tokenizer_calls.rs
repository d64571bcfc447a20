//! Calls of the tokenizers library. A tokenizer comes from a stranger's file; where one brings the library to a panic,
//! that is an error like others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::{Encoding, Tokenizer};
use tunesmith_sentence::{Sentence, say};

use crate::RenderError;

/// The tokens of a text with their byte offsets in it.
pub(super) fn encode(tokenizer: &Tokenizer, text: &str, special_tokens: bool) -> Result<Encoding, RenderError> {
    call(|| tokenizer.encode(text, special_tokens))
}

/// Turns a panic of the library into an error.
pub(super) fn call<T>(function: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, RenderError> {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(result) => result.map_err(|error| RenderError::Tokenizer(Sentence::verbatim(error.to_string()))),
        Err(_) => Err(RenderError::Tokenizer(say!("render-tokenizer-contradicts", "its rules contradict each other"))),
    }
}
