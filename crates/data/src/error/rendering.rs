//! The errors of rendering.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tunesmith_protocol::WireError;

/// A model folder or a conversation that cannot be rendered.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum RenderError {
    /// The folder or its tokenizer is not there.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file of the folder cannot be read.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The chat template has a mistake.
    #[error("The chat template in {} cannot be used: {reason}", path.display())]
    Template {
        /// The file it came from.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The chat template refuses this conversation, in its own words.
    #[error("The model's chat template refuses this conversation: {0}")]
    Refused(String),
    /// The chat template fails on this conversation.
    #[error("The model's chat template fails on this conversation: {0}")]
    Render(String),
    /// The row is an answer judged bad.
    #[error("This row is an answer that somebody has judged bad: there is nothing to learn from it")]
    NothingTaught,
    /// The template does not show an answer in one place of its own.
    #[error(
        "The model's chat template does not show message {0} in one place of its own, so it cannot be learned alone"
    )]
    Unclear(usize),
    /// The tokenizer fails on this text.
    #[error("The model's tokenizer fails on this text: {0}")]
    Tokenizer(String),
    /// The worker process that renders died during a request, or was stopped.
    #[error("The model's chat template or tokenizer {0}")]
    Worker(String),
    /// The worker process cannot be started.
    #[error("{}, which renders conversations, cannot be started: {reason}", path.display())]
    NoWorker {
        /// The program.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The program that is to render is not of this version.
    #[error(
        "{} is {}, and this is Tunesmith {ours}: only the same version can render for it",
        path.display(),
        version.as_ref().map_or_else(|| "another program or an older Tunesmith".into(), |version| format!("Tunesmith {version}"))
    )]
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
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::File { .. } => {
                "Choose a Hugging Face model folder with a readable tokenizer.json"
            }
            Self::Template { .. } => "Repair the template, or remove it to use a plain one",
            Self::Refused(_) => {
                "Change the rows it names (often a system message, or two messages of one role in a row), or take another base model"
            }
            Self::Render(_) => "Take a base model with another chat template",
            Self::NothingTaught => "Train on the rows whose label is true; these are left out",
            Self::Unclear(_) => {
                "Take a base model with another chat template, or set “Learn from” to all and leave out weights"
            }
            Self::Worker(_) => {
                "Shorten or leave out this text, or take another base model: this one asks more of a text than models do"
            }
            Self::OtherVersion { .. } => {
                "Install Tunesmith again, so that `tunesmith` and `tunesmith-desktop` come from one package, and restart it"
            }
            Self::NoWorker { .. } => "Install Tunesmith again: `tunesmith` and `tunesmith-desktop` lie side by side",
            Self::Tokenizer(_) => "Take another base model, or remove the text it fails on",
        }
    }
}

impl From<RenderError> for WireError {
    fn from(error: RenderError) -> Self {
        Self::invalid(error.to_string(), error.hint())
    }
}
