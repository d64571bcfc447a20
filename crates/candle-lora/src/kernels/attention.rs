//! Causal attention with grouped heads. Probabilities are never kept: forward keeps their log-sum-exp, and backward
//! computes them again, a block of queries at a time (Dao et al. 2022, Rabe & Staats 2021).

use rayon::prelude::*;

use super::math::{dot, exp_minus, softmax};
use super::matmul::{Matrix, Store, Target, product_here};
use super::simd;
use crate::{Heads, Row, Rows};

/// Queries computed at once: their scores stay in the second cache.
const BLOCK: usize = 64;

/// The inputs of attention, each (tokens, heads · width).
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) heads: Heads,
    pub(crate) rows: &'a Rows,
}

/// One row's share of one key head.
struct Task<'a> {
    row: &'a Row,
    kv_head: usize,
}

impl<'a> Inputs<'a> {
    fn tasks(&self) -> Vec<Task<'a>> {
        let heads = self.heads.kv_heads;
        self.rows.iter().flat_map(|row| (0..heads).map(move |kv_head| Task { row, kv_head })).collect()
    }

    /// The rows `keys` of a key head.
    fn keys(&self, numbers: &'a [f32], task: &Task, count: usize) -> Matrix<'a> {
        let stride = self.heads.kv_width();
        let start = task.row.keys.start * stride + task.kv_head * self.heads.width;
        Matrix::strided(&numbers[start..], count, self.heads.width, stride)
    }

    /// A block of rows of a query head.
    fn queries(&self, numbers: &'a [f32], head: usize, block: &Block) -> Matrix<'a> {
        let stride = self.heads.q_width();
        let start = block.start * stride + head * self.heads.width;
        Matrix::strided(&numbers[start..], block.length, self.heads.width, stride)
    }
}

/// A block of queries of one row.
struct Block {
    /// The first, among all queries.
    start: usize,
    length: usize,
    /// Keys that its first query sees.
    seen: usize,
}

impl Block {
    /// Keys that its last query sees.
    fn keys(&self) -> usize {
        self.seen + self.length - 1
    }

    fn of(row: &Row) -> impl Iterator<Item = Block> {
        let (row, count) = (row.clone(), row.queries.len());
        (0..count).step_by(BLOCK).map(move |first| Block {
            start: row.queries.start + first,
            length: BLOCK.min(count - first),
            seen: row.past() + first + 1,
        })
    }
}

/// o, (tokens, heads · width), and the log-sum-exp of every query's scores, (tokens, heads).
pub(crate) fn forward(inputs: Inputs) -> (Vec<f32>, Vec<f32>) {
    let heads = inputs.heads;
    let queries = inputs.rows.queries();
    let (mut o, mut lse) = (vec![0.0; queries * heads.q_width()], vec![0.0; queries * heads.heads]);
    let (o_target, lse_target) = (Target::new(&mut o, heads.q_width()), Target::new(&mut lse, heads.heads));
    inputs.tasks().par_iter().for_each(|task| {
        let mut scores = vec![0.0; BLOCK.min(task.row.queries.len()) * task.row.keys.len()];
        for head in heads.group(task.kv_head) {
            for block in Block::of(task.row) {
                let (k, v) = (inputs.keys(inputs.k, task, block.keys()), inputs.keys(inputs.v, task, block.keys()));
                let keys = block.keys();
                let target = Target::new(&mut scores, keys);
                // SAFETY: `scores` holds a block's queries times the row's keys, and is this task's own.
                unsafe {
                    product_here(target, Store::Write, heads.scale(), inputs.queries(inputs.q, head, &block), k.t());
                }
                for query in 0..block.length {
                    let (seen, unseen) = scores[query * keys..(query + 1) * keys].split_at_mut(block.seen + query);
                    // SAFETY: each query and head is one task's, and lies in the buffer.
                    unsafe { lse_target.at(block.start + query, head).row(0, 1)[0] = softmax(seen) };
                    unseen.fill(0.0);
                }
                let p = Matrix::strided(&scores, block.length, keys, keys);
                // SAFETY: as above; the head's columns of these rows are this task's.
                unsafe { product_here(o_target.at(block.start, head * heads.width), Store::Write, 1.0, p, v) };
            }
        }
    });
    (o, lse)
}

/// What forward has kept, and the gradient of its output.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) o: &'a [f32],
    pub(crate) lse: &'a [f32],
    pub(crate) grad: &'a [f32],
}

/// The gradients of q, k and v.
pub(crate) fn backward(inputs: Inputs, kept: Kept) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let heads = inputs.heads;
    let mut dq = vec![0.0; inputs.q.len()];
    let (mut dk, mut dv) = (vec![0.0; inputs.k.len()], vec![0.0; inputs.v.len()]);
    let q_target = Target::new(&mut dq, heads.q_width());
    let (k_target, v_target) = (Target::new(&mut dk, heads.kv_width()), Target::new(&mut dv, heads.kv_width()));
    inputs.tasks().par_iter().for_each(|task| {
        let size = BLOCK.min(task.row.queries.len()) * task.row.keys.len();
        let (mut p, mut ds) = (vec![0.0; size], vec![0.0; size]);
        // SAFETY: the places lie in the buffers; a row's keys of one head are one task's.
        let (dk, dv) = unsafe {
            let (row, column) = (task.row.keys.start, task.kv_head * heads.width);
            (k_target.at(row, column), v_target.at(row, column))
        };
        for head in heads.group(task.kv_head) {
            for block in Block::of(task.row) {
                let keys = block.keys();
                let (k, v) = (inputs.keys(inputs.k, task, keys), inputs.keys(inputs.v, task, keys));
                let (q, grad) = (inputs.queries(inputs.q, head, &block), inputs.queries(kept.grad, head, &block));
                // SAFETY: `p` and `ds` hold a block's queries times the row's keys, and are this task's own.
                unsafe {
                    product_here(Target::new(&mut p, keys), Store::Write, heads.scale(), q, k.t());
                    product_here(Target::new(&mut ds, keys), Store::Write, 1.0, grad, v.t());
                }
                for query in 0..block.length {
                    let line = query * keys..(query + 1) * keys;
                    let token = block.start + query;
                    let place = token * heads.q_width() + head * heads.width;
                    let place = place..place + heads.width;
                    let kept_sum = token_dot(&kept.grad[place.clone()], &kept.o[place]);
                    let lse = kept.lse[token * heads.heads + head];
                    score_row(&mut p[line.clone()], &mut ds[line], block.seen + query, lse, kept_sum, heads.scale());
                }
                let p = Matrix::strided(&p, block.length, keys, keys);
                let ds = Matrix::strided(&ds, block.length, keys, keys);
                // SAFETY: the head's columns of these queries, and of the row's keys, are this task's.
                unsafe {
                    product_here(q_target.at(block.start, head * heads.width), Store::Write, 1.0, ds, k);
                    product_here(dk, Store::Add, 1.0, ds.t(), q);
                    product_here(dv, Store::Add, 1.0, p.t(), grad);
                }
            }
        }
    });
    (dq, dk, dv)
}

simd! {
    fn token_dot(a: &[f32], b: &[f32]) -> f32 {
        dot(a, b)
    }
}

/// From scores to probabilities in `p`, and from their gradient to that of the scores in `ds`.
fn score_row(p: &mut [f32], ds: &mut [f32], seen: usize, lse: f32, kept_sum: f32, scale: f32) {
    let (p, unseen) = p.split_at_mut(seen);
    unseen.fill(0.0);
    let (ds, unseen) = ds.split_at_mut(seen);
    unseen.fill(0.0);
    exp_minus(p, lse);
    slope_row(p, ds, kept_sum, scale);
}

simd! {
    fn slope_row(p: &[f32], ds: &mut [f32], kept_sum: f32, scale: f32) {
        for (p, ds) in p.iter().zip(ds) {
            *ds = p * (*ds - kept_sum) * scale;
        }
    }
}
