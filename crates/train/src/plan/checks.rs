//! What must hold before a run may start.

use tunesmith_data::Tokens;
use tunesmith_model::ModelConfig;
use tunesmith_protocol::{Precision, Quantization, SettingProblem};
use tunesmith_sentence::{Sentence, say};

use crate::run_folder::{checkpoint_steps, result_path};
use crate::{Job, TrainError};

/// Every setting is in its range.
pub(super) fn settings(job: &Job) -> Result<(), TrainError> {
    let mut problems = job.settings.problems();
    if job.settings.quantization != Quantization::None && !job.settings.method.is_adapter() {
        let message = say!(
            "train-quantization-of-weights",
            "Quantization holds a model that stays as it is: choose method lora or dora, or no quantization"
        );
        problems.push(SettingProblem { name: "quantization".into(), message });
    }
    if job.settings.precision == Precision::Bf16 {
        let message = against_bf16(job);
        problems.extend(message.map(|message| SettingProblem { name: "precision".into(), message }));
    }
    if problems.is_empty() { Ok(()) } else { Err(TrainError::Settings(problems)) }
}

/// What speaks against bf16, if anything.
fn against_bf16(job: &Job) -> Option<Sentence> {
    match (job.settings.method.is_adapter(), job.settings.quantization) {
        (false, _) => Some(say!(
            "train-bf16-of-weights",
            "In bf16 small steps of a weight would be lost: choose method lora or dora, or f32"
        )),
        (true, Quantization::None) => None,
        (true, _) => Some(say!(
            "train-bf16-quantized",
            "Quantization already holds the base model in fewer bits: choose auto or f32"
        )),
    }
}

/// There are rows to learn from, and they are rows of this model.
pub(super) fn rows(job: &Job, config: &ModelConfig) -> Result<(), TrainError> {
    if job.training.is_empty() {
        return Err(TrainError::Empty(say!("train-no-rows", "there are no training rows")));
    }
    if job.training.iter().map(learned).sum::<u64>() == 0 {
        return Err(TrainError::Empty(say!("train-no-learned-token", "no training row has a token to learn")));
    }
    let rows = || job.training.iter().chain(job.validation.iter());
    if let Some(longest) = rows().map(|row| row.ids.len()).max().filter(|longest| *longest > config.context_length) {
        let message = say!(
            "train-row-too-long",
            "Max length must be at most {context}, the model's context: a row has {tokens} tokens",
            context = config.context_length,
            tokens = longest
        );
        return Err(TrainError::Settings(vec![SettingProblem { name: "max_length".into(), message }]));
    }
    let unknown = rows().flat_map(|row| &row.ids).find(|id| **id as usize >= config.vocabulary);
    match unknown {
        Some(id) => Err(TrainError::Empty(say!(
            "train-token-unknown",
            "the rows have a token {id}, and the model knows {vocabulary} tokens only; its tokenizer does not belong to it",
            id,
            vocabulary = config.vocabulary
        ))),
        None => Ok(()),
    }
}

/// A run is not written over another.
pub(super) fn output(job: &Job) -> Result<(), TrainError> {
    let taken = !checkpoint_steps(&job.output)?.is_empty() || result_path(&job.output).exists();
    if taken && !job.resume { Err(TrainError::Occupied(job.output.clone())) } else { Ok(()) }
}

/// Tokens of a row that are learned.
pub(super) fn learned(row: &Tokens) -> u64 {
    row.learn.iter().filter(|learn| **learn).count() as u64
}
