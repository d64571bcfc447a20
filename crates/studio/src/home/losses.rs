//! The validation losses of a run as its records tell them: what it began with, and what the step has that is kept. And
//! whether they, or the training losses where there are no others, call the result better.

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

/// Losses that differ by less look the same to people.
const NOTICEABLE: f64 = 5e-4;
/// Training losses of single steps differ by chance; one that is higher than the first by this factor has risen.
const RISEN: f64 = 1.1;

/// Whether a run's result is no better than what it began with: by the validation losses, each of the start and of what is
/// kept, or by the training losses of the first step and the last where nothing was held out.
pub fn is_no_better(validation: Option<(f64, f64)>, training: Option<(f64, f64)>) -> bool {
    match (validation, training) {
        (Some((start, kept)), _) => kept > start - NOTICEABLE,
        (None, Some((first, last))) => last > first * RISEN,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_no_better;

    #[test]
    fn a_result_is_better_where_the_losses_fell_by_what_can_be_seen() {
        assert!(!is_no_better(Some((2.655, 2.1)), Some((1.0, 9.0))), "held-out rows decide");
        assert!(is_no_better(Some((2.655, 2.6548)), None), "2.655 → 2.655");
        assert!(is_no_better(Some((2.655, 3.0)), None));
        assert!(is_no_better(None, Some((3.0, 30.58))), "nothing was held out, and the training loss rose");
        assert!(!is_no_better(None, Some((3.0, 3.1))), "by chance");
        assert!(!is_no_better(None, None));
    }
}
