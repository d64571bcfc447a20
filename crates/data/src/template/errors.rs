//! What goes wrong in a template: it refuses a conversation in its own words, or has a mistake, which the engine or one of
//! our functions tells.

use std::error::Error as StdError;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};
use tunesmith_sentence::{Sentence, say};

use crate::RenderError;

/// The message of a template that refuses a conversation.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(String);

/// What one of our functions cannot do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Mistake(Sentence);

/// The function `raise_exception(message)` of templates.
pub(super) fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Refusal(message)))
}

/// The error of one of our functions.
pub(super) fn wrong(what: Sentence) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.to_string()).with_source(Mistake(what))
}

/// Why a conversation was not rendered.
pub(super) fn failure(error: Error) -> RenderError {
    if let Some(Refusal(message)) = cause(&error) {
        return RenderError::Refused(message.clone());
    }
    RenderError::Render(match error.kind() {
        ErrorKind::OutOfFuel => {
            say!("template-too-much-work", "it does far more work than a conversation of this size needs")
        }
        _ => mistake(error),
    })
}

/// The mistake and its line, without the template's name, which means nothing to the user.
pub(super) fn mistake(error: Error) -> Sentence {
    let what = match cause(&error) {
        Some(Mistake(what)) => what.clone(),
        None if error.detail().is_some_and(|detail| detail.contains("% operator on unsupported types")) => say!(
            "template-percent",
            "it writes values into a text with “%”, which Tunesmith does not do; “~” and the filter “format” do the same"
        ),
        None if error.detail().is_some_and(|detail| detail.contains("operator on unsupported types")) => say!(
            "template-joins-nothing",
            "it joins text with a value that is not text; templates without tool calls do this where a message holds only calls"
        ),
        None => Sentence::verbatim(in_its_words(&error)),
    };
    match error.line() {
        Some(line) => say!("template-mistake", "{mistake} (line {line} of the template)", mistake = what, line),
        None => what,
    }
}

/// What the engine says.
fn in_its_words(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}

/// The first cause of this type.
fn cause<T: StdError + 'static>(error: &Error) -> Option<&T> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref() {
            return Some(found);
        }
        cause = current.source();
    }
    None
}
