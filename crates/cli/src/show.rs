//! A run as people follow it: the plan, a bar with loss and time left, and how it ended. Off a terminal, a line now
//! and then in place of the bar.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tunesmith_protocol::{Layers, Method, Plan, RunRecord, RunState, RunWork, StepMetrics, TooLong};
use tunesmith_sentence::{Sentence, say};
use tunesmith_studio::{Losses, is_no_better};

use crate::language::translate;
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

/// Says on the bar what is going on, and how far it is.
pub(crate) fn advance(bar: &ProgressBar, what: &Sentence, done: u64, total: u64) {
    let what = translate(what);
    if bar.message() != what {
        bar.set_message(what);
    }
    bar.set_length(total);
    bar.set_position(done);
}

/// What is shown of a run.
pub(crate) struct Show<'a> {
    out: &'a Out,
    bar: ProgressBar,
    /// When the first step of this process ended, and which it was: time left is told from here.
    first: Option<(Instant, u32)>,
    told: Instant,
    steps: u32,
    losses: Losses,
    /// The training losses of the first step that was seen, and of the last.
    training: Option<(f64, f64)>,
}

impl<'a> Show<'a> {
    /// What is shown of a run that has these losses from before, if it goes on.
    pub(crate) fn new(out: &'a Out, losses: Losses) -> Self {
        let bar = bar(0, "{prefix}{wide_bar} {pos}/{len}{msg}");
        Self { out, bar, first: None, told: Instant::now(), steps: 0, losses, training: None }
    }

    /// Shows one record.
    pub(crate) fn record(&mut self, record: &RunRecord) {
        self.losses.add(record);
        match record {
            RunRecord::Plan { plan } => self.plan(plan),
            RunRecord::Preparing { what, fraction } => {
                self.bar.set_prefix(format!("{} ", translate(what)));
                self.bar.set_length(100);
                self.bar.set_position((fraction * 100.0) as u64);
            }
            RunRecord::Working { work, step, done, total } => self.working(*work, *step, *done, *total),
            RunRecord::Step(metrics) => self.step(metrics),
            RunRecord::Eval { step, loss, .. } => self.eval(*step, *loss),
            RunRecord::Status { status: RunState::Paused { reason, stopping } } => {
                self.note(say!("shell-show-paused", "Paused: {reason}", reason));
                self.note(free_some_space(*stopping));
            }
            RunRecord::Rewind { step } => self.note(say!("shell-show-going-on", "Going on after step {step}", step)),
            RunRecord::Done { step, best_step, .. } => self.done(*step, *best_step),
            RunRecord::Stopped { step, checkpoint } => {
                self.bar.finish_and_clear();
                if let Some(measured) = measured(&self.losses, None) {
                    self.out.note(measured);
                }
                self.out.note(say!(
                    "shell-show-stopped",
                    "Stopped after step {step}; checkpoint: {checkpoint}",
                    step,
                    checkpoint
                ));
            }
            RunRecord::Error { .. } => self.bar.finish_and_clear(),
            RunRecord::Status { .. } | RunRecord::Checkpoint { .. } => {}
        }
    }

    /// How far a long step or a measurement is, behind the bar of the steps.
    fn working(&self, work: RunWork, step: u32, done: u64, total: u64) {
        let said = match (work, step) {
            (RunWork::Step, _) => say!("shell-show-in-step", "step {step}: {done} of {total} rows", step, done, total),
            (RunWork::Evaluation, 0) => {
                say!("shell-show-measuring-before", "measuring before training: {done} of {total} rows", done, total)
            }
            (RunWork::Evaluation, _) => {
                say!("shell-show-measuring", "measuring: {done} of {total} rows", done, total)
            }
        };
        self.bar.set_message(format!("  {}", translate(&said)));
    }

    fn plan(&mut self, plan: &Plan) {
        self.steps = plan.steps;
        plan_lines(plan).into_iter().for_each(|line| self.note(line));
    }

    fn step(&mut self, metrics: &StepMetrics) {
        let first = self.training.map_or(metrics.loss, |(first, _)| first);
        self.training = Some((first, metrics.loss));
        // Until now the bar told how the preparation went.
        self.bar.set_prefix("");
        self.bar.set_length(u64::from(self.steps));
        let (since, from) = *self.first.get_or_insert((Instant::now(), metrics.step));
        let done = metrics.step.saturating_sub(from);
        let left = self.steps.saturating_sub(metrics.step);
        let left = (done > 0).then(|| since.elapsed().as_secs_f64() / f64::from(done) * f64::from(left));
        let speed = speed(metrics.tokens_per_second, left);
        self.bar.set_position(u64::from(metrics.step));
        let parts = [Some(loss(metrics.loss)), self.best(), Some(speed.clone())];
        self.bar.set_message(parts.iter().flatten().map(|part| format!("  {}", translate(part))).collect::<String>());
        if self.bar.is_hidden() && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            self.out.note(say!(
                "shell-show-step",
                "step {step}/{steps}: {loss}, {speed}",
                step = metrics.step,
                steps = self.steps,
                loss = loss(metrics.loss),
                speed
            ));
        }
    }

    fn eval(&self, step: u32, loss: f64) {
        if self.bar.is_hidden() {
            self.out.note(say!(
                "shell-show-eval",
                "step {step}/{steps}: validation loss {loss}",
                step,
                steps = self.steps,
                loss = number(loss)
            ));
        }
    }

    fn done(&self, steps: u32, best_step: u32) {
        self.bar.finish_and_clear();
        self.out.note(say!("shell-show-done", steps; "Done after 1 step", "Done after {steps} steps", steps));
        if let Some(measured) = measured(&self.losses, Some(best_step)).or_else(|| self.risen()) {
            self.out.note(measured);
        }
    }

    /// Where nothing was held out: that the training loss rose.
    fn risen(&self) -> Option<Sentence> {
        let (first, last) = self.training?;
        is_no_better(None, self.training).then(|| {
            say!(
                "shell-show-risen",
                "Training loss {from} → {to}: the model is worse than the one it began with. Try a lower learning rate",
                from = number(first),
                to = number(last)
            )
        })
    }

    fn best(&self) -> Option<Sentence> {
        let best = self.losses.kept(None).map(|(_, loss)| loss).or(self.losses.at_start())?;
        Some(say!("shell-show-validation", "validation {loss}", loss = number(best)))
    }

    /// A line above the bar.
    fn note(&self, sentence: Sentence) {
        self.bar.suspend(|| self.out.note(sentence));
    }
}

impl Drop for Show<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What the validation rows say of the step that is kept, beside where the run began.
fn measured(losses: &Losses, best_step: Option<u32>) -> Option<Sentence> {
    let (start, (step, kept)) = (losses.at_start()?, losses.kept(best_step)?);
    let (from, to) = (number(start), number(kept));
    Some(match is_no_better(Some((start, kept)), None) {
        false => say!("shell-show-better", "Validation loss {from} → {to}: step {step} is kept", from, to, step),
        true => say!(
            "shell-show-no-better",
            "Validation loss {from} → {to}: step {step} is kept, no better than the model it began with. Try a lower rate, fewer epochs or more rows",
            from,
            to,
            step
        ),
    })
}

/// A loss, as exactly as people compare it.
fn number(loss: f64) -> String {
    format!("{loss:.3}")
}

fn loss(loss: f64) -> Sentence {
    say!("shell-show-loss", "loss {loss}", loss = number(loss))
}

/// How fast it goes, and how many seconds are left where that is known.
fn speed(tokens_per_second: f64, left: Option<f64>) -> Sentence {
    let tokens = table::count(tokens_per_second as u64);
    match left.map(table::duration) {
        Some(time) => say!("shell-show-speed-left", "{tokens} tokens/s, {time} left", tokens, time),
        None => say!("shell-show-speed", "{tokens} tokens/s", tokens),
    }
}

fn free_some_space(stopping: bool) -> Sentence {
    match stopping {
        false => say!("shell-show-paused-hint", "Free some space: it goes on by itself, or press Ctrl-C to stop"),
        true => {
            say!("shell-show-stopping-hint", "Free some space: what was learned is saved then and the run stops")
        }
    }
}

fn plan_lines(plan: &Plan) -> Vec<Sentence> {
    let batch = plan.training.batch_size * plan.training.gradient_accumulation;
    let mut lines = vec![
        say!(
            "shell-plan-training",
            rows;
            "Training {trained} on {device}: 1 row, {held_out} held out, {tokens} learned tokens an epoch",
            "Training {trained} on {device}: {rows} rows, {held_out} held out, {tokens} learned tokens an epoch",
            trained = trained(plan),
            device = &plan.device,
            rows = plan.rows,
            held_out = plan.validation_rows,
            tokens = table::count(plan.learned_tokens)
        ),
        say!(
            "shell-plan-steps",
            steps;
            "1 step of {rows}; needs about {needed} of {free} free memory",
            "{steps} steps of {rows}; needs about {needed} of {free} free memory",
            steps = plan.steps,
            rows = say!("shell-rows", rows; "1 row", "{rows} rows", rows = batch),
            needed = table::bytes(plan.fit.needed_bytes),
            free = table::bytes(plan.fit.available_bytes)
        ),
    ];
    lines.extend(cut(plan));
    lines.extend(left_out(plan));
    lines
}

/// Rows that lose their end.
fn cut(plan: &Plan) -> Option<Sentence> {
    let (rows, limit) = (plan.rows_too_long - plan.rows_left_out, plan.training.max_length);
    (rows > 0).then(|| {
        say!(
            "shell-plan-cut",
            rows;
            "1 row is longer than {limit} tokens and loses its end",
            "{rows} rows are longer than {limit} tokens and lose their end",
            rows,
            limit
        )
    })
}

/// Rows that are left out because of their length.
fn left_out(plan: &Plan) -> Option<Sentence> {
    let (rows, limit) = (plan.rows_left_out, plan.training.max_length);
    match plan.training.too_long {
        _ if rows == 0 => None,
        TooLong::Drop => Some(say!(
            "shell-plan-left-out",
            rows;
            "1 row is longer than {limit} tokens and is left out",
            "{rows} rows are longer than {limit} tokens and are left out",
            rows,
            limit
        )),
        // A run that refuses long rows does not get here.
        TooLong::Truncate | TooLong::Refuse => Some(say!(
            "shell-plan-cut-to-nothing",
            rows;
            "1 row is left out: cut at {limit} tokens, it keeps no token to learn",
            "{rows} rows are left out: cut at {limit} tokens, they keep no token to learn",
            rows,
            limit
        )),
    }
}

fn trained(plan: &Plan) -> Sentence {
    let weights = table::count(plan.trainable_parameters);
    match plan.training.method {
        Method::Lora | Method::Dora => say!("shell-plan-adapter", "an adapter of {weights} weights", weights),
        Method::Full if plan.training.layers != Layers::All => {
            say!("shell-plan-layers", "{weights} weights of some layers", weights)
        }
        Method::Full => say!("shell-plan-full", "all {weights} weights", weights),
        Method::Scratch => say!("shell-plan-scratch", "a new model of {weights} weights", weights),
    }
}
