//! What can go wrong with an adapter or an operation.

use std::path::PathBuf;

use tunesmith_sentence::{Sentence, say};

use crate::regular_file::Refusal;

/// Why an adapter or an operation failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum LoraError {
    /// A file cannot be read or written.
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what PEFT writes, or uses something that is not supported.
    Adapter {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, in words that follow the file's name.
        reason: Sentence,
    },
    /// A tensor does not have the shape that the others ask for.
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// There is no adapter tensor of this name.
    UnknownTensor(String),
    /// What was asked for cannot be computed.
    Invalid(Sentence),
    /// candle failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl LoraError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Io { file, source } => {
                say!("file-wrong", "{path}: {reason}", path = file, reason = tunesmith_sentence::system_reason(source))
            }
            Self::Adapter { file, reason } => say!("file-wrong", "{path}: {reason}", path = file, reason),
            Self::Shape { name, found, expected } => {
                let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
                say!("model-tensor-shape", "{name} has shape {found}, expected {expected}", name, found, expected)
            }
            Self::UnknownTensor(name) => say!("adapter-tensor-missing", "The adapter has no tensor {name}", name),
            Self::Invalid(reason) => reason.clone(),
            Self::Candle(error) => Sentence::verbatim(error.to_string()),
        }
    }

    pub(crate) fn io(file: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }

    /// A file that is none, or that the system does not give.
    pub(crate) fn refused(file: impl Into<PathBuf>) -> impl FnOnce(Refusal) -> Self {
        let file = file.into();
        move |refusal| match refusal {
            Refusal::Io(source) => Self::Io { file, source },
            Refusal::Kind(reason) => Self::Adapter { file, reason },
        }
    }

    pub(crate) fn adapter(file: impl Into<PathBuf>, reason: Sentence) -> Self {
        Self::Adapter { file: file.into(), reason }
    }
}
