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

/// Tokens from which on a micro-batch is large enough: more make the products no faster and need more memory.
pub(crate) const MICRO_BATCH_TOKENS: usize = 512;

/// Cuts rows into micro-batches of at most `batch_size` rows, each of which is computed at once. The cuts depend on
/// nothing but the rows, so that sums over micro-batches are the same for any number of threads.
pub(crate) fn micro_batches<'a>(rows: impl IntoIterator<Item = &'a Tokens>, batch_size: usize) -> Vec<MicroBatch> {
    let (mut all, mut open, mut in_batch) = (Vec::<MicroBatch>::new(), MicroBatch::default(), 0);
    for row in rows {
        open.push(row);
        in_batch += 1;
        if in_batch == batch_size || open.ids.len() >= MICRO_BATCH_TOKENS {
            let first_token = open.first_token + open.tokens();
            all.push(std::mem::replace(&mut open, MicroBatch { first_token, ..MicroBatch::default() }));
            in_batch %= batch_size;
        }
    }
    all.extend((open.tokens() > 0).then_some(open));
    all
}

/// The most tokens that a micro-batch of these rows can have, in whatever order they come: as many as leave it one token
/// short of large enough, and then the longest row.
pub(crate) fn most_tokens(rows: &[Tokens], batch_size: usize) -> usize {
    let mut lengths: Vec<usize> = rows.iter().map(|row| row.ids.len()).collect();
    lengths.sort_unstable();
    let Some(longest) = lengths.pop() else { return 0 };
    // The fewest of the other rows that come to each sum below a full micro-batch.
    let mut rows_for = [usize::MAX; MICRO_BATCH_TOKENS];
    rows_for[0] = 0;
    for same in lengths.chunk_by(|a, b| a == b).filter(|same| (1..MICRO_BATCH_TOKENS).contains(&same[0])) {
        let length = same[0];
        for _ in 0..same.len().min((MICRO_BATCH_TOKENS - 1) / length) {
            for sum in (length..MICRO_BATCH_TOKENS).rev() {
                rows_for[sum] = rows_for[sum].min(rows_for[sum - length].saturating_add(1));
            }
        }
    }
    let before = rows_for.iter().rposition(|rows| *rows < batch_size).unwrap_or(0);
    before + longest
}

/// Rows that are computed at once, one after another without padding, as the model takes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MicroBatch {
    ids: Vec<u32>,
    learn: Vec<bool>,
    lengths: Vec<usize>,
    /// How many tokens of its step come before it.
    first_token: u64,
}

impl MicroBatch {
    fn push(&mut self, row: &Tokens) {
        self.ids.extend(&row.ids);
        self.learn.extend(&row.learn);
        self.lengths.push(row.ids.len());
    }

    /// How many rows.
    pub fn rows(&self) -> u64 {
        self.lengths.len() as u64
    }

    /// Tokens, learned or not.
    pub fn tokens(&self) -> u64 {
        self.ids.len() as u64
    }

    /// How many tokens of its step come before it: noise is drawn by a token's place in the step.
    pub fn first_token(&self) -> u64 {
        self.first_token
    }

    /// As the model takes them.
    pub fn sequences(&self) -> Sequences<'_> {
        Sequences { ids: &self.ids, learn: &self.learn, lengths: &self.lengths }
    }
}
