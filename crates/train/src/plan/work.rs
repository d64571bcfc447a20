//! How much a run computes, counted as its threads share it: two micro-batches side by side take as long as the longer one.

use tunesmith_data::Tokens;

use super::TrainPlan;
use crate::batches::{MicroBatch, micro_batches};
use crate::workers::group_size;

/// Of a longer run, so many steps are counted for all, spread over it.
const COUNTED_STEPS: u32 = 32;
/// To find a step's rows all rows are put in order; of so many, together, no more steps are counted.
const COUNTED_ROWS: usize = 4_000_000;

/// What a run computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Work {
    /// Tokens of all steps, one after another.
    pub training_tokens: f64,
    /// Micro-batches of all steps, whose gradients are added one after another.
    pub micro_batches: f64,
    /// Optimiser steps.
    pub steps: u32,
    /// Tokens of all measurements of the validation rows, one after another.
    pub evaluation_tokens: f64,
}

impl TrainPlan {
    /// What it computes from its first step to its last.
    pub(crate) fn work(&self) -> Work {
        let counted = self.counted_steps();
        let scale = f64::from(self.steps) / counted.len().max(1) as f64;
        let (mut tokens, mut count) = (0, 0);
        for step in counted {
            let batches = self.micro_batches_of(step);
            count += batches.len();
            let groups = batches.chunks(group_size(self.side_by_side()));
            tokens += groups.map(|group| one_after_another(group, self.side_by_side())).sum::<u64>();
        }
        let evaluations = (0..=self.steps).filter(|step| self.evaluates_at(*step)).count();
        let measured = micro_batches(self.measured_rows(), self.batches().batch_size);
        Work {
            training_tokens: tokens as f64 * scale,
            micro_batches: count as f64 * scale,
            steps: self.steps,
            evaluation_tokens: evaluations as f64 * one_after_another(&measured, self.side_by_side()) as f64,
        }
    }

    /// The micro-batches of a step.
    pub(crate) fn micro_batches_of(&self, step: u32) -> Vec<MicroBatch> {
        micro_batches(self.rows_of(step), self.batches().batch_size)
    }

    /// The rows of a step.
    pub(crate) fn rows_of(&self, step: u32) -> impl Iterator<Item = &Tokens> {
        self.batches().rows_of(step).into_iter().map(|row| &self.job.training[row as usize])
    }

    /// Steps that stand for all.
    pub(crate) fn counted_steps(&self) -> Vec<u32> {
        let affordable = u32::try_from(COUNTED_ROWS / self.job.training.len().max(1)).unwrap_or(u32::MAX);
        let count = COUNTED_STEPS.min(affordable).clamp(1, self.steps.max(1));
        (0..count).map(|index| 1 + (u64::from(index) * u64::from(self.steps) / u64::from(count)) as u32).collect()
    }
}

/// The tokens that the busiest of so many threads computes, where each takes the next micro-batch as soon as it is free.
fn one_after_another(batches: &[MicroBatch], threads: usize) -> u64 {
    let mut busy = vec![0; threads.max(1)];
    for batch in batches {
        if let Some(free) = busy.iter_mut().min() {
            *free += batch.tokens();
        }
    }
    busy.into_iter().max().unwrap_or(0)
}
