//! What the settings train beside an adapter's pairs: whole modules, single tokens and the model's biases. What cannot be is
//! refused here.

use candle_lora::{BiasChoice, LoraConfig};
use tunesmith_model::{EMBEDDING_TABLE, ModelConfig, trained_beside};
use tunesmith_protocol::{Bias, TargetModules, TrainSettings};
use tunesmith_sentence::say;

use super::problem;
use crate::TrainError;

/// The config with these alone.
pub(super) fn asked_for(settings: &TrainSettings) -> LoraConfig {
    let ids = &settings.trainable_token_indices;
    LoraConfig {
        modules_to_save: settings.modules_to_save.clone(),
        bias: match settings.bias {
            Bias::None => BiasChoice::None,
            Bias::All => BiasChoice::All,
            Bias::LoraOnly => BiasChoice::LoraOnly,
        },
        token_ids: (!ids.is_empty()).then(|| (EMBEDDING_TABLE.to_string(), ids.clone())).into_iter().collect(),
        ..LoraConfig::default()
    }
}

/// The settings of a config that is continued from, in the place of the run's own.
pub(crate) fn taken_over(lora: &LoraConfig, settings: TrainSettings) -> TrainSettings {
    TrainSettings {
        modules_to_save: lora.modules_to_save.clone(),
        trainable_token_indices: lora.token_ids.get(EMBEDDING_TABLE).cloned().unwrap_or_default(),
        bias: match lora.bias {
            BiasChoice::None => Bias::None,
            BiasChoice::All => Bias::All,
            BiasChoice::LoraOnly => Bias::LoraOnly,
        },
        ..settings
    }
}

/// All of it is beside an adapter.
pub(super) fn needs_adapter(settings: &TrainSettings) -> Result<(), TrainError> {
    let asked = [
        ("modules_to_save", !settings.modules_to_save.is_empty()),
        ("trainable_token_indices", !settings.trainable_token_indices.is_empty()),
        ("bias", settings.bias != Bias::None),
    ];
    match asked.into_iter().find(|(_, asked)| *asked && !settings.method.is_adapter()) {
        Some((name, _)) => {
            let method = settings.method.word();
            let message = say!(
                "train-beside-method",
                "{setting} is for what is trained beside an adapter, and method {method} trains none",
                setting = name,
                method
            );
            Err(problem(name, message))
        }
        None => Ok(()),
    }
}

/// The model has all of it, and nothing is trained twice.
pub(super) fn check(lora: &LoraConfig, settings: &TrainSettings, config: &ModelConfig) -> Result<(), TrainError> {
    let family = config.family;
    if let Some(module) = lora.modules_to_save.iter().find(|name| !config.has_module(name)) {
        let message = say!("train-whole-unknown", "A {family} model has no {module} to train whole", family, module);
        return Err(problem("modules_to_save", message));
    }
    if let Some(module) = lora.target_modules.iter().find(|name| lora.saves(name)) {
        let message = say!(
            "train-whole-twice",
            "{module} is trained whole and with an adapter: take it out of Target modules or of Modules to save",
            module
        );
        return Err(problem("modules_to_save", message));
    }
    if lora.target_modules.is_empty() {
        let message =
            say!("train-whole-all", "Every projection is trained whole: choose method full, or leave some out");
        return Err(problem("modules_to_save", message));
    }
    if lora.bias != BiasChoice::None && !trained_beside(config, lora).iter().any(|(name, _)| name.ends_with(".bias")) {
        let message = match settings.target_modules {
            TargetModules::Named(_) if lora.bias == BiasChoice::LoraOnly => {
                say!("train-bias-missing-there", "None of the target modules of this {family} model has a bias", family)
            }
            _ => say!("train-bias-missing", "This {family} model has no biases: bias must be none", family),
        };
        return Err(problem("bias", message));
    }
    tokens(lora, config)
}

fn tokens(lora: &LoraConfig, config: &ModelConfig) -> Result<(), TrainError> {
    let vocabulary = config.vocabulary;
    let Some(ids) = lora.token_ids.get(EMBEDDING_TABLE) else { return Ok(()) };
    let refused = |message| Err(problem("trainable_token_indices", message));
    if let Some(id) = ids.iter().find(|id| **id as usize >= vocabulary) {
        return refused(say!(
            "train-tokens-unknown",
            "Token {id} is not in the model's vocabulary of {vocabulary} tokens",
            id,
            vocabulary
        ));
    }
    let has_pair = |module: &str| lora.target_modules.iter().any(|name| name == module);
    let twice = lora.saves(EMBEDDING_TABLE) || has_pair("embed_tokens");
    if twice || (config.tie_word_embeddings && has_pair("lm_head")) {
        return refused(say!(
            "train-tokens-twice",
            "The embedding is trained already: leave Trainable tokens empty, or take embed_tokens and lm_head out of the modules"
        ));
    }
    Ok(())
}
