//! What can go wrong with a model folder or a computation, in words that name the file and the tensor.

use std::path::{Path, PathBuf};

use candle_lora::LoraError;
use candle_lora::regular_file::Refusal;
use tunesmith_sentence::{Sentence, say};

use crate::SUPPORTED_FAMILIES;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum ModelError {
    /// The folder lacks what every model folder has.
    NotAModel {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        reason: Sentence,
    },
    /// The model is of a family that is not supported.
    UnsupportedFamily {
        /// The config file.
        file: PathBuf,
        /// What the config names.
        found: Sentence,
    },
    /// The config is broken or asks for something that is not supported.
    Config {
        /// The config file.
        file: PathBuf,
        /// What is wrong with it, in words that follow the file's name.
        reason: Sentence,
    },
    /// A weight file is broken.
    Weights {
        /// The weight file.
        file: PathBuf,
        /// What is wrong with it, in words that follow the file's name.
        reason: Sentence,
    },
    /// One tensor of a weight file is not what the config asks for.
    Tensor {
        /// The weight file or the folder.
        file: PathBuf,
        /// Which tensor, and what is wrong with it.
        reason: Sentence,
    },
    /// The weights are quantized already, in a format that is not supported.
    Quantized {
        /// The folder.
        folder: PathBuf,
        /// By what, such as `gptq`.
        method: String,
    },
    /// A file cannot be read or written.
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The input cannot be computed.
    Input(Sentence),
    /// The device cannot be used.
    Device(Sentence),
    /// There is no weight of this name.
    UnknownParameter(String),
    /// The caller asked to stop.
    Cancelled,
    /// The adapter does not fit or cannot be read.
    #[error(transparent)]
    Lora(#[from] LoraError),
    /// candle failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl ModelError {
    /// What happened and why.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NotAModel { folder, reason } => {
                say!("model-folder-wrong", "{folder} is not a model folder: {reason}", folder, reason)
            }
            Self::UnsupportedFamily { file, found } => say!(
                "model-family-unsupported",
                "{path}: models of the family “{found}” are not supported; supported: {supported}",
                path = file,
                found,
                supported = SUPPORTED_FAMILIES.join(", ")
            ),
            Self::Config { file, reason } | Self::Weights { file, reason } | Self::Tensor { file, reason } => {
                say!("file-wrong", "{path}: {reason}", path = file, reason)
            }
            Self::Quantized { folder, method } => say!(
                "model-quantized",
                "{folder}: the weights are quantized already ({method}); only f32, f16 and bf16 can be read",
                folder,
                method
            ),
            Self::Io { file, source } => {
                say!("file-wrong", "{path}: {reason}", path = file, reason = tunesmith_sentence::system_reason(source))
            }
            Self::Input(reason) | Self::Device(reason) => reason.clone(),
            Self::UnknownParameter(name) => say!("model-weight-missing", "The model has no weight {name}", name),
            Self::Cancelled => say!("model-loading-cancelled", "Loading was cancelled"),
            Self::Lora(error) => error.sentence(),
            Self::Candle(error) => Sentence::verbatim(error.to_string()),
        }
    }

    /// A file that is none, or that the system does not give; `wrong` makes the error of the first.
    pub(crate) fn refused(file: &Path, wrong: fn(PathBuf, Sentence) -> Self) -> impl FnOnce(Refusal) -> Self {
        move |refusal| match refusal {
            Refusal::Io(source) => Self::Io { file: file.into(), source },
            Refusal::Kind(reason) => wrong(file.into(), reason),
        }
    }

    pub(crate) fn config(file: PathBuf, reason: Sentence) -> Self {
        Self::Config { file, reason }
    }

    pub(crate) fn weights(file: PathBuf, reason: Sentence) -> Self {
        Self::Weights { file, reason }
    }

    pub(crate) fn io(file: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }
}
