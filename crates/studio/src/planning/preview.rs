//! What a run would do, and what stands in its way, before it starts.

use tunesmith_data::Prepared;
use tunesmith_protocol::{
    Dataset, DiskNeed, Fit, Model, Plan, Preview, SettingProblem, TooLong, TrainSettings, WireError,
};
use tunesmith_sentence::{Sentence, say};
use tunesmith_train::{Job, TrainError, TrainPlan};

use super::SplitTokens;
use super::idle_settings::idle_settings;
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
    /// Free space where the run will lie; none where the system does not say.
    pub free_disk_bytes: Option<u64>,
    /// What is to be known of the model, and of the adapter to continue from.
    pub remarks: Vec<Sentence>,
}

/// The plan of these choices with these tokens, or what stands in its way.
pub(crate) fn preview(choices: &Choices<'_>, tokens: &SplitTokens) -> Preview {
    let mut preview = Preview {
        plan: None,
        problems: Vec::new(),
        blockers: Vec::new(),
        warnings: warnings(choices.dataset.training_rows, choices.training, &choices.remarks, tokens),
        disk: None,
    };
    match draft(choices, tokens) {
        Ok(draft) => {
            let (plan, disk) = (draft.summary(), disk_need(&draft, choices.free_disk_bytes));
            preview.warnings.extend(warnings_of_plan(&plan).chain(too_little_space(&disk)));
            preview.blockers.extend(too_big(&plan.fit));
            (preview.plan, preview.disk) = (Some(plan), Some(disk));
        }
        Err(TrainError::Settings(problems)) => {
            preview.blockers.extend(problems.iter().map(|problem: &SettingProblem| problem.message.clone()));
            preview.problems = problems;
        }
        Err(error) => preview.blockers.push(WireError::from(error).sentence()),
    }
    preview
}

/// What a run of these choices would do, whether or not it fits into memory.
pub(crate) fn draft(choices: &Choices<'_>, tokens: &SplitTokens) -> Result<TrainPlan, TrainError> {
    let job = Job {
        base: choices.model.path.clone().into(),
        base_name: choices.model.name.clone(),
        settings: choices.training.clone(),
        // Planning writes nothing.
        output: std::path::PathBuf::new(),
        training: tokens.training.rows.clone(),
        validation: tokens.validation.rows.clone(),
        rows_too_long: tokens.training.too_long,
        rows_left_out: tokens.training.left_out,
        device: choices.device.clone(),
        threads: choices.threads,
        resume: false,
        chat_template: None,
        available_bytes: choices.available_bytes,
    };
    TrainPlan::draft(job)
}

/// How much of the disk a run needs, and whether there is room.
pub(crate) fn disk_need(plan: &TrainPlan, available_bytes: Option<u64>) -> DiskNeed {
    let files = plan.file_bytes();
    let (checkpoint_bytes, result_bytes) = (files.checkpoints_at_once(), files.result);
    let fits = available_bytes.is_none_or(|free| free >= checkpoint_bytes + result_bytes);
    DiskNeed { fits, checkpoint_bytes, result_bytes, available_bytes }
}

fn too_little_space(disk: &DiskNeed) -> Option<Sentence> {
    let free = disk.available_bytes.filter(|_| !disk.fits)?;
    Some(say!(
        "run-disk-short",
        "Checkpoints and the result need about {needed} on the disk and {free} are free. Without more space the run will have to \
         wait for you",
        needed = byte_size(disk.checkpoint_bytes + disk.result_bytes),
        free = byte_size(free)
    ))
}

fn too_big(fit: &Fit) -> Option<Sentence> {
    (!fit.fits).then(|| {
        say!(
            "run-too-big",
            "This run needs about {needed} of memory and {free} are free. Lower the batch size or the max length, or take a smaller base model",
            needed = byte_size(fit.needed_bytes),
            free = byte_size(fit.available_bytes)
        )
    })
}

fn few_steps(plan: &Plan) -> Option<Sentence> {
    (plan.steps < FEW_STEPS).then(|| {
        say!(
            "run-few-steps", steps;
            "Only 1 step: the model will hardly change. Raise the epochs, or lower batch size × gradient accumulation",
            "Only {steps} steps: the model will hardly change. Raise the epochs, or lower batch size × gradient accumulation",
            steps = plan.steps
        )
    })
}

fn some_measured(plan: &Plan) -> Option<Sentence> {
    (plan.measured_rows < plan.validation_rows).then(|| {
        say!(
            "run-some-rows-measured",
            "Validation is measured on {rows} of {all} held-out rows, so that it takes about a tenth of the time. To measure all of \
             them, set how often to evaluate",
            rows = plan.measured_rows,
            all = plan.validation_rows
        )
    })
}

/// What is to be said of a plan before it is carried out.
pub(crate) fn warnings_of_plan(plan: &Plan) -> impl Iterator<Item = Sentence> {
    few_steps(plan).into_iter().chain(some_measured(plan))
}

/// What is to be said before a run of so many training rows: of them, and these remarks on the model and the adapter to continue
/// from.
pub(crate) fn warnings(
    all: u64,
    settings: &TrainSettings,
    remarks: &[Sentence],
    tokens: &SplitTokens,
) -> Vec<Sentence> {
    let warnings = [
        few_rows(tokens),
        cut_rows(all, tokens),
        short_context(settings, tokens),
        left_out_rows(all, settings, tokens),
        unlearnable_rows(tokens),
    ];
    let remarks = remarks.iter().chain(&tokens.remarks).cloned();
    let idle = idle_settings(settings, !tokens.validation.rows.is_empty());
    warnings.into_iter().flatten().chain(remarks).chain(nothing_held_out(tokens)).chain(idle).collect()
}

fn few_rows(tokens: &SplitTokens) -> Option<Sentence> {
    let rows = tokens.training.rows.len() as u64;
    (rows < FEW_ROWS).then(|| {
        say!(
            "run-few-rows", rows;
            "Only 1 row to learn from. 50 or more are a good start",
            "Only {rows} rows to learn from. 50 or more are a good start",
            rows
        )
    })
}

fn cut_rows(all: u64, tokens: &SplitTokens) -> Option<Sentence> {
    let limit = tokens.limit;
    let long = tokens.training.too_long - tokens.training.left_out;
    (long > 0).then(|| {
        say!(
            "run-rows-cut", long;
            "1 of {all} rows is longer than {limit} tokens and loses its end",
            "{long} of {all} rows are longer than {limit} tokens and lose their end",
            long, all, limit
        )
    })
}

/// A model that reads less than the settings allow for decides where rows are cut.
fn short_context(settings: &TrainSettings, tokens: &SplitTokens) -> Option<Sentence> {
    let (context, wanted) = (tokens.limit, settings.max_length);
    (context < wanted && tokens.training.too_long > 0).then(|| {
        say!(
            "run-context-short",
            "This model reads at most {context} tokens, so that is the limit, not the {wanted} of the settings",
            context,
            wanted
        )
    })
}

fn left_out_rows(all: u64, settings: &TrainSettings, tokens: &SplitTokens) -> Option<Sentence> {
    let limit = tokens.limit;
    let long = tokens.training.left_out;
    match settings.too_long {
        _ if long == 0 => None,
        TooLong::Drop => Some(say!(
            "run-rows-left-out", long;
            "1 of {all} rows is longer than {limit} tokens and is left out",
            "{long} of {all} rows are longer than {limit} tokens and are left out",
            long, all, limit
        )),
        // A run that refuses long rows has none.
        TooLong::Truncate | TooLong::Refuse => Some(say!(
            "run-rows-cut-to-nothing", long;
            "1 of {all} rows is left out: cut at {limit} tokens, it keeps no token to learn",
            "{long} of {all} rows are left out: cut at {limit} tokens, they keep no token to learn",
            long, all, limit
        )),
    }
}

fn unlearnable_rows(tokens: &SplitTokens) -> Option<Sentence> {
    let Prepared { refused, left_out, untaught, .. } = &tokens.training;
    let told = refused.len() as u64 + left_out + untaught;
    let rows = tokens.training.dropped.saturating_sub(told);
    (rows > 0).then(|| {
        say!(
            "run-rows-unlearnable", rows;
            "1 row has no token to learn and is left out", "{rows} rows have no token to learn and are left out", rows
        )
    })
}

fn nothing_held_out(tokens: &SplitTokens) -> Option<Sentence> {
    tokens.validation.rows.is_empty().then(|| {
        say!("run-nothing-held-out", "No rows are held out, so there is no validation loss, and the last step is kept")
    })
}
