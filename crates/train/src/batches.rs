//! Which rows each step learns from: a pure function of seed and step, so that a resumed run needs no replay.

use tunesmith_data::{Tokens, epoch_order};
use tunesmith_model::Sequences;

/// How rows become steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batches {
    /// Training rows.
    pub rows: usize,
    /// Rows computed at once.
    pub batch_size: usize,
    /// Batches gathered before each step.
    pub accumulation: usize,
    /// Decides the order of each epoch.
    pub seed: u64,
}

impl Batches {
    /// Steps in one epoch; the last one may have fewer rows, none is dropped.
    pub fn steps_per_epoch(&self) -> u32 {
        u32::try_from(self.rows.div_ceil(self.rows_per_step())).unwrap_or(u32::MAX)
    }

    /// The rows of step `step`, from 1, in the order in which they are learned.
    pub fn rows_of(&self, step: u32) -> Vec<u32> {
        let (epoch, within) = ((step - 1) / self.steps_per_epoch(), (step - 1) % self.steps_per_epoch());
        let order = epoch_order(self.seed, u64::from(epoch), self.rows);
        let start = within as usize * self.rows_per_step();
        order.into_iter().skip(start).take(self.rows_per_step()).collect()
    }

    fn rows_per_step(&self) -> usize {
        self.batch_size * self.accumulation
    }
}

/// Rows laid one after another, as the model takes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Batch {
    ids: Vec<u32>,
    learn: Vec<bool>,
    lengths: Vec<usize>,
}

impl Batch {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Tokens>) -> Self {
        let mut batch = Self::default();
        for row in rows {
            batch.ids.extend(&row.ids);
            batch.learn.extend(&row.learn);
            batch.lengths.push(row.ids.len());
        }
        batch
    }

    pub fn tokens(&self) -> u64 {
        self.ids.len() as u64
    }

    pub fn sequences(&self) -> Sequences<'_> {
        Sequences { ids: &self.ids, learn: &self.learn, lengths: &self.lengths }
    }
}
