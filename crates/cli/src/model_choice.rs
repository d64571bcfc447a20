//! The model that `chat`, `eval` and `data inspect` are asked about: `--model` with `--adapter`, or `--run`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use tunesmith_protocol::{Api, Evaluate, ReadPath, Run, Sampling, TrainSettings, WireError};
use tunesmith_sentence::{Sentence, say};
use tunesmith_studio::{Adapter, LoadedModel, default_home};

use crate::home::{Home, absolute, typed_name, typed_path};
use crate::language::translate;
use crate::out::WrongUsage;
use crate::show;

#[derive(Args)]
pub(crate) struct Choice {
    /// The base model: an id of `tunesmith models list`, or a Hugging Face folder
    #[arg(long, value_name = "ID|DIR", required_unless_present = "run", value_parser = typed_name())]
    model: Option<String>,
    /// An adapter for it: a PEFT folder
    #[arg(long, value_name = "DIR", conflicts_with = "run", value_parser = typed_path())]
    adapter: Option<PathBuf>,
    /// The result of this run; its base model is taken unless --model names another
    #[arg(long, value_name = "ID")]
    run: Option<String>,
}

#[derive(Args)]
pub(crate) struct SamplingOptions {
    /// The longest answer, in tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Sampling::default().max_new_tokens)]
    max_new_tokens: u32,
    /// 0 always takes the likeliest token; higher is more varied
    #[arg(long, value_name = "T", allow_negative_numbers = true, default_value_t = Sampling::default().temperature)]
    temperature: f64,
    /// Draw only from the likeliest tokens that together have this probability
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = Sampling::default().top_p)]
    top_p: f64,
    /// The same seed gives the same answer
    #[arg(long, value_name = "N", default_value_t = Sampling::default().seed)]
    seed: u64,
    /// Makes tokens less likely that were there already, from 1 (not at all) to 2
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = Sampling::default().repetition_penalty)]
    repetition_penalty: f64,
}

/// A loaded model with its adapter, or with one that changes nothing.
pub(crate) struct ChosenModel {
    pub model: LoadedModel,
    pub adapter: Adapter,
    /// What the run's model was told in training.
    pub system_prompt: Option<String>,
    /// What is to be known of both.
    pub remarks: Vec<Sentence>,
}

impl Choice {
    /// What an evaluation is asked to measure.
    pub(crate) fn to_evaluate(&self, home: &Home) -> anyhow::Result<Evaluate> {
        let run = self.run.as_ref().map(|id| home.run(id)).transpose()?.map(|run| run.id);
        let (model, folder) = match &self.model {
            Some(name) => named_model(home.api.as_ref(), name)?,
            None if run.is_some() => (None, None),
            None => return Err(no_model().into()),
        };
        let adapter = self.adapter.as_ref().map(|path| absolute(path)).transpose()?.map(Into::into);
        Ok(Evaluate { run, model, folder, adapter, ..nothing_to_evaluate() })
    }

    /// Loads what was chosen, with a progress bar.
    pub(crate) fn load(&self) -> anyhow::Result<ChosenModel> {
        let run = self.run.as_ref().map(|id| Home::open()?.run(id)).transpose()?;
        let known = match &run {
            Some(run) => Some((run.config.training.clone(), run.system_prompt.clone())),
            None => self.adapter.as_deref().and_then(tunesmith_studio::run_of_adapter),
        };
        let (training, system_prompt) = known.unzip();
        let folder = run.as_ref().map(|run| PathBuf::from(&run.path));
        let (name, adapter) = self.resolve(run)?;
        let remarks = tunesmith_studio::remarks(&default_home(), &name, adapter.as_deref(), folder.as_deref())?;
        let model = load(&name, training.as_ref())?;
        let adapter = match adapter {
            Some(folder) => model.adapter(&folder)?,
            None => Adapter::none(),
        };
        Ok(ChosenModel { model, adapter, system_prompt: system_prompt.flatten(), remarks })
    }

    /// The base model and the adapter's folder.
    fn resolve(&self, run: Option<Run>) -> anyhow::Result<(String, Option<PathBuf>)> {
        let Some(run) = run else {
            return Ok((self.model.clone().ok_or_else(no_model)?, self.adapter.clone()));
        };
        let result = run.result_path.ok_or_else(|| {
            WireError::invalid(
                say!("shell-run-without-result", "The run {id} has no result yet", id = &run.id),
                say!("shell-run-without-result-hint", "Wait for its first checkpoint, or resume it"),
            )
        })?;
        let result = PathBuf::from(result);
        // Full training and training from scratch make a whole model.
        if !result.join("adapter_config.json").is_file() {
            if self.model.is_some() {
                return Err(WireError::invalid(
                    say!(
                        "evaluation-whole-model",
                        "The run {run} has trained a whole model, which needs no base model",
                        run = &run.id
                    ),
                    say!("shell-whole-model-hint", "Leave out --model, or leave out --run"),
                )
                .into());
            }
            return Ok((result.to_string_lossy().into_owned(), None));
        }
        let model = self.model.clone().unwrap_or_else(|| run.config.base_model.clone());
        Ok((model, Some(result)))
    }
}

impl SamplingOptions {
    /// Checked, as the studio takes it.
    pub(crate) fn sampling(&self) -> anyhow::Result<Sampling> {
        let usage = |wrong: Sentence| Err(WrongUsage::from(wrong).into());
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return usage(say!("shell-temperature-wrong", "--temperature must be 0 or more"));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return usage(say!("shell-top-p-wrong", "--top-p must be above 0 and at most 1"));
        }
        if !(1.0..=2.0).contains(&self.repetition_penalty) {
            return usage(say!("shell-repetition-penalty-wrong", "--repetition-penalty must be from 1 to 2"));
        }
        if self.max_new_tokens == 0 {
            return usage(say!("shell-max-new-tokens-wrong", "--max-new-tokens must be at least 1"));
        }
        let Self { temperature, top_p, max_new_tokens, seed, repetition_penalty } = *self;
        Ok(Sampling { temperature, top_p, max_new_tokens, seed, repetition_penalty })
    }
}

fn no_model() -> WrongUsage {
    say!("shell-model-unnamed", "Name a model with --model, or a run with --run").into()
}

/// Loads a model by id or folder, as it was trained, with a progress bar.
pub(crate) fn load(name: &str, trained: Option<&TrainSettings>) -> anyhow::Result<LoadedModel> {
    let bar = show::bar(100, "{msg} {wide_bar} {percent} %");
    bar.set_message(translate(&say!("shell-loading", "Loading the model")));
    let model = tunesmith_studio::load_model(&default_home(), name, trained, &mut |fraction| {
        bar.set_position((fraction * 100.0) as u64);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    Ok(model?)
}

/// The folder of a model named by id or folder.
pub(crate) fn model_folder(name: &str) -> Result<PathBuf, WireError> {
    tunesmith_studio::model_folder(&default_home(), name)
}

/// An evaluation of nothing, to be filled in.
pub(crate) fn nothing_to_evaluate() -> Evaluate {
    Evaluate {
        run: None,
        model: None,
        folder: None,
        adapter: None,
        data: Vec::new(),
        format: Default::default(),
        loss: false,
        answers: false,
        max_new_tokens: Sampling::default().max_new_tokens,
        job: None,
    }
}

/// A model of the home by its id or name, or else a folder.
pub(crate) fn named_model(api: &dyn Api, name: &str) -> Result<(Option<String>, Option<ReadPath>), WireError> {
    let known = api.list_models(())?.into_iter().find(|model| model.id == name || model.name == name);
    match known {
        Some(model) => Ok((Some(model.id), None)),
        None => Ok((None, Some(model_folder(name)?.into()))),
    }
}
