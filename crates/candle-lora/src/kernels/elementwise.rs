//! SwiGLU, rotary positions and sums.

use rayon::prelude::*;

use super::math::exp;
use super::{GRAIN, rows_per_task, simd};

simd! {
    fn swiglu_chunk(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((gate, up), out) in gate.iter().zip(up).zip(out) {
            *out = gate / (1.0 + exp(-gate)) * up;
        }
    }
}

simd! {
    fn swiglu_backward_chunk(gate: &[f32], up: &[f32], grad: &[f32], gate_grad: &mut [f32], up_grad: &mut [f32]) {
        let inputs = gate.iter().zip(up).zip(grad);
        for (((gate, up), grad), (gate_grad, up_grad)) in inputs.zip(gate_grad.iter_mut().zip(up_grad)) {
            let sigmoid = 1.0 / (1.0 + exp(-gate));
            *gate_grad = grad * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
            *up_grad = grad * gate * sigmoid;
        }
    }
}

simd! {
    fn add_chunk(total: &mut [f32], more: &[f32]) {
        for (total, more) in total.iter_mut().zip(more) {
            *total += more;
        }
    }
}

simd! {
    fn sum_chunk(a: &[f32], b: &[f32], out: &mut [f32]) {
        for ((a, b), out) in a.iter().zip(b).zip(out) {
            *out = a + b;
        }
    }
}

simd! {
    /// Turns the pairs (x[i], x[i + half]) of one head by the angles whose cosines and sines are given.
    fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32], sign: f32) {
        let (first, second) = head.split_at_mut(cos.len());
        for ((first, second), (cos, sin)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
            let (x, y, sin) = (*first, *second, sin * sign);
            *first = x * cos - y * sin;
            *second = y * cos + x * sin;
        }
    }
}

/// silu(gate) · up.
pub(crate) fn swiglu(gate: &[f32], up: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; gate.len()];
    let inputs = gate.par_chunks(GRAIN).zip(up.par_chunks(GRAIN));
    inputs.zip(out.par_chunks_mut(GRAIN)).for_each(|((gate, up), out)| swiglu_chunk(gate, up, out));
    out
}

/// The gradients of gate and up.
pub(crate) fn swiglu_backward(gate: &[f32], up: &[f32], grad: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut gate_grad, mut up_grad) = (vec![0.0; gate.len()], vec![0.0; gate.len()]);
    let inputs = gate.par_chunks(GRAIN).zip(up.par_chunks(GRAIN)).zip(grad.par_chunks(GRAIN));
    let outputs = gate_grad.par_chunks_mut(GRAIN).zip(up_grad.par_chunks_mut(GRAIN));
    inputs.zip(outputs).for_each(|(((gate, up), grad), (gate_grad, up_grad))| {
        swiglu_backward_chunk(gate, up, grad, gate_grad, up_grad);
    });
    (gate_grad, up_grad)
}

/// total += more.
pub(crate) fn add(total: &mut [f32], more: &[f32]) {
    total.par_chunks_mut(GRAIN).zip(more.par_chunks(GRAIN)).for_each(|(total, more)| add_chunk(total, more));
}

/// a + b.
pub(crate) fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; a.len()];
    let inputs = a.par_chunks(GRAIN).zip(b.par_chunks(GRAIN));
    inputs.zip(out.par_chunks_mut(GRAIN)).for_each(|((a, b), out)| sum_chunk(a, b, out));
    out
}

/// Adds the same row to every row.
pub(crate) fn add_row(total: &mut [f32], row: &[f32]) {
    let rows = rows_per_task(row.len());
    total.par_chunks_mut(rows * row.len()).for_each(|rows| {
        for total in rows.chunks_mut(row.len()) {
            add_chunk(total, row);
        }
    });
}

/// The sum over rows.
pub(crate) fn column_sums(numbers: &[f32], width: usize) -> Vec<f32> {
    let mut total = vec![0.0; width];
    for row in numbers.chunks_exact(width) {
        add_chunk(&mut total, row);
    }
    total
}

/// Turns every head of every token by the token's position; sign −1 turns back. cos and sin hold one row of half a head
/// per position.
pub(crate) fn rope(
    numbers: &mut [f32],
    width: usize,
    cos: &[f32],
    sin: &[f32],
    half: usize,
    places: &[u32],
    sign: f32,
) {
    let rows = rows_per_task(width);
    numbers.par_chunks_mut(rows * width).zip(places.par_chunks(rows)).for_each(|(numbers, places)| {
        for (token, &place) in numbers.chunks_mut(width).zip(places) {
            let table = place as usize * half..(place as usize + 1) * half;
            for head in token.chunks_mut(2 * half) {
                rotate(head, &cos[table.clone()], &sin[table.clone()], sign);
            }
        }
    });
}
