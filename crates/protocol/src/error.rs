//! The one error that crosses a wire. A code exists only where the screen does something different for it.

use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::wire;

wire! {
    /// What the screen may react to.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ErrorCode {
        /// The thing named does not exist (any more).
        NotFound,
        /// What was given cannot be used; the message says why.
        Invalid,
        /// It cannot run beside what is running now.
        Busy,
        /// It does not fit into memory.
        TooBig,
        /// The disk is full.
        DiskFull,
        /// The user stopped it.
        Cancelled,
        /// Something broke that should not have.
        Internal,
    }

    /// An error as people read it: what happened and why, and what to do next.
    pub struct WireError {
        /// What the screen may react to.
        pub code: ErrorCode,
        /// What happened and why, in a sentence.
        pub message: Sentence,
        /// What to do next; empty when there is nothing sensible to say.
        pub hint: Sentence,
    }
}

impl WireError {
    /// An error with a hint.
    pub fn new(code: ErrorCode, message: Sentence, hint: Sentence) -> Self {
        Self { code, message, hint }
    }

    /// What was given cannot be used.
    pub fn invalid(message: Sentence, hint: Sentence) -> Self {
        Self::new(ErrorCode::Invalid, message, hint)
    }

    /// The thing named does not exist.
    pub fn not_found(message: Sentence) -> Self {
        Self::new(ErrorCode::NotFound, message, NOTHING)
    }

    /// What happened and what to do next as one, for where there is no place for a hint.
    pub fn sentence(self) -> Sentence {
        let Self { message, hint, .. } = self;
        match hint.is_empty() {
            true => message,
            false => say!("message-and-hint", "{message}\n{hint}", message, hint),
        }
    }

    /// Something broke that should not have.
    pub fn internal(message: Sentence) -> Self {
        Self::new(ErrorCode::Internal, message, NOTHING)
    }
}

impl std::fmt::Display for WireError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.hint.is_empty() {
            true => write!(out, "{}", self.message),
            false => write!(out, "{}\n{}", self.message, self.hint),
        }
    }
}

impl std::error::Error for WireError {}
