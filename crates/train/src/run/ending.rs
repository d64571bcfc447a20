//! How a run ends: what it has learned is written as its result.

use std::path::PathBuf;

use candle_core::{Device, Tensor};
use candle_lora::Adapter;
use tunesmith_sentence::say;

use super::Run;
use crate::halt::Halt;
use crate::manifest::verify;
use crate::run_folder::{checkpoint_path, checkpoint_steps};
use crate::{Outcome, TrainError, result};

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

    /// The best checkpoint, or the newest, whose adapter holds numbers alone: the last may have been written after the step that
    /// spoiled it. Weights without a tokenizer are nothing to continue from.
    fn good_checkpoint(&self) -> Option<(u32, PathBuf)> {
        let job = self.plan.job();
        if !job.settings.method.is_adapter() {
            return None;
        }
        let newest_first =
            checkpoint_steps(&job.output).ok()?.into_iter().rev().filter(|step| *step <= self.state.step);
        let mut steps = self.state.best.map(|best| best.step).into_iter().chain(newest_first);
        let good = |step: &u32| {
            let folder = checkpoint_path(&job.output, *step);
            verify(&folder).is_ok() && Adapter::load(&folder, &Device::Cpu).is_ok_and(|adapter| is_finite(&adapter))
        };
        steps.find(good).map(|step| (step, checkpoint_path(&job.output, step)))
    }

    /// A run that leaves the model as it was is no result: it would only look like one.
    fn refuse_what_learned_nothing(&self) -> Result<(), TrainError> {
        let reason = if !self.state.moved {
            say!("train-no-gradient", "the gradient was 0 at every step")
        } else if self.learner.adapter_does_nothing()? {
            say!("train-adapter-empty", "every B matrix of the adapter is still 0, so the model answers as before")
        } else {
            return Ok(());
        };
        Err(TrainError::NothingLearned { steps: self.state.step, reason })
    }

    fn error_of<T>(halt: Halt) -> Result<T, TrainError> {
        match halt {
            Halt::Save => Err(TrainError::Aborted),
            Halt::Error(error) => Err(error),
        }
    }

    /// Writes the best weights, or the last where nothing was measured, and says of which step they are.
    fn keep_result(&mut self) -> Result<(u32, PathBuf), Halt> {
        let run = &self.plan.job().output;
        let best = self.state.best.map(|best| best.step).filter(|step| *step != self.state.step);
        // A best checkpoint that is damaged by now is not worth the loss of everything: then the last weights are kept.
        let best = best.filter(|step| verify(&checkpoint_path(run, *step)).is_ok());
        let Some(step) = best else {
            let path = self.retry_while_short(|run| result::save(run.plan, &run.learner))?;
            return Ok((self.state.step, path));
        };
        let learner = self.learner.at(&checkpoint_path(run, step))?;
        let path = self.retry_while_short(|run| result::save(run.plan, &learner))?;
        Ok((step, path))
    }
}

/// Whether every number of an adapter is one.
fn is_finite(adapter: &Adapter) -> bool {
    let sum = |tensor: &Tensor| tensor.abs()?.sum_all()?.to_scalar::<f32>();
    adapter.parameters().values().all(|tensor| sum(tensor).is_ok_and(f32::is_finite))
}
