//! Which modules of a model get an adapter: all of its projections, or those that the settings name.

use tunesmith_model::{ModelConfig, projections};
use tunesmith_protocol::{Method, SettingProblem, TargetModules, TrainSettings};

use crate::TrainError;

/// The modules, in the order in which a block uses them.
pub(crate) fn modules(settings: &TrainSettings, config: &ModelConfig) -> Vec<&'static str> {
    let all = projections(config).into_iter().map(|projection| projection.module());
    all.filter(|module| settings.target_modules.contains(module)).collect()
}

/// Every module that is named is one that the model has: families that fuse projections name them otherwise.
pub(crate) fn check(settings: &TrainSettings, config: &ModelConfig) -> Result<(), TrainError> {
    let (Method::Lora, TargetModules::Named(named)) = (settings.method, &settings.target_modules) else {
        return Ok(());
    };
    let known: Vec<&str> = projections(config).iter().map(|projection| projection.module()).collect();
    let Some(unknown) = named.iter().find(|module| !known.contains(&module.as_str())) else { return Ok(()) };
    let (family, known) = (config.family, known.join(", "));
    let message = format!("Target modules must be all-linear or a list of {known}: a {family} model has no {unknown}");
    Err(TrainError::Settings(vec![SettingProblem { name: "target_modules".into(), message }]))
}
