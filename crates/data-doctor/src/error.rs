//! What can go wrong in a check-up.

use std::io;

use tunesmith_sentence::{Sentence, say};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum DoctorError {
    /// The user cancelled.
    Cancelled,
    /// The scratch folder cannot be written or read.
    Io(#[from] io::Error),
}

impl DoctorError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Cancelled => say!("check-cancelled", "The check-up was cancelled"),
            Self::Io(error) => {
                say!("check-scratch-folder", "The check-up cannot use its scratch folder: {error}", error)
            }
        }
    }
}
