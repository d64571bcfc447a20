//! How a run ends: what it has learned is written as its result.

use std::path::PathBuf;

use super::Run;
use crate::halt::Halt;
use crate::manifest::verify;
use crate::run_folder::checkpoint_path;
use crate::{Outcome, TrainError, result};

impl Run<'_> {
    pub(super) fn finish(&mut self) -> Result<Outcome, TrainError> {
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
            let path = self.retry_while_full(|run| result::save(run.plan, &run.learner))?;
            return Ok((self.state.step, path));
        };
        let learner = self.learner.at(&checkpoint_path(run, step))?;
        let path = self.retry_while_full(|run| result::save(run.plan, &learner))?;
        Ok((step, path))
    }
}
