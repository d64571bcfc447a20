//! RMS norm over the last dimension.

use rayon::prelude::*;

use super::math::dot;
use super::{rows_per_task, simd};

simd! {
    fn forward_row(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) -> f32 {
        let inverse = 1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt();
        for ((x, weight), out) in x.iter().zip(weight).zip(out) {
            *out = x * inverse * weight;
        }
        inverse
    }
}

simd! {
    fn scale_row(x: &[f32], weight: &[f32], inverse: f32, out: &mut [f32]) {
        for ((x, weight), out) in x.iter().zip(weight).zip(out) {
            *out = x * inverse * weight;
        }
    }
}

simd! {
    fn backward_row(x: &[f32], weight: &[f32], inverse: f32, grad: &[f32], scratch: &mut [f32], out: &mut [f32]) {
        for ((grad, weight), scratch) in grad.iter().zip(weight).zip(scratch.iter_mut()) {
            *scratch = grad * weight;
        }
        let slope = dot(scratch, x) * inverse * inverse * inverse / x.len() as f32;
        for ((x, scratch), out) in x.iter().zip(scratch.iter()).zip(out) {
            *out += scratch * inverse - x * slope;
        }
    }
}

simd! {
    fn weight_row(x: &[f32], inverse: f32, grad: &[f32], total: &mut [f32]) {
        for ((x, grad), total) in x.iter().zip(grad).zip(total) {
            *total += grad * x * inverse;
        }
    }
}

/// y = x · weight / sqrt(mean x² + ε) per row, and 1 / sqrt(mean x² + ε).
pub(crate) fn forward(x: &[f32], weight: &[f32], epsilon: f32) -> (Vec<f32>, Vec<f32>) {
    let width = weight.len();
    let (mut out, mut inverses) = (vec![0.0; x.len()], vec![0.0; x.len() / width]);
    let rows = rows_per_task(width);
    let tasks = x.par_chunks(rows * width).zip(out.par_chunks_mut(rows * width)).zip(inverses.par_chunks_mut(rows));
    tasks.for_each(|((x, out), inverses)| {
        for ((x, out), inverse) in x.chunks(width).zip(out.chunks_mut(width)).zip(inverses) {
            *inverse = forward_row(x, weight, epsilon, out);
        }
    });
    (out, inverses)
}

/// The same output again from the kept inverses.
pub(crate) fn again(x: &[f32], weight: &[f32], inverses: &[f32]) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    let rows = rows_per_task(width);
    let tasks = x.par_chunks(rows * width).zip(out.par_chunks_mut(rows * width)).zip(inverses.par_chunks(rows));
    tasks.for_each(|((x, out), inverses)| {
        for ((x, out), inverse) in x.chunks(width).zip(out.chunks_mut(width)).zip(inverses) {
            scale_row(x, weight, *inverse, out);
        }
    });
    out
}

/// Adds the gradient of x to `total`.
pub(crate) fn backward(x: &[f32], weight: &[f32], inverses: &[f32], grad: &[f32], total: &mut [f32]) {
    let width = weight.len();
    let rows = rows_per_task(width);
    let inputs = x.par_chunks(rows * width).zip(grad.par_chunks(rows * width)).zip(inverses.par_chunks(rows));
    inputs.zip(total.par_chunks_mut(rows * width)).for_each(|(((x, grad), inverses), total)| {
        let mut scratch = vec![0.0; width];
        let inputs = x.chunks(width).zip(grad.chunks(width)).zip(inverses);
        for (((x, grad), inverse), total) in inputs.zip(total.chunks_mut(width)) {
            backward_row(x, weight, *inverse, grad, &mut scratch, total);
        }
    });
}

/// The gradient of the weight: summed within tasks of a fixed size, then over the tasks in order.
pub(crate) fn weight_backward(x: &[f32], inverses: &[f32], grad: &[f32], width: usize) -> Vec<f32> {
    let rows = rows_per_task(width);
    let inputs = x.par_chunks(rows * width).zip(grad.par_chunks(rows * width)).zip(inverses.par_chunks(rows));
    let partial = inputs.map(|((x, grad), inverses)| {
        let mut total = vec![0.0; width];
        for ((x, grad), inverse) in x.chunks(width).zip(grad.chunks(width)).zip(inverses) {
            weight_row(x, *inverse, grad, &mut total);
        }
        total
    });
    let partial: Vec<Vec<f32>> = partial.collect();
    super::elementwise::column_sums(&partial.concat(), width)
}
