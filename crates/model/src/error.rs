//! What can go wrong with a model folder or a computation, in words that name the file and the tensor.

use std::path::PathBuf;

use candle_lora::LoraError;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The folder lacks what every model folder has.
    #[error("{} is not a model folder: {reason}", folder.display())]
    NotAModel {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// The model is of a family that is not supported.
    #[error("{}: models of the family “{found}” are not supported; supported: {supported}", file.display())]
    UnsupportedFamily {
        /// The config file.
        file: PathBuf,
        /// What the config names.
        found: String,
        /// The families that are supported.
        supported: String,
    },
    /// The config is broken or asks for something that is not supported.
    #[error("{}: {reason}", file.display())]
    Config {
        /// The config file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A weight file is broken.
    #[error("{}: {reason}", file.display())]
    Weights {
        /// The weight file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// One tensor of a weight file is not what the config asks for.
    #[error("{}: {tensor} {reason}", file.display())]
    Tensor {
        /// The weight file or the folder.
        file: PathBuf,
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The input cannot be computed.
    #[error("{0}")]
    Input(String),
    /// The device cannot be used.
    #[error("{0}")]
    Device(String),
    /// There is no weight of this name.
    #[error("the model has no weight {0}")]
    UnknownParameter(String),
    /// The caller asked to stop.
    #[error("loading was cancelled")]
    Cancelled,
    /// The adapter does not fit or cannot be read.
    #[error(transparent)]
    Lora(#[from] LoraError),
    /// candle failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl ModelError {
    pub(crate) fn io(file: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }
}
