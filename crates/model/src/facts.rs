//! What is known of a model folder without loading weights: from its config and the headers of its weight files.

use std::path::Path;

use tunesmith_sentence::Sentence;

use crate::checkpoint::Checkpoint;
use crate::weights::{EMBEDDING, parameter_count};
use crate::{ModelConfig, ModelError};

/// What is known about a model without loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFacts {
    /// Its shape.
    pub config: ModelConfig,
    /// The family, as `model_type` names it.
    pub family: String,
    /// How many numbers it has learned.
    pub parameters: u64,
    /// The size of its weight files.
    pub size_bytes: u64,
    /// The longest input, in tokens.
    pub context_length: u32,
    /// Tokens that the model knows.
    pub vocabulary: u32,
    /// The number format of the weights on disk, such as `bf16`.
    pub dtype: String,
    /// Where config and weights disagree, and what is done about it.
    pub remarks: Vec<Sentence>,
}

/// Reads the config and the headers of the weight files and checks them against each other.
///
/// # Errors
/// When the folder has no model, or one that cannot be computed.
pub fn facts(folder: &Path) -> Result<ModelFacts, ModelError> {
    let (config, checkpoint) = Checkpoint::open(folder)?;
    Ok(ModelFacts {
        family: config.family.to_string(),
        parameters: parameter_count(&config),
        size_bytes: checkpoint.size_bytes(),
        context_length: config.context_length as u32,
        vocabulary: config.vocabulary as u32,
        remarks: checkpoint.remarks(&config),
        dtype: checkpoint.tensor(EMBEDDING)?.dtype.to_lowercase(),
        config,
    })
}
