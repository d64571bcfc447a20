//! The softmax part of the loss: one pass over a chunk of logits.

use rayon::prelude::*;

use super::math::{log_sum_exp, softmax};

/// The negative log-likelihood of each row's target, in nats.
pub(crate) fn losses(logits: &[f32], targets: &[u32]) -> Vec<f32> {
    let width = logits.len() / targets.len().max(1);
    let rows = logits.par_chunks(width).zip(targets);
    rows.map(|(row, &target)| log_sum_exp(row) - row[target as usize]).collect()
}

/// The same, and the logits become the gradient of the summed loss: softmax − one-hot.
pub(crate) fn losses_and_slopes(logits: &mut [f32], targets: &[u32]) -> Vec<f32> {
    let width = logits.len() / targets.len().max(1);
    let rows = logits.par_chunks_mut(width).zip(targets);
    let one = |(row, &target): (&mut [f32], &u32)| {
        let logit = row[target as usize];
        let loss = softmax(row) - logit;
        row[target as usize] -= 1.0;
        loss
    };
    rows.map(one).collect()
}
