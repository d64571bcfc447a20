//! What can go wrong with an adapter or an operation.

use std::path::PathBuf;

/// Why an adapter or an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum LoraError {
    /// A file cannot be read or written.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what PEFT writes, or uses something that is not supported.
    #[error("{}: {reason}", file.display())]
    Adapter {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor does not have the shape that the others ask for.
    #[error("{name} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// There is no adapter tensor of this name.
    #[error("the adapter has no tensor {0}")]
    UnknownTensor(String),
    /// What was asked for cannot be computed.
    #[error("{0}")]
    Invalid(String),
    /// candle failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl LoraError {
    pub(crate) fn io(file: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }

    pub(crate) fn adapter(file: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Adapter { file: file.into(), reason: reason.into() }
    }
}
