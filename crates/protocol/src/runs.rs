//! Runs: what is asked for, what is planned, what happened.

use tunesmith_sentence::Sentence;

use crate::{RunConfig, SettingProblem, TrainSettings, WritePath, wire};

wire! {
    /// Ask for a run.
    pub struct StartRun {
        /// A name; null makes one from dataset and model.
        pub name: Option<String>,
        /// The base model's id.
        pub model: String,
        /// The dataset's id.
        pub dataset: String,
        /// The number of its version; null is the one in use.
        #[serde(default)]
        pub version: Option<u32>,
        /// How to train.
        pub training: TrainSettings,
        /// The preset whose settings these are, unchanged; null where there is none.
        #[serde(default)]
        pub preset: Option<String>,
    }

    /// Ask what a run would do.
    pub struct PreviewRun {
        /// The choices.
        pub start: StartRun,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// Ask for the run file that stands for these choices.
    pub struct RunYaml {
        /// The choices.
        pub start: StartRun,
        /// Where to write it; null returns its bytes.
        pub save_to: Option<WritePath>,
    }

    /// What a run would do, computed before it starts.
    pub struct Plan {
        /// The settings with every `auto` resolved.
        pub training: TrainSettings,
        /// The device: `cpu` or `cuda:0`.
        pub device: String,
        /// Training rows after the length rule.
        pub rows: u64,
        /// Validation rows after the length rule.
        pub validation_rows: u64,
        /// Of these, the rows that are measured, so that measuring takes no more than a part of the run.
        #[serde(default)]
        pub measured_rows: u64,
        /// Rows with something to learn that are longer than the limit.
        pub rows_too_long: u64,
        /// Of these, rows that are left out: all of them, or those that keep no token to learn once they are cut.
        #[serde(default)]
        pub rows_left_out: u64,
        /// Optimiser steps.
        pub steps: u32,
        /// Tokens in one epoch.
        pub tokens: u64,
        /// Learned tokens in one epoch.
        pub learned_tokens: u64,
        /// Weights that are trained.
        pub trainable_parameters: u64,
        /// The memory guard's answer.
        pub fit: Fit,
    }

    /// What a start would meet: a plan, or what stands in its way.
    pub struct Preview {
        /// The plan; null while something stands in its way.
        pub plan: Option<Plan>,
        /// Settings that cannot be used.
        pub problems: Vec<SettingProblem>,
        /// Why it cannot start; empty when it can.
        pub blockers: Vec<Sentence>,
        /// What the user should know; empty when nothing.
        pub warnings: Vec<Sentence>,
        /// How much of the disk it needs; null without a plan.
        #[serde(default)]
        pub disk: Option<DiskNeed>,
    }

    /// How much of the disk a run needs, and what there is.
    pub struct DiskNeed {
        /// Whether there is room.
        pub fits: bool,
        /// The most that its checkpoints take at once.
        pub checkpoint_bytes: u64,
        /// The result.
        pub result_bytes: u64,
        /// Free now; null where the system does not say.
        pub available_bytes: Option<u64>,
    }

    /// How long a run will take.
    pub struct RunEstimate {
        /// On this machine, when it does nothing else; null where that cannot be measured now.
        pub time: Option<RunTime>,
        /// A run is at work, so that this one would take longer now.
        pub busy: bool,
    }

    /// The time of a run.
    pub struct RunTime {
        /// All of it.
        pub ms: u64,
        /// The same as people say it: `about 4 minutes`.
        pub about: Sentence,
        /// Where it goes, the longest first.
        pub parts: Vec<TimePart>,
    }

    /// One part of the time.
    pub struct TimePart {
        /// What.
        pub what: Sentence,
        /// How long.
        pub ms: u64,
        /// The same as people say it.
        pub about: Sentence,
    }

    /// How much memory a run needs, and what there is.
    pub struct Fit {
        /// Whether it fits.
        pub fits: bool,
        /// Rough need.
        pub needed_bytes: u64,
        /// Free now.
        pub available_bytes: u64,
        /// What needs it: weights, adapter and optimiser, activations, …
        pub parts: Vec<FitPart>,
    }

    /// One part of the need.
    pub struct FitPart {
        /// What.
        pub what: Sentence,
        /// How much.
        pub bytes: u64,
    }

    /// Where a run stands.
    #[serde(tag = "state", rename_all = "snake_case")]
    pub enum RunState {
        /// Waiting in the queue until the runs before it are over.
        Queued {
            /// The user holds it back: it does not start before it is released.
            held: bool
        },
        /// Tokenising the rows and loading the model.
        Preparing,
        /// Training.
        Running,
        /// Waiting for the user, e.g. with a full disk; the weights are in memory.
        Paused {
            /// Why, in a sentence.
            reason: Sentence,
            /// A stop was asked for: as soon as there is room, what was learned is kept and the run ends.
            #[serde(default)]
            stopping: bool
        },
        /// Stopped by the user; the result so far is kept.
        Stopped,
        /// The process that trained is gone; it can be resumed.
        Interrupted,
        /// Finished.
        Done,
        /// Failed.
        Failed {
            /// What happened and why.
            message: Sentence,
            /// What to do next.
            hint: Sentence
        },
    }

    /// A run.
    pub struct Run {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// Where it stands.
        pub status: RunState,
        /// The preset whose settings it has, unchanged; null where there is none.
        pub preset: Option<String>,
        /// The run file it was started with.
        pub config: RunConfig,
        /// The base model's id.
        pub model: String,
        /// The base model's name.
        pub model_name: String,
        /// The dataset's id; empty for a run started from a run file.
        pub dataset: String,
        /// The dataset's name.
        pub dataset_name: String,
        /// The number of the dataset's version; null for a run straight from files.
        pub dataset_version: Option<u32>,
        /// The system prompt that most training rows share; null when there is none.
        pub system_prompt: Option<String>,
        /// The plan; null until prepared.
        pub plan: Option<Plan>,
        /// Steps done.
        pub step: u32,
        /// The latest training loss.
        pub loss: Option<f64>,
        /// Validation loss before the first step.
        pub first_eval_loss: Option<f64>,
        /// The validation loss of the step that is kept: the lowest after a step. It can be higher than before the first.
        pub best_eval_loss: Option<f64>,
        /// The step that is kept.
        pub best_step: Option<u32>,
        /// The trained adapter or model (best, or last without validation); null until there is one.
        pub result_path: Option<String>,
        /// Its folder.
        pub path: String,
        /// Its size on disk.
        pub size_bytes: u64,
        /// The user's tags.
        pub tags: Vec<String>,
        /// When it was started, in milliseconds since 1970.
        pub started_ms: u64,
        /// Time spent training.
        pub elapsed_ms: u64,
        /// Where a new run can continue with a lower learning rate, once the loss of this one was no number; else null.
        pub continue_from: Option<GoodCheckpoint>,
        /// The training loss of the first step.
        #[serde(default)]
        pub first_loss: Option<f64>,
        /// There is a result, and it is no better than what the run began with: by the held-out rows, or by the training
        /// loss where nothing was held out.
        #[serde(default)]
        pub no_better: bool,
    }

    /// Checkpoints beside the best and the last one.
    pub struct SpareCheckpoints {
        /// How many.
        pub count: u32,
        /// What they take on the disk.
        pub bytes: u64,
    }

    /// A checkpoint from before the loss was no number.
    pub struct GoodCheckpoint {
        /// Its step.
        pub step: u32,
        /// Its folder, which holds an adapter.
        pub path: String,
    }

    /// A file made from a run.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum RunFileKind {
        /// Loss curves as PNG.
        ChartPng,
        /// Loss curves as SVG.
        ChartSvg,
        /// What was measured at each step, as CSV.
        MetricsCsv,
        /// The run file.
        Yaml,
    }

    /// Ask for a file made from a run.
    pub struct RunFileRequest {
        /// The run.
        pub run: String,
        /// Which file.
        pub kind: RunFileKind,
        /// Where to write it; null returns its bytes.
        pub save_to: Option<WritePath>,
    }

    /// A file made from a run.
    pub struct RunFile {
        /// A sensible file name.
        pub name: String,
        /// Its media type.
        pub mime: String,
        /// Its bytes in base64; empty when it was written to `save_to`.
        pub base64: String,
    }
}

impl From<StartRun> for PreviewRun {
    fn from(start: StartRun) -> Self {
        Self { start, job: None }
    }
}
