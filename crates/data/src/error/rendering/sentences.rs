//! What is said of each error of rendering.

use std::path::Path;

use tunesmith_sentence::{Sentence, say};

use super::RenderError;

impl RenderError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Missing { path } => say!("render-file-missing", "{path} does not exist", path),
            Self::File { path, reason } => {
                say!("render-file-unusable", "{path} cannot be used: {reason}", path, reason)
            }
            Self::Template { path, reason } => {
                say!("render-template-unusable", "The chat template in {path} cannot be used: {reason}", path, reason)
            }
            Self::Refused(reason) => {
                say!("render-refused", "The model's chat template refuses this conversation: {reason}", reason)
            }
            Self::Render(reason) => {
                say!("render-failed", "The model's chat template fails on this conversation: {reason}", reason)
            }
            Self::NothingTaught => say!(
                "render-nothing-taught",
                "This row is an answer that somebody has judged bad: there is nothing to learn from it"
            ),
            Self::Unclear(message) => say!(
                "render-unclear",
                "The model's chat template does not show message {message} in one place of its own, so it cannot be learned alone",
                message
            ),
            Self::Tokenizer(reason) => {
                say!("render-tokenizer-failed", "The model's tokenizer fails on this text: {reason}", reason)
            }
            Self::Worker(what) => what.clone(),
            Self::NoWorker { path, reason } => say!(
                "render-no-worker",
                "{path}, which renders conversations, cannot be started: {reason}",
                path,
                reason
            ),
            Self::OtherVersion { path, version, ours } => other_version(path, version.as_deref(), ours),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Sentence {
        match self {
            Self::File { path, .. } if !is_tokenizer(path) => say!(
                "render-side-file-hint",
                "Download {file} of the model again",
                file = path.file_name().unwrap_or_default().to_string_lossy()
            ),
            Self::Missing { .. } | Self::File { .. } => {
                say!("render-file-hint", "Choose a Hugging Face model folder with a readable tokenizer.json")
            }
            Self::Template { .. } => {
                say!("render-template-hint", "Repair the template, or remove it to use a plain one")
            }
            Self::Refused(_) => say!(
                "render-refused-hint",
                "Change the rows it names (often a system message, or two messages of one role in a row), or take another base model"
            ),
            Self::Render(_) => say!("render-failed-hint", "Take a base model with another chat template"),
            Self::NothingTaught => {
                say!("render-nothing-taught-hint", "Train on the rows whose label is true; these are left out")
            }
            Self::Unclear(_) => say!(
                "render-unclear-hint",
                "Take a base model with another chat template, or set “Learn from” to all and leave out weights"
            ),
            Self::Worker(_) => say!(
                "render-worker-hint",
                "Shorten or leave out this text, or take another base model: this one asks more of a text than models do"
            ),
            Self::OtherVersion { .. } => say!(
                "render-other-version-hint",
                "Install Tunesmith again, so that `tunesmith` and `tunesmith-desktop` come from one package, and restart it"
            ),
            Self::NoWorker { .. } => say!(
                "render-no-worker-hint",
                "Install Tunesmith again: `tunesmith` and `tunesmith-desktop` lie side by side"
            ),
            Self::Tokenizer(_) => {
                say!("render-tokenizer-hint", "Take another base model, or remove the text it fails on")
            }
        }
    }
}

fn other_version(path: &Path, version: Option<&str>, ours: &str) -> Sentence {
    match version {
        Some(version) => say!(
            "render-other-version",
            "{path} is Tunesmith {version}, and this is Tunesmith {ours}: only the same version can render for it",
            path,
            version,
            ours
        ),
        None => say!(
            "render-other-program",
            "{path} is another program or an older Tunesmith, and this is Tunesmith {ours}: only the same version can render for it",
            path,
            ours
        ),
    }
}

fn is_tokenizer(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name == "tokenizer.json")
}
