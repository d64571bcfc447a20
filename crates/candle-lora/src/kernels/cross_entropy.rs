//! The softmax part of the loss: one pass over a chunk of logits.

use rayon::prelude::*;

use super::math::{log_sum_exp, softmax, tanh};
use super::{GRAIN, simd};

/// The negative log-likelihood of each row's target, in nats.
pub(crate) fn losses(logits: &[f32], targets: &[u32]) -> Vec<f32> {
    let width = logits.len() / targets.len().max(1);
    let rows = logits.par_chunks(width).zip(targets);
    rows.map(|(row, &target)| log_sum_exp(row) - row[target as usize]).collect()
}

/// The same, and the logits become the gradient of the summed loss: softmax − one-hot, times the derivative of a
/// soft cap that the logits went through.
pub(crate) fn losses_and_gradients(logits: &mut [f32], targets: &[u32], cap: Option<f32>) -> Vec<f32> {
    let width = logits.len() / targets.len().max(1);
    let rows = logits.par_chunks_mut(width).zip(targets);
    let one = |(row, &target): (&mut [f32], &u32)| {
        let logit = row[target as usize];
        let capped = cap.map(|cap| (cap, row.to_vec()));
        let loss = softmax(row) - logit;
        row[target as usize] -= 1.0;
        if let Some((cap, logits)) = capped {
            soft_cap_backward(row, &logits, cap);
        }
        loss
    };
    rows.map(one).collect()
}

/// Logits through cap · tanh(logit / cap).
pub(crate) fn soft_cap(logits: &mut [f32], cap: f32) {
    logits.par_chunks_mut(GRAIN).for_each(|logits| cap_chunk(logits, cap));
}

simd! {
    fn cap_chunk(logits: &mut [f32], cap: f32) {
        for logit in logits {
            *logit = cap * tanh(*logit / cap);
        }
    }
}

simd! {
    fn soft_cap_backward(gradients: &mut [f32], capped: &[f32], cap: f32) {
        for (gradient, capped) in gradients.iter_mut().zip(capped) {
            let t = capped / cap;
            *gradient *= 1.0 - t * t;
        }
    }
}
