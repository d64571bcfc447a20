//! The validation losses of a run as its records tell them: what it began with, and what the step has that is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tunesmith_protocol::RunRecord;

use super::RunFolder;
use super::journal::Tail;

/// Step and validation loss of each evaluation that still holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Losses(Vec<(u32, f64)>);

impl Losses {
    /// The losses of the run in a folder, as far as it has come; none where there is no run.
    pub fn read(folder: &Path) -> Self {
        let mut losses = Self::default();
        Tail::new(RunFolder::at(folder.into()).metrics(), 0).read_all(|_, record| losses.add(&record));
        losses
    }

    /// Takes in what a record says of them.
    pub fn add(&mut self, record: &RunRecord) {
        match record {
            RunRecord::Eval { step, loss, .. } => self.0.push((*step, *loss)),
            RunRecord::Rewind { step } => self.0.retain(|(evaluated, _)| evaluated <= step),
            _ => {}
        }
    }

    /// Before the first step.
    pub fn at_start(&self) -> Option<f64> {
        self.0.iter().find(|(step, _)| *step == 0).map(|(_, loss)| *loss)
    }

    /// The step that is kept and its loss: `best_step` where the run has said it, else the least so far. What was before the
    /// first step is no result.
    pub fn kept(&self, best_step: Option<u32>) -> Option<(u32, f64)> {
        let after_a_step = self.0.iter().copied().filter(|(step, loss)| *step > 0 && loss.is_finite());
        match best_step {
            Some(best) => after_a_step.rev().find(|(step, _)| *step == best),
            None => after_a_step.reduce(|best, next| if next.1 < best.1 { next } else { best }),
        }
    }
}
