//! The errors of rendering. What is said of each is in `sentences`.

mod sentences;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tunesmith_protocol::WireError;
use tunesmith_sentence::Sentence;

/// A model folder or a conversation that cannot be rendered. Errors of a worker process cross to the one that asks as JSON.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{}", self.sentence())]
pub enum RenderError {
    /// The folder or its tokenizer is not there.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file of the folder cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: Sentence,
    },
    /// The chat template has a mistake.
    Template {
        /// The file it came from.
        path: PathBuf,
        /// Why.
        reason: Sentence,
    },
    /// The chat template refuses this conversation, in its own words.
    Refused(String),
    /// The chat template fails on this conversation, because of this.
    Render(Sentence),
    /// The row is an answer judged bad.
    NothingTaught,
    /// The template does not show the answer that is this message, from 1, in one place of its own.
    Unclear(usize),
    /// The tokenizer fails on this text, because of this.
    Tokenizer(Sentence),
    /// The worker process that renders died during a request, or was stopped; the sentence says all of it.
    Worker(Sentence),
    /// The worker process cannot be started.
    NoWorker {
        /// The program.
        path: PathBuf,
        /// What the system says.
        reason: Sentence,
    },
    /// The program that is to render is not of this version.
    OtherVersion {
        /// The program.
        path: PathBuf,
        /// Its version; none where it does not say.
        version: Option<String>,
        /// The version that asks.
        ours: String,
    },
}

impl RenderError {
    /// Whether it is about this one row, so that others may well be rendered.
    pub fn is_of_the_row(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Render(_) | Self::NothingTaught | Self::Unclear(_) | Self::Tokenizer(_) => true,
            Self::Missing { .. } | Self::File { .. } | Self::Template { .. } => false,
            Self::Worker(_) | Self::NoWorker { .. } | Self::OtherVersion { .. } => false,
        }
    }
}

impl From<RenderError> for WireError {
    fn from(error: RenderError) -> Self {
        Self::invalid(error.sentence(), error.hint())
    }
}
