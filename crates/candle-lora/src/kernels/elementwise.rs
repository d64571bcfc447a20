//! Gated activations, rotary positions, sums and lengths.

use rayon::prelude::*;

use super::math::{dot, exp, tanh};
use super::{GRAIN, rows_per_task, simd};
use crate::Activation;

/// √(2/π) and the cube's share, of the GELU's tanh approximation.
const GELU: (f32, f32) = (0.797_884_6, 0.044_715);

/// Φ(x), the normal distribution's. Only the exact GELU needs it; no vector instructions.
#[inline(always)]
fn normal(x: f32) -> f32 {
    0.5 * (1.0 + candle_core::cpu::erf::erf_f32(x * std::f32::consts::FRAC_1_SQRT_2))
}

simd! {
    fn glu_chunk(activation: Activation, gate: &[f32], up: &[f32], out: &mut [f32]) {
        let numbers = gate.iter().zip(up).zip(out);
        match activation {
            Activation::Silu => {
                for ((gate, up), out) in numbers {
                    *out = gate / (1.0 + exp(-gate)) * up;
                }
            }
            Activation::GeluTanh => {
                for ((gate, up), out) in numbers {
                    let inner = GELU.0 * (gate + GELU.1 * gate * gate * gate);
                    *out = 0.5 * gate * (1.0 + tanh(inner)) * up;
                }
            }
            Activation::GeluErf => {
                for ((gate, up), out) in numbers {
                    *out = gate * normal(*gate) * up;
                }
            }
        }
    }
}

simd! {
    fn glu_backward_chunk(activation: Activation, gate: &[f32], up: &[f32], grad: &[f32], gate_grad: &mut [f32], up_grad: &mut [f32]) {
        let numbers = gate.iter().zip(up).zip(grad).zip(gate_grad.iter_mut().zip(up_grad));
        match activation {
            Activation::Silu => {
                for (((gate, up), grad), (gate_grad, up_grad)) in numbers {
                    let sigmoid = 1.0 / (1.0 + exp(-gate));
                    *gate_grad = grad * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
                    *up_grad = grad * gate * sigmoid;
                }
            }
            Activation::GeluTanh => {
                for (((gate, up), grad), (gate_grad, up_grad)) in numbers {
                    let square = gate * gate;
                    let t = tanh(GELU.0 * (gate + GELU.1 * square * gate));
                    let share = 0.5 * (1.0 + t);
                    let inner_derivative = GELU.0 * (1.0 + 3.0 * GELU.1 * square);
                    *gate_grad = grad * up * (share + 0.5 * gate * (1.0 - t * t) * inner_derivative);
                    *up_grad = grad * gate * share;
                }
            }
            Activation::GeluErf => {
                const DENSITY: f32 = 0.398_942_3; // 1 / √(2π)
                for (((gate, up), grad), (gate_grad, up_grad)) in numbers {
                    let share = normal(*gate);
                    *gate_grad = grad * up * (share + gate * DENSITY * exp(-0.5 * gate * gate));
                    *up_grad = grad * gate * share;
                }
            }
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
    /// Rotates the pairs (x[i], x[i + half]) of one head by the angles whose cosines and sines are given.
    fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32], sign: f32) {
        let (first, second) = head.split_at_mut(cos.len());
        for ((first, second), (cos, sin)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
            let (x, y, sin) = (*first, *second, sin * sign);
            *first = x * cos - y * sin;
            *second = y * cos + x * sin;
        }
    }
}

/// activation(gate) · up.
pub(crate) fn glu(activation: Activation, gate: &[f32], up: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; gate.len()];
    let inputs = gate.par_chunks(GRAIN).zip(up.par_chunks(GRAIN));
    inputs.zip(out.par_chunks_mut(GRAIN)).for_each(|((gate, up), out)| glu_chunk(activation, gate, up, out));
    out
}

/// The gradients of gate and up.
pub(crate) fn glu_backward(activation: Activation, gate: &[f32], up: &[f32], grad: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut gate_grad, mut up_grad) = (vec![0.0; gate.len()], vec![0.0; gate.len()]);
    let inputs = gate.par_chunks(GRAIN).zip(up.par_chunks(GRAIN)).zip(grad.par_chunks(GRAIN));
    let outputs = gate_grad.par_chunks_mut(GRAIN).zip(up_grad.par_chunks_mut(GRAIN));
    inputs.zip(outputs).for_each(|(((gate, up), grad), (gate_grad, up_grad))| {
        glu_backward_chunk(activation, gate, up, grad, gate_grad, up_grad);
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

/// Multiplies every row by the same row, number by number.
pub(crate) fn scale_columns(numbers: &mut [f32], row: &[f32]) {
    let rows = rows_per_task(row.len());
    numbers.par_chunks_mut(rows * row.len()).for_each(|rows| {
        for numbers in rows.chunks_mut(row.len()) {
            numbers.iter_mut().zip(row).for_each(|(number, factor)| *number *= factor);
        }
    });
}

/// The length of each row.
pub(crate) fn row_norms(numbers: &[f32], width: usize) -> Vec<f32> {
    numbers.par_chunks(width).map(|row| dot(row, row).sqrt()).collect()
}

/// The sum over rows.
pub(crate) fn column_sums(numbers: &[f32], width: usize) -> Vec<f32> {
    let mut total = vec![0.0; width];
    for row in numbers.chunks_exact(width) {
        add_chunk(&mut total, row);
    }
    total
}

/// The angles of tokens: one row of `half` cosines and sines per place, for heads of `width`.
#[derive(Clone, Copy)]
pub(crate) struct Angles<'a> {
    pub(crate) cos: &'a [f32],
    pub(crate) sin: &'a [f32],
    pub(crate) half: usize,
    pub(crate) places: &'a [u32],
    pub(crate) head: usize,
}

/// Rotates the first 2 · half numbers of every head of every token; sign −1 rotates back.
pub(crate) fn rope(numbers: &mut [f32], width: usize, angles: Angles, sign: f32) {
    let Angles { cos, sin, half, places, head } = angles;
    let rows = rows_per_task(width);
    numbers.par_chunks_mut(rows * width).zip(places.par_chunks(rows)).for_each(|(numbers, places)| {
        for (token, &place) in numbers.chunks_mut(width).zip(places) {
            let table = place as usize * half..(place as usize + 1) * half;
            for head in token.chunks_mut(head) {
                rotate(&mut head[..2 * half], &cos[table.clone()], &sin[table.clone()], sign);
            }
        }
    });
}
