//! What a run would do, and what stands in its way, before it starts.

use tunesmith_protocol::{
    Dataset, Fit, Format, Model, Plan, Preview, SettingProblem, TooLong, TrainSettings, WireError,
};
use tunesmith_train::{Job, TrainError, TrainPlan};

use super::SplitTokens;
use crate::format::byte_size;

/// Fewer rows than this rarely teach anything.
const FEW_ROWS: u64 = 10;
/// Fewer steps than this rarely change anything.
const FEW_STEPS: u32 = 10;

/// What was chosen, looked up.
pub(crate) struct Choices<'a> {
    pub model: &'a Model,
    pub dataset: &'a Dataset,
    pub training: &'a TrainSettings,
    /// The device that `auto` stands for.
    pub device: String,
    /// Threads to compute on; 0 takes all cores.
    pub threads: usize,
    /// Memory that is free for a run on the CPU.
    pub available_bytes: u64,
}

/// The plan of these choices with these tokens, or what stands in its way.
pub(crate) fn preview(choices: &Choices<'_>, tokens: &SplitTokens) -> Preview {
    let mut preview =
        Preview { plan: None, problems: Vec::new(), blockers: Vec::new(), warnings: warnings(choices, tokens) };
    match plan(choices, tokens) {
        Ok(plan) => {
            preview.warnings.extend(few_steps(&plan));
            preview.blockers.extend(too_big(&plan.fit));
            preview.plan = Some(plan);
        }
        Err(TrainError::Settings(problems)) => {
            preview.blockers.extend(problems.iter().map(|problem: &SettingProblem| problem.message.clone()));
            preview.problems = problems;
        }
        Err(error) => preview.blockers.push(WireError::from(error).to_string()),
    }
    preview
}

fn plan(choices: &Choices<'_>, tokens: &SplitTokens) -> Result<Plan, TrainError> {
    let job = Job {
        base: choices.model.path.clone().into(),
        base_name: choices.model.name.clone(),
        settings: choices.training.clone(),
        // Planning writes nothing.
        output: std::path::PathBuf::new(),
        training: tokens.training.rows.clone(),
        validation: tokens.validation.rows.clone(),
        rows_too_long: tokens.training.too_long,
        device: choices.device.clone(),
        threads: choices.threads,
        resume: false,
        available_bytes: choices.available_bytes,
    };
    TrainPlan::draft(job).map(|plan| plan.summary())
}

fn too_big(fit: &Fit) -> Option<String> {
    (!fit.fits).then(|| {
        format!(
            "This run needs about {} of memory and {} are free. Lower the batch size or the max length, or take a smaller base model",
            byte_size(fit.needed_bytes),
            byte_size(fit.available_bytes)
        )
    })
}

fn few_steps(plan: &Plan) -> Option<String> {
    (plan.steps < FEW_STEPS).then(|| {
        let steps = if plan.steps == 1 { "step".into() } else { format!("{} steps", plan.steps) };
        format!(
            "Only {steps}: the model will hardly change. Raise the epochs, or lower batch size × gradient accumulation"
        )
    })
}

fn warnings(choices: &Choices<'_>, tokens: &SplitTokens) -> Vec<String> {
    let Choices { model, dataset, training: settings, .. } = choices;
    let mut warnings = Vec::new();
    let rows = tokens.training.rows.len() as u64;
    if rows < FEW_ROWS {
        warnings.push(format!("Only {rows} rows to learn from. 50 or more are a good start"));
    }
    let (long, limit) = (tokens.training.too_long, settings.max_length);
    match settings.too_long {
        TooLong::Truncate if long > 0 => {
            warnings.push(format!(
                "{long} of {} rows are longer than {limit} tokens and lose their end",
                dataset.training_rows
            ));
        }
        TooLong::Drop if long > 0 => {
            warnings.push(format!(
                "{long} of {} rows are longer than {limit} tokens and are left out",
                dataset.training_rows
            ));
        }
        _ => {}
    }
    let unlearnable = tokens.training.dropped.saturating_sub(if settings.too_long == TooLong::Drop { long } else { 0 });
    if unlearnable > 0 {
        warnings.push(format!("{unlearnable} rows have no token to learn and are left out"));
    }
    if !model.has_chat_template && dataset.format != Format::Text {
        warnings.push(format!("{} has no chat template. A plain one is used", model.name));
    }
    let hidden = tokens.training.hidden_calls;
    if hidden > 0 {
        let calls = if hidden == 1 { "1 tool call is".into() } else { format!("{hidden} tool calls are") };
        warnings.push(format!("{calls} not learned: the chat template of {} does not show them", model.name));
    }
    if tokens.validation.rows.is_empty() {
        warnings.push("No rows are held out, so there is no validation loss, and the last step is kept".into());
    }
    warnings
}
