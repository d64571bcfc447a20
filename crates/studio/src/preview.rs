//! What a run would do, and what stands in its way, before it starts.

use std::ops::ControlFlow;

use tunesmith_data::Tokens;
use tunesmith_protocol::{
    Dataset, Fit, Format, Model, Plan, Preview, RunConfig, SettingProblem, StartRun, TooLong, TrainSettings, WireError,
};
use tunesmith_train::{Job, TrainError, TrainPlan};

use crate::prepare::{Preparing, Sides};
use crate::{Studio, datasets, explain, models, run_file, system};

/// Fewer rows than this rarely teach anything.
const FEW_ROWS: u64 = 10;
/// Fewer steps than this rarely change anything.
const FEW_STEPS: u32 = 10;

/// The run file that stands for the choices.
pub(crate) fn config(studio: &Studio, args: &StartRun) -> Result<RunConfig, WireError> {
    let model = models::get(studio, &args.model)?;
    let dataset = datasets::at(studio, &args.dataset, args.version)?;
    Ok(run_file::of(&model, &dataset, &args.training))
}

/// The plan, or what stands in its way. Only what is asked for wrongly is an error.
pub(crate) fn preview(studio: &Studio, args: &StartRun) -> Result<Preview, WireError> {
    let mut preview =
        Preview { plan: None, problems: args.training.problems(), blockers: Vec::new(), warnings: Vec::new() };
    let dataset = datasets::at(studio, &args.dataset, args.version)?;
    if !preview.problems.is_empty() {
        preview.blockers.push("Some settings cannot be used".into());
        return Ok(preview);
    }
    let found = models::usable(studio, &args.model).and_then(|model| {
        let carry_on = &mut |_, _| ControlFlow::Continue(());
        let sides = sides(studio, &model, &dataset, &args.training, carry_on)?;
        Ok((model, sides))
    });
    let (model, sides) = match found {
        Ok(found) => found,
        Err(error) => {
            preview.blockers.push(error.to_string());
            return Ok(preview);
        }
    };
    preview.warnings = warnings(&model, &dataset, &args.training, &sides);
    match plan(&model, &args.training, &sides, studio.preferences()?.device) {
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
    Ok(preview)
}

/// The tokens of a dataset for a model, from memory where possible.
pub(crate) fn sides(
    studio: &Studio,
    model: &Model,
    dataset: &Dataset,
    settings: &TrainSettings,
    progress: Preparing<'_>,
) -> Result<std::sync::Arc<Sides>, WireError> {
    let renderer = studio.renderer(model.path.as_ref())?;
    studio.prepared.get(studio, dataset, model.path.as_ref(), &*renderer, settings, progress)
}

fn plan(model: &Model, settings: &TrainSettings, sides: &Sides, device: String) -> Result<Plan, TrainError> {
    let job = Job {
        base: model.path.clone().into(),
        base_name: model.name.clone(),
        settings: settings.clone(),
        // Planning writes nothing.
        output: std::path::PathBuf::new(),
        training: rows(&sides.training.rows),
        validation: rows(&sides.validation.rows),
        rows_too_long: sides.training.too_long,
        device,
        threads: 0,
        resume: false,
        available_bytes: system::available_memory(),
    };
    TrainPlan::new(job).map(|plan| plan.summary())
}

fn rows(rows: &[Tokens]) -> Vec<Tokens> {
    rows.to_vec()
}

fn too_big(fit: &Fit) -> Option<String> {
    (!fit.fits).then(|| {
        format!(
            "This run needs about {} of memory and {} are free. Lower the batch size or the max length, or take a smaller base model",
            explain::bytes(fit.needed_bytes),
            explain::bytes(fit.available_bytes)
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

fn warnings(model: &Model, dataset: &Dataset, settings: &TrainSettings, sides: &Sides) -> Vec<String> {
    let mut warnings = Vec::new();
    let rows = sides.training.rows.len() as u64;
    if rows < FEW_ROWS {
        warnings.push(format!("Only {rows} rows to learn from. 50 or more are a good start"));
    }
    let (long, limit) = (sides.training.too_long, settings.max_length);
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
    let unlearnable = sides.training.dropped.saturating_sub(if settings.too_long == TooLong::Drop { long } else { 0 });
    if unlearnable > 0 {
        warnings.push(format!("{unlearnable} rows have no token to learn and are left out"));
    }
    if !model.has_chat_template && dataset.format != Format::Text {
        warnings.push(format!("{} has no chat template. A plain one is used", model.name));
    }
    let hidden = sides.training.hidden_calls;
    if hidden > 0 {
        let calls = if hidden == 1 { "1 tool call is".into() } else { format!("{hidden} tool calls are") };
        warnings.push(format!("{calls} not learned: the chat template of {} does not show them", model.name));
    }
    if sides.validation.rows.is_empty() {
        warnings.push("No rows are held out, so there is no validation loss, and the last step is kept".into());
    }
    warnings
}
