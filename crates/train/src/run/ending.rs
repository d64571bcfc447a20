//! How a run ends: what it has learned is written as its result.

use std::path::{Path, PathBuf};

use tunesmith_sentence::say;

use super::Run;
use crate::batches::micro_batches;
use crate::halt::Halt;
use crate::manifest::verify;
use crate::run_folder::{checkpoint_path, checkpoint_steps, put_aside};
use crate::{Outcome, Progress, TrainError, evaluate, result};

/// Rows that a checkpoint, or the adapter at the end, is tried on.
const ROWS_TRIED: usize = 16;

impl Run<'_> {
    pub(super) fn finish(&mut self) -> Result<Outcome, TrainError> {
        self.refuse_what_learned_nothing()?;
        let (best_step, result) = self.keep_result().or_else(Self::error_of)?;
        Ok(Outcome::Done { step: self.state.step, best_step, result })
    }

    pub(super) fn stop(&mut self) -> Result<Outcome, TrainError> {
        if self.saved != Some(self.state.step) {
            match self.save() {
                Ok(()) | Err(Halt::Save) => {}
                Err(Halt::Error(error)) => return Err(error),
            }
        }
        let (_, result) = self.keep_result().or_else(Self::error_of)?;
        let step = self.state.step;
        Ok(Outcome::Stopped { step, checkpoint: checkpoint_path(&self.plan.job().output, step), result })
    }

    /// A loss that is no number, with what can be done: before anything was learned it is the model's own, and later a new run
    /// can continue from a checkpoint.
    pub(super) fn with_a_way_on(&self, error: TrainError) -> TrainError {
        match error {
            TrainError::Diverged { reason, .. } if self.state.step == 0 => TrainError::NoNumber { reason },
            TrainError::Diverged { step, reason, .. } => {
                TrainError::Diverged { step, reason, checkpoint: self.good_checkpoint() }
            }
            other => other,
        }
    }

    /// The best checkpoint, or the newest, with which the model computes numbers. The one of this very step holds the weights that
    /// did not. Weights without a tokenizer are nothing to continue from.
    fn good_checkpoint(&self) -> Option<(u32, PathBuf)> {
        let job = self.plan.job();
        if !job.settings.method.is_adapter() {
            return None;
        }
        let newest_first = checkpoint_steps(&job.output).ok()?.into_iter().rev().filter(|step| *step < self.state.step);
        let steps = self.state.best.map(|best| best.step).into_iter().chain(newest_first);
        let mut checkpoints = steps.map(|step| (step, checkpoint_path(&job.output, step)));
        checkpoints.find(|(_, folder)| verify(folder).is_ok() && self.computes_numbers(folder))
    }

    /// Whether the model computes numbers with the weights of a checkpoint: on the rows of the next step, and on some held out.
    fn computes_numbers(&self, checkpoint: &Path) -> bool {
        let (job, batches) = (self.plan.job(), self.plan.batches());
        let next = batches.rows_of(self.state.step + 1).into_iter().map(|row| &job.training[row as usize]);
        let rows = micro_batches(next.chain(job.validation.iter().take(ROWS_TRIED)), batches.batch_size);
        let loss = || {
            let model = self.learner.at(checkpoint)?.model()?;
            evaluate::loss(&model, &rows, &self.workers, |_| Ok::<_, TrainError>(()))
        };
        loss().is_ok_and(|sum| sum.mean().is_finite())
    }

    /// A run that leaves the model as it was is no result: it would only look like one.
    fn refuse_what_learned_nothing(&self) -> Result<(), TrainError> {
        let reason = if !self.state.moved {
            say!("train-no-gradient", "the gradient was 0 at every step")
        } else if self.learner.adapter_does_nothing()? {
            say!("train-adapter-empty", "every B matrix of the adapter is still 0, so the model answers as before")
        } else if !self.state.changed && self.pairs_have_no_effect()? {
            say!(
                "train-steps-too-small",
                "every step was too small to change what the model computes (its learning rate, or its max gradient norm, is next to 0)"
            )
        } else {
            return Ok(());
        };
        Err(TrainError::NothingLearned { steps: self.state.step, reason })
    }

    /// Whether the model computes the same numbers without the pairs, on some rows that it was trained on; also where there
    /// are no pairs whose B began as zeros.
    fn pairs_have_no_effect(&self) -> Result<bool, TrainError> {
        let Some(without) = self.learner.without_pairs()? else { return Ok(true) };
        let (job, batches) = (self.plan.job(), self.plan.batches());
        let rows = micro_batches(job.training.iter().take(ROWS_TRIED), batches.batch_size);
        let loss = |model| evaluate::loss(model, &rows, &self.workers, |_| Ok::<_, TrainError>(()));
        Ok(loss(&without)?.nats == loss(&self.learner.model()?)?.nats)
    }

    fn error_of<T>(halt: Halt) -> Result<T, TrainError> {
        match halt {
            Halt::Save => Err(TrainError::Aborted),
            Halt::Error(error) => Err(error),
        }
    }

    /// The step, if its checkpoint is whole. A best one that is damaged by now is not worth the loss of everything: then the last
    /// weights are kept, which is told.
    fn whole(&mut self, best: Option<u32>) -> Result<Option<u32>, Halt> {
        let run = &self.plan.job().output;
        let Some(step) = best else { return Ok(None) };
        let Err(problem) = verify(&checkpoint_path(run, step)) else { return Ok(best) };
        // Where it cannot be renamed it stays where it is.
        let kept = put_aside(run, step).unwrap_or_else(|_| checkpoint_path(run, step));
        self.tell(Progress::Damaged { step, reason: problem.sentence(), kept })?;
        Ok(None)
    }

    /// Writes the best weights, or the last where nothing was measured, and says of which step they are.
    fn keep_result(&mut self) -> Result<(u32, PathBuf), Halt> {
        let run = &self.plan.job().output;
        let best = self.state.best.map(|best| best.step).filter(|step| *step != self.state.step);
        let Some(step) = self.whole(best)? else {
            let path = self.retry_while_short(|run| result::save(run.plan, &run.learner))?;
            return Ok((self.state.step, path));
        };
        let learner = self.learner.at(&checkpoint_path(run, step))?;
        let path = self.retry_while_short(|run| result::save(run.plan, &learner))?;
        Ok((step, path))
    }
}
