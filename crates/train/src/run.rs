//! The run itself, from loading to the result. Each step is a pure function of the state and the step's number, so a
//! resumed run goes on exactly as if it had never stopped.

mod ending;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tunesmith_protocol::{RunWork, StepMetrics};
use tunesmith_sentence::say;

use crate::batches::{MicroBatch, micro_batches};
use crate::halt::{Halt, tell};
use crate::learner::Learner;
use crate::run_folder::{Damaged, newest_and_damaged, put_aside};
use crate::run_inputs::RunInputs;
use crate::state::State;
use crate::step::{Sum, Update};
use crate::workers::Workers;
use crate::{Optimizer, Outcome, Progress, StopRequest, TrainError, TrainPlan, checkpoint, evaluate};

/// The oldest that the newest checkpoint gets where the user left the choice to us.
const SAVE_WITHIN: Duration = Duration::from_secs(600);
/// Between two attempts to write to a full disk, so that a caller that always says “again” does not spin.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Trains. `report` hears of everything as it happens and can stop the run with its answer.
///
/// # Errors
/// When the run cannot go on, and [`TrainError::Aborted`] when `report` says so.
pub fn run(
    plan: TrainPlan,
    report: &mut dyn FnMut(Progress) -> ControlFlow<StopRequest>,
) -> Result<Outcome, TrainError> {
    let mut run = match Run::open(&plan, report) {
        Ok(run) => run,
        // Nothing is loaded yet, so there is nothing to keep.
        Err(Halt::Save) => return Err(TrainError::Aborted),
        Err(Halt::Error(error)) => return Err(error),
    };
    match run.train() {
        Ok(()) => run.finish(),
        Err(Halt::Save) => run.stop(),
        Err(Halt::Error(error)) => Err(run.with_a_way_on(error)),
    }
}

struct Run<'a> {
    plan: &'a TrainPlan,
    report: &'a mut dyn FnMut(Progress) -> ControlFlow<StopRequest>,
    workers: Workers,
    learner: Learner,
    optimizer: Optimizer,
    state: State,
    /// A stop was asked for while the disk was full.
    stopping: bool,
    /// The step of the newest checkpoint, and when it was written.
    saved: Option<u32>,
    saved_at: Instant,
    /// When this part of the run began, and the time that earlier parts took.
    started: Instant,
    elapsed_before: Duration,
}

impl<'a> Run<'a> {
    /// Loads the base model, or the newest checkpoint of a resumed run.
    fn open(
        plan: &'a TrainPlan,
        report: &'a mut dyn FnMut(Progress) -> ControlFlow<StopRequest>,
    ) -> Result<Self, Halt> {
        let job = plan.job();
        let workers = Workers::new(plan.threads(), plan.side_by_side())?;
        let inputs = RunInputs::of(job, plan.device_id())?;
        let (checkpoint, damaged) = if job.resume { newest_and_damaged(&job.output)? } else { (None, Vec::new()) };
        let mut loading = |fraction| match report(Progress::Loading(fraction)) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(_) => ControlFlow::Break(()),
        };
        let optimizer = job.settings.optimizer;
        let (learner, optimizer, state) = match &checkpoint {
            None => (Learner::new(plan, &mut loading)?, Optimizer::new(optimizer), State::start(inputs)),
            Some(folder) => {
                let state = checkpoint::state(folder)?;
                state.inputs.require_same(&inputs)?;
                (Learner::resume(plan, folder, &mut loading)?, checkpoint::optimizer(folder, optimizer)?, state)
            }
        };
        let now = Instant::now();
        let mut run = Self {
            plan,
            report,
            workers,
            learner,
            optimizer,
            stopping: false,
            saved: checkpoint.map(|_| state.step),
            saved_at: now,
            started: now,
            elapsed_before: Duration::from_millis(state.elapsed_ms),
            state,
        };
        for Damaged { step, reason } in damaged {
            let kept = put_aside(&job.output, step)?;
            run.tell(Progress::Damaged { step, reason, kept })?;
        }
        if job.resume {
            run.tell(Progress::Rewind { step: run.state.step })?;
        }
        Ok(run)
    }

    fn train(&mut self) -> Result<(), Halt> {
        loop {
            if self.plan.evaluates_at(self.state.step) && self.state.evaluated != Some(self.state.step) {
                self.evaluate()?;
            }
            if self.checkpoint_is_due() {
                self.save()?;
            }
            if self.state.step >= self.plan.steps() || self.patience_is_over() {
                return Ok(());
            }
            self.step()?;
        }
    }

    fn step(&mut self) -> Result<(), Halt> {
        let (began, step) = (Instant::now(), self.state.step + 1);
        let (batches, job) = (self.plan.batches(), self.plan.job());
        let rows = batches.rows_of(step).into_iter().map(|row| &job.training[row as usize]);
        let (mut sum, mut done, total) = (Sum::default(), 0, rows.len() as u64);
        for group in micro_batches(rows, batches.batch_size).chunks(self.workers.group_size()) {
            sum.add(&self.learner, group, &self.workers, step, |batch| {
                done += batch.rows();
                tell(self.report, Progress::Working { work: RunWork::Step, step, done, total })
            })?;
        }
        let update = Update {
            step,
            learning_rate: self.plan.schedule(self.state.inputs.warm_up()).learning_rate(step),
            lora_plus_ratio: if job.settings.method.is_adapter() { job.settings.lora_plus_ratio } else { 1.0 },
            weight_decay: job.settings.weight_decay,
            max_grad_norm: job.settings.max_grad_norm,
            watches: !self.state.changed,
        };
        let (learner, optimizer) = (&mut self.learner, &mut self.optimizer);
        let (grad_norm, changed) = self.workers.on_all_threads(|| sum.apply(learner, optimizer, update))?;
        self.state.step = step;
        self.state.moved |= grad_norm > 0.0;
        self.state.changed |= changed;
        self.state.epoch = f64::from(step) / f64::from(batches.steps_per_epoch());
        self.state.tokens += sum.tokens;
        self.state.learned_tokens += sum.loss.learned;
        self.tell(Progress::Step(StepMetrics {
            step,
            epoch: self.state.epoch,
            loss: sum.mean_loss(),
            learning_rate: update.learning_rate,
            grad_norm,
            learned_tokens: sum.loss.learned,
            tokens_per_second: sum.tokens as f64 / began.elapsed().as_secs_f64().max(1e-9),
            elapsed_ms: self.elapsed_ms(),
        }))
    }

    fn evaluate(&mut self) -> Result<(), Halt> {
        let batches = micro_batches(self.plan.measured_rows(), self.plan.batches().batch_size);
        let total: u64 = batches.iter().map(MicroBatch::rows).sum();
        let (step, mut done) = (self.state.step, 0);
        let model = self.learner.model()?;
        let sum = evaluate::loss(&model, &batches, &self.workers, |batch| {
            done += batch.rows();
            tell(self.report, Progress::Working { work: RunWork::Evaluation, step, done, total })
        })?;
        let loss = sum.mean();
        if !loss.is_finite() {
            let reason = say!("train-validation-diverged", "the validation loss is no longer a number");
            return Err(TrainError::Diverged { step, reason, checkpoint: None }.into());
        }
        self.state.measured(loss);
        self.tell(Progress::Eval { step, loss })
    }

    fn checkpoint_is_due(&self) -> bool {
        let step = self.state.step;
        let is_best = self.state.best.is_some_and(|best| best.step == step);
        let is_old = self.plan.saves_by_time() && self.saved_at.elapsed() >= SAVE_WITHIN;
        self.saved != Some(step)
            && step > 0
            && (self.plan.saves_at(step) || is_best || is_old || self.patience_is_over())
    }

    fn patience_is_over(&self) -> bool {
        let patience = self.plan.job().settings.early_stopping_patience;
        patience.is_some_and(|patience| self.state.evaluations_since_best >= patience)
    }

    fn save(&mut self) -> Result<(), Halt> {
        self.state.elapsed_ms = self.elapsed_ms();
        let path = self.retry_while_short(|run| {
            checkpoint::save(&run.plan.job().output, &run.learner, &run.optimizer, &run.state)
        })?;
        (self.saved, self.saved_at) = (Some(self.state.step), Instant::now());
        self.tell(Progress::Checkpoint { step: self.state.step, path })?;
        if self.stopping { Err(Halt::Save) } else { Ok(()) }
    }

    /// Writes, and while the disk is full or too many files are open asks whether to try again; meanwhile the weights stay in memory. To stop is
    /// to keep what was learned, so it is remembered and the writing tried again; only to leave gives that up.
    fn retry_while_short<T>(&mut self, write: impl Fn(&Self) -> Result<T, TrainError>) -> Result<T, Halt> {
        loop {
            match write(self) {
                Err(error) if error.may_pass() => {
                    let message = error.waiting_message(&self.plan.job().output);
                    match (self.report)(Progress::DiskFull { message }) {
                        ControlFlow::Continue(()) => {}
                        ControlFlow::Break(StopRequest::Save) => self.stopping = true,
                        ControlFlow::Break(StopRequest::Abort) => return Err(TrainError::Aborted.into()),
                    }
                    std::thread::sleep(RETRY_AFTER);
                }
                other => return Ok(other?),
            }
        }
    }

    fn tell(&mut self, progress: Progress) -> Result<(), Halt> {
        tell(self.report, progress)
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from((self.elapsed_before + self.started.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }
}
