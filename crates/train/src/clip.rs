//! The length of a gradient over all parameters, and how much it is scaled down when it is too long
//! (`torch.nn.utils.clip_grad_norm_`).

use std::collections::BTreeMap;

use rayon::prelude::*;

/// Numbers per task; fixed, so that the sum does not depend on the number of threads.
const CHUNK: usize = 1 << 15;

/// The Euclidean length of all gradients taken together.
pub fn global_norm(gradients: &BTreeMap<String, Vec<f32>>) -> f64 {
    gradients.values().map(|gradient| square_sum(gradient)).sum::<f64>().sqrt()
}

/// What a gradient of length `norm` is multiplied with so that it is not longer than `max_norm`; 0 switches it off.
pub fn clip(norm: f64, max_norm: f64) -> f64 {
    if max_norm == 0.0 { 1.0 } else { (max_norm / (norm + 1e-6)).min(1.0) }
}

fn square_sum(gradient: &[f32]) -> f64 {
    let chunks =
        gradient.par_chunks(CHUNK).map(|chunk| chunk.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>());
    // Collected first: a parallel sum would add in an order that depends on the threads.
    chunks.collect::<Vec<f64>>().into_iter().sum()
}
