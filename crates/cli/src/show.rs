//! A run as people follow it: the plan, a bar with loss and time left, and how it ended. Off a terminal, a line now
//! and then in place of the bar.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tunesmith_protocol::{Layers, Method, Plan, RunRecord, RunState, StepMetrics};

use crate::{Out, table};

/// How often a line tells where the run is when there is no terminal for a bar.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// A progress bar on stderr; hidden where that is no terminal.
pub(crate) fn bar(length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    // The templates are fixed texts of this crate: should one be wrong, the plain bar does.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// What is shown of a run.
pub(crate) struct Show<'a> {
    out: &'a Out,
    bar: ProgressBar,
    /// When the first step of this process ended, and which it was: time left is told from here.
    first: Option<(Instant, u32)>,
    told: Instant,
    steps: u32,
    first_eval: Option<f64>,
    best_eval: Option<f64>,
}

impl<'a> Show<'a> {
    pub(crate) fn new(out: &'a Out) -> Self {
        let bar = bar(0, "{prefix}{wide_bar} {pos}/{len}{msg}");
        Self { out, bar, first: None, told: Instant::now(), steps: 0, first_eval: None, best_eval: None }
    }

    /// Shows one record.
    pub(crate) fn record(&mut self, record: &RunRecord) {
        match record {
            RunRecord::Plan { plan } => self.plan(plan),
            RunRecord::Preparing { what, fraction } => {
                self.bar.set_prefix(format!("{what} "));
                self.bar.set_length(100);
                self.bar.set_position((fraction * 100.0) as u64);
            }
            RunRecord::Step(metrics) => self.step(metrics),
            RunRecord::Eval { step, loss, .. } => self.eval(*step, *loss),
            RunRecord::Status { status: RunState::Paused { reason, stopping } } => {
                let next = match stopping {
                    false => "Free some space: it goes on by itself, or press Ctrl-C to stop",
                    true => "Free some space: what was learned is saved then and the run stops",
                };
                self.note(&format!("Paused: {reason}\n{next}"));
            }
            RunRecord::Rewind { step } => self.note(&format!("Going on after step {step}")),
            RunRecord::Done { step, best_step, .. } => self.done(*step, *best_step),
            RunRecord::Stopped { step, checkpoint } => {
                self.bar.finish_and_clear();
                self.out.note(format!("Stopped after step {step}; checkpoint: {checkpoint}"));
            }
            RunRecord::Error { .. } => self.bar.finish_and_clear(),
            RunRecord::Status { .. } | RunRecord::Checkpoint { .. } => {}
        }
    }

    fn plan(&mut self, plan: &Plan) {
        self.steps = plan.steps;
        plan_lines(plan).iter().for_each(|line| self.note(line));
    }

    fn step(&mut self, metrics: &StepMetrics) {
        // Until now the bar told how the preparation went.
        self.bar.set_prefix("");
        self.bar.set_length(u64::from(self.steps));
        let (since, from) = *self.first.get_or_insert((Instant::now(), metrics.step));
        let done = metrics.step.saturating_sub(from);
        let left = self.steps.saturating_sub(metrics.step);
        let left = (done > 0).then(|| since.elapsed().as_secs_f64() / f64::from(done) * f64::from(left));
        let left = left.map(|seconds| format!(", {} left", table::duration(seconds))).unwrap_or_default();
        let speed = table::count(metrics.tokens_per_second as u64);
        self.bar.set_position(u64::from(metrics.step));
        self.bar.set_message(format!("  loss {:.3}{}  {speed} tokens/s{left}", metrics.loss, self.best()));
        if self.bar.is_hidden() && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            self.out.note(format!(
                "step {}/{}: loss {:.3}, {speed} tokens/s{left}",
                metrics.step, self.steps, metrics.loss
            ));
        }
    }

    fn eval(&mut self, step: u32, loss: f64) {
        self.first_eval.get_or_insert(loss);
        self.best_eval = Some(self.best_eval.map_or(loss, |best| best.min(loss)));
        if self.bar.is_hidden() {
            self.out.note(format!("step {step}/{}: validation loss {loss:.3}", self.steps));
        }
    }

    fn done(&self, step: u32, best_step: u32) {
        self.bar.finish_and_clear();
        let change = match (self.first_eval, self.best_eval) {
            (Some(first), Some(best)) => format!("; validation loss {first:.3} → {best:.3} at step {best_step}"),
            _ => String::new(),
        };
        self.out.note(format!("Done after {step} steps{change}"));
    }

    fn best(&self) -> String {
        self.best_eval.map(|best| format!("  validation {best:.3}")).unwrap_or_default()
    }

    /// A line above the bar.
    fn note(&self, text: &str) {
        self.bar.suspend(|| self.out.note(text));
    }
}

impl Drop for Show<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn plan_lines(plan: &Plan) -> Vec<String> {
    let trained = match plan.training.method {
        Method::Lora | Method::Dora => format!("an adapter of {} weights", table::count(plan.trainable_parameters)),
        Method::Full if plan.training.layers != Layers::All => {
            format!("{} weights of some layers", table::count(plan.trainable_parameters))
        }
        Method::Full => format!("all {} weights", table::count(plan.trainable_parameters)),
        Method::Scratch => format!("a new model of {} weights", table::count(plan.trainable_parameters)),
    };
    let batch = plan.training.batch_size * plan.training.gradient_accumulation;
    let mut lines = vec![
        format!(
            "Training {trained} on {}: {} rows, {} held out, {} learned tokens an epoch",
            plan.device,
            plan.rows,
            plan.validation_rows,
            table::count(plan.learned_tokens)
        ),
        format!(
            "{} steps of {batch} rows; needs about {} of {} free memory",
            plan.steps,
            table::bytes(plan.fit.needed_bytes),
            table::bytes(plan.fit.available_bytes)
        ),
    ];
    if plan.rows_too_long > 0 {
        let (rows, limit, rule) = (plan.rows_too_long, plan.training.max_length, plan.training.too_long.word());
        lines.push(format!("{rows} rows are longer than {limit} tokens (too_long: {rule})"));
    }
    lines
}
