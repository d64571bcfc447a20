//! What a chat refuses, and what is said then.

use tunesmith_protocol::{ErrorCode, Sampling, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};

pub(super) fn no_model() -> WireError {
    WireError::invalid(
        say!("chat-without-model", "A chat needs a run or a base model"),
        say!("chat-without-model-hint", "Choose one"),
    )
}

pub(super) fn nothing_to_say() -> WireError {
    WireError::invalid(say!("chat-message-empty", "There is nothing to say yet"), write_hint())
}

pub(super) fn nothing_to_answer() -> WireError {
    WireError::invalid(say!("chat-nothing-to-answer", "There is no message to answer again"), write_hint())
}

pub(super) fn no_such_turn() -> WireError {
    WireError::not_found(say!("chat-turn-missing", "This message is not in the chat any more"))
}

pub(super) fn nothing_to_undo() -> WireError {
    WireError::invalid(
        say!("chat-nothing-to-undo", "There is nothing to undo in this chat"),
        say!("chat-nothing-to-undo-hint", "The chat is as it was"),
    )
}

pub(super) fn answering() -> WireError {
    WireError::new(
        ErrorCode::Busy,
        say!("chat-answering", "This chat is still answering"),
        say!("chat-answering-hint", "Stop it, or wait until it is done"),
    )
}

/// Refuses numbers that no answer can be drawn with.
pub(super) fn check(sampling: &Sampling) -> Result<(), WireError> {
    let wrong = |message: Sentence| Err(WireError::invalid(message, NOTHING));
    if !(0.0..=10.0).contains(&sampling.temperature) {
        return wrong(say!("chat-temperature-range", "Temperature must be a number from 0 to 10"));
    }
    if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
        return wrong(say!("chat-top-p-range", "Top-p must be above 0 and at most 1"));
    }
    if !(1.0..=2.0).contains(&sampling.repetition_penalty) {
        return wrong(say!("chat-repetition-penalty-range", "The repetition penalty must be a number from 1 to 2"));
    }
    if sampling.max_new_tokens == 0 {
        return wrong(say!("chat-max-tokens-range", "The longest answer must have at least 1 token"));
    }
    Ok(())
}

fn write_hint() -> Sentence {
    say!("chat-write-hint", "Write a message")
}
