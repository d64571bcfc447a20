//! Choices in, plan out: every `auto` is decided, steps are counted, and what cannot work is refused before anything
//! is loaded.

mod checks;
pub(crate) mod evaluations;
mod files;
mod memory;
mod work;

use evaluations::{EvaluationRule, Evaluations, Steps};
use tunesmith_data::Tokens;
use tunesmith_model::device::{self, Chosen};
use tunesmith_model::{Device, ModelConfig, WeightFormat, facts};
use tunesmith_protocol::{AutoOr, Fit, Layers, Method, Plan, Precision, Switch, TargetModules, TrainSettings};

use crate::batches::Batches;
use crate::targets::{Targets, beside};
use crate::{Job, Schedule, TrainError, WarmUp, weight_format};

pub use files::FileBytes;

/// What a run will do.
pub struct TrainPlan {
    job: Job,
    config: ModelConfig,
    device: Chosen,
    steps: u32,
    evaluations: Evaluations,
    save_every: u32,
    targets: Targets,
    memory: memory::Decision,
    trainable_parameters: u64,
}

impl TrainPlan {
    /// Plans a job. Cheap: it reads the model's config and the headers of its weights.
    ///
    /// # Errors
    /// What the settings, the rows or the memory do not allow.
    pub fn new(job: Job) -> Result<Self, TrainError> {
        let plan = Self::draft(job)?;
        plan.memory.require_fit()?;
        Ok(plan)
    }

    /// The same of a job that need not fit into memory, to be looked at.
    ///
    /// # Errors
    /// What the settings or the rows do not allow.
    pub fn draft(job: Job) -> Result<Self, TrainError> {
        let config = match job.settings.method {
            Method::Scratch => ModelConfig::read(&job.base)?,
            Method::Lora | Method::Dora | Method::Full => facts(&job.base)?.config,
        };
        checks::settings(&job)?;
        let targets = Targets::of(&job, &config)?;
        checks::rows(&job, &config)?;
        checks::output(&job)?;
        let steps_per_epoch = batches(&job).steps_per_epoch();
        let steps = steps(&job.settings, steps_per_epoch);
        let rule = if job.resume { EvaluationRule::of_run(&job.output) } else { EvaluationRule::default() };
        let cost = Steps { count: steps, per_epoch: steps_per_epoch, tokens: tokens_of(&job, steps) };
        let evaluations = Evaluations::decide(job.settings.eval_every, rule, &job.validation, &cost);
        let save_every = resolve(job.settings.save_every, evaluations.every);
        let device =
            device::choose(if job.settings.device == device::AUTO { &job.device } else { &job.settings.device })?;
        let memory = memory::decide(&job, &config, &targets, device.id)?;
        let trainable_parameters = memory::trainable_parameters(&config, &targets);
        Ok(Self { job, config, device, steps, evaluations, save_every, targets, memory, trainable_parameters })
    }

    /// What a person sees before and during the run.
    pub fn summary(&self) -> Plan {
        let count = |rows: &[Tokens]| rows.len() as u64;
        Plan {
            training: self.resolved(),
            device: self.device.id.into(),
            rows: count(&self.job.training),
            validation_rows: count(&self.job.validation),
            measured_rows: self.evaluations.rows as u64,
            rows_too_long: self.job.rows_too_long,
            rows_left_out: self.job.rows_left_out,
            steps: self.steps,
            tokens: self.job.training.iter().map(|row| row.ids.len() as u64).sum(),
            learned_tokens: self.job.training.iter().map(checks::learned).sum(),
            trainable_parameters: self.trainable_parameters,
            fit: Fit {
                fits: self.memory.fits,
                needed_bytes: self.memory.needed_bytes,
                available_bytes: self.memory.available_bytes,
                parts: self.memory.parts(),
            },
        }
    }

    /// The settings with every `auto` decided.
    fn resolved(&self) -> TrainSettings {
        let settings = self.taken_over();
        TrainSettings {
            precision: if settings.precision == Precision::Auto { Precision::F32 } else { settings.precision },
            gradient_checkpointing: if self.memory.recompute { Switch::On } else { Switch::Off },
            eval_every: AutoOr::Steps(self.evaluations.every),
            save_every: AutoOr::Steps(self.save_every),
            device: self.device.id.into(),
            max_length: match u32::try_from(self.config.context_length) {
                Ok(context) if context > 0 => settings.max_length.min(context),
                _ => settings.max_length,
            },
            ..settings
        }
    }

    /// The settings, with those of the adapter that the run continues from in the place of its own.
    fn taken_over(&self) -> TrainSettings {
        let settings = self.job.settings.clone();
        let (Some(_), Some(lora)) = (&settings.init_adapter, &self.targets.lora) else { return settings };
        TrainSettings {
            method: if lora.dora { Method::Dora } else { Method::Lora },
            lora_rank: u32::try_from(lora.rank).unwrap_or(u32::MAX),
            lora_alpha: lora.alpha,
            use_rslora: lora.rslora,
            target_modules: TargetModules::Named(lora.target_modules.clone()),
            layers: match &lora.layers {
                Some(layers) => Layers::Ranges(layers.iter().map(|&layer| (layer as u32, layer as u32)).collect()),
                None => Layers::All,
            },
            ..beside::taken_over(lora, settings)
        }
    }

    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    /// What the base model is made of.
    pub(crate) fn config(&self) -> &ModelConfig {
        &self.config
    }

    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// The name of where it computes.
    pub(crate) fn device_id(&self) -> &'static str {
        self.device.id
    }

    /// Where it computes.
    pub(crate) fn device(&self) -> &Device {
        &self.device.device
    }

    pub(crate) fn steps(&self) -> u32 {
        self.steps
    }

    pub(crate) fn batches(&self) -> Batches {
        batches(&self.job)
    }

    /// The schedule, with the warm-up by the rule that the run was started with.
    pub(crate) fn schedule(&self, warm_up: WarmUp) -> Schedule {
        let settings = &self.job.settings;
        let schedule = Schedule::new(settings.scheduler, settings.learning_rate, settings.warmup_ratio, self.steps);
        Schedule { warm_up, ..schedule }
    }

    /// Whether the validation rows are measured after `step`: before the first, regularly, and at the end.
    pub(crate) fn evaluates_at(&self, step: u32) -> bool {
        !self.job.validation.is_empty() && (step.is_multiple_of(self.evaluations.every) || step == self.steps)
    }

    /// The validation rows that are measured.
    pub(crate) fn measured_rows(&self) -> impl Iterator<Item = &Tokens> {
        self.evaluations.measured(&self.job.validation)
    }

    /// Whether a checkpoint is written after `step` in any case.
    pub(crate) fn saves_at(&self, step: u32) -> bool {
        step > 0 && (step.is_multiple_of(self.save_every) || step == self.steps)
    }

    /// Whether a checkpoint is also written when the last one is old.
    pub(crate) fn saves_by_time(&self) -> bool {
        self.job.settings.save_every == AutoOr::Auto
    }

    /// How the base model's matrices are held.
    pub(crate) fn weight_format(&self) -> WeightFormat {
        weight_format(&self.job.settings)
    }

    pub(crate) fn recompute(&self) -> bool {
        self.memory.recompute
    }

    pub(crate) fn threads(&self) -> usize {
        memory::threads(self.job.threads)
    }

    /// Refuses what does not fit into memory.
    pub(crate) fn require_fit(&self) -> Result<(), TrainError> {
        self.memory.require_fit()
    }

    /// How many weights are trained.
    pub(crate) fn trainable_parameters(&self) -> u64 {
        self.trainable_parameters
    }

    /// How many micro-batches are computed side by side.
    pub(crate) fn side_by_side(&self) -> usize {
        self.memory.side_by_side
    }
}

fn batches(job: &Job) -> Batches {
    Batches {
        rows: job.training.len(),
        batch_size: job.settings.batch_size as usize,
        accumulation: job.settings.gradient_accumulation as usize,
        seed: job.settings.seed,
    }
}

/// The tokens of so many steps, which see all rows alike.
fn tokens_of(job: &Job, steps: u32) -> f64 {
    let tokens: usize = job.training.iter().map(|row| row.ids.len()).sum();
    let rows = f64::from(steps) * f64::from(job.settings.batch_size) * f64::from(job.settings.gradient_accumulation);
    rows * tokens as f64 / job.training.len().max(1) as f64
}

/// Max steps wins over epochs, as in transformers' Trainer; a part of an epoch is rounded up to whole steps.
fn steps(settings: &TrainSettings, steps_per_epoch: u32) -> u32 {
    // Less a hair, so that 1.1 epochs of 10 steps are 11 and not 12.
    let by_epochs = (settings.epochs * f64::from(steps_per_epoch) - 1e-6).ceil().max(1.0) as u32;
    settings.max_steps.unwrap_or(by_epochs)
}

fn resolve(setting: AutoOr, choice: u32) -> u32 {
    match setting {
        AutoOr::Auto => choice.max(1),
        AutoOr::Steps(steps) => steps,
    }
}
