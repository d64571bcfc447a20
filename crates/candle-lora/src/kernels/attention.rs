//! Causal attention with grouped heads, over all keys or those of a window. Probabilities are never kept: forward keeps
//! their log-sum-exp, and backward computes them again, a block of queries at a time (Dao et al. 2022, Rabe & Staats
//! 2021).

use std::ops::Range;

use rayon::prelude::*;

use super::math::{dot, exp, exp_minus, softmax, tanh};
use super::matmul::{Matrix, Store, Target, product_here};
use super::simd;
use crate::{Attention, Row, Rows};

/// Queries computed at once: their scores stay in the second cache.
const BLOCK: usize = 64;

/// The inputs of attention, each (tokens, heads · width).
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) attention: Attention,
    pub(crate) rows: &'a Rows,
}

/// One row's share of one key head.
struct Task<'a> {
    row: &'a Row,
    kv_head: usize,
}

impl<'a> Inputs<'a> {
    fn tasks(&self) -> Vec<Task<'a>> {
        let heads = self.attention.heads.kv_heads;
        self.rows.iter().flat_map(|row| (0..heads).map(move |kv_head| Task { row, kv_head })).collect()
    }

    /// The keys of a key head that a block of queries sees.
    fn keys(&self, numbers: &'a [f32], task: &Task, block: &Block) -> Matrix<'a> {
        let heads = self.attention.heads;
        let start = (task.row.keys.start + block.first_key) * heads.kv_width() + task.kv_head * heads.width;
        Matrix::strided(&numbers[start..], block.keys(), heads.width, heads.kv_width())
    }

    /// A block of rows of a query head.
    fn queries(&self, numbers: &'a [f32], head: usize, block: &Block) -> Matrix<'a> {
        let heads = self.attention.heads;
        let start = block.start * heads.q_width() + head * heads.width;
        Matrix::strided(&numbers[start..], block.length, heads.width, heads.q_width())
    }

    /// The most scores that a block of a row can have.
    fn most_scores(&self, row: &Row) -> usize {
        let keys = self.attention.window.map_or(usize::MAX, |window| window.saturating_add(BLOCK));
        BLOCK.min(row.queries.len()) * row.keys.len().min(keys)
    }
}

/// A block of queries of one row, and the keys that any of them sees.
struct Block {
    /// The first query, among all queries.
    start: usize,
    length: usize,
    /// The first query's place in its row.
    place: usize,
    /// The first key that is seen, in its row.
    first_key: usize,
    window: usize,
}

impl Block {
    /// How many keys there are.
    fn keys(&self) -> usize {
        self.place + self.length - self.first_key
    }

    /// The keys that a query sees, counted from the block's first.
    fn seen(&self, query: usize) -> Range<usize> {
        let end = self.place + query + 1;
        end.saturating_sub(self.window) - self.first_key..end - self.first_key
    }

    fn of(row: &Row, window: Option<usize>) -> impl Iterator<Item = Block> {
        let (row, count, window) = (row.clone(), row.queries.len(), window.unwrap_or(usize::MAX));
        (0..count).step_by(BLOCK).map(move |first| {
            let place = row.past() + first;
            let first_key = (place + 1).saturating_sub(window);
            Block { start: row.queries.start + first, length: BLOCK.min(count - first), place, first_key, window }
        })
    }
}

/// o, (tokens, heads · width), and the log-sum-exp of every query's scores, (tokens, heads).
pub(crate) fn forward(inputs: Inputs) -> (Vec<f32>, Vec<f32>) {
    let Attention { heads, window, soft_cap, .. } = inputs.attention;
    let scale = inputs.attention.scale as f32;
    let queries = inputs.rows.queries();
    let (mut o, mut lse) = (vec![0.0; queries * heads.q_width()], vec![0.0; queries * heads.heads]);
    let (o_target, lse_target) = (Target::new(&mut o, heads.q_width()), Target::new(&mut lse, heads.heads));
    inputs.tasks().par_iter().for_each(|task| {
        let mut scores = vec![0.0; inputs.most_scores(task.row)];
        for head in heads.group(task.kv_head) {
            for block in Block::of(task.row, window) {
                let (k, v) = (inputs.keys(inputs.k, task, &block), inputs.keys(inputs.v, task, &block));
                let keys = block.keys();
                let target = Target::new(&mut scores, keys);
                // SAFETY: `scores` holds the most scores that a block has, and is this task's own.
                unsafe { product_here(target, Store::Write, scale, inputs.queries(inputs.q, head, &block), k.t()) };
                for query in 0..block.length {
                    let scores = only(&mut scores[query * keys..(query + 1) * keys], block.seen(query));
                    if let Some(cap) = soft_cap {
                        cap_row(scores, cap as f32);
                    }
                    // SAFETY: each query and head is one task's, and lies in the buffer.
                    unsafe { lse_target.at(block.start + query, head).row(0, 1)[0] = softmax(scores) };
                }
                let p = Matrix::strided(&scores, block.length, keys, keys);
                // SAFETY: as above; the head's columns of these rows are this task's.
                unsafe { product_here(o_target.at(block.start, head * heads.width), Store::Write, 1.0, p, v) };
            }
        }
    });
    (o, lse)
}

/// The part of a row that counts; the rest becomes zero.
fn only(row: &mut [f32], part: Range<usize>) -> &mut [f32] {
    row[..part.start].fill(0.0);
    row[part.end..].fill(0.0);
    &mut row[part]
}

/// What forward has kept, and the gradient of its output.
#[derive(Clone, Copy)]
pub(crate) struct Saved<'a> {
    pub(crate) o: &'a [f32],
    pub(crate) lse: &'a [f32],
    pub(crate) grad: &'a [f32],
}

/// The gradients of q, k and v.
pub(crate) fn backward(inputs: Inputs, kept: Saved) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let Attention { heads, window, .. } = inputs.attention;
    let scale = inputs.attention.scale as f32;
    let mut dq = vec![0.0; inputs.q.len()];
    let (mut dk, mut dv) = (vec![0.0; inputs.k.len()], vec![0.0; inputs.v.len()]);
    let q_target = Target::new(&mut dq, heads.q_width());
    let (k_target, v_target) = (Target::new(&mut dk, heads.kv_width()), Target::new(&mut dv, heads.kv_width()));
    inputs.tasks().par_iter().for_each(|task| {
        let size = inputs.most_scores(task.row);
        let (mut p, mut ds) = (vec![0.0; size], vec![0.0; size]);
        for head in heads.group(task.kv_head) {
            for block in Block::of(task.row, window) {
                let keys = block.keys();
                let (k, v) = (inputs.keys(inputs.k, task, &block), inputs.keys(inputs.v, task, &block));
                let (first_key, column) = (task.row.keys.start + block.first_key, task.kv_head * heads.width);
                let (q, grad) = (inputs.queries(inputs.q, head, &block), inputs.queries(kept.grad, head, &block));
                // SAFETY: `p` and `ds` hold the most scores that a block has, and are this task's own.
                unsafe {
                    product_here(Target::new(&mut p, keys), Store::Write, scale, q, k.t());
                    product_here(Target::new(&mut ds, keys), Store::Write, 1.0, grad, v.t());
                }
                for query in 0..block.length {
                    let line = query * keys..(query + 1) * keys;
                    let token = block.start + query;
                    let place = token * heads.q_width() + head * heads.width;
                    let place = place..place + heads.width;
                    let kept_sum = token_dot(&kept.grad[place.clone()], &kept.o[place]);
                    let lse = kept.lse[token * heads.heads + head];
                    let (p, ds) =
                        (only(&mut p[line.clone()], block.seen(query)), only(&mut ds[line], block.seen(query)));
                    score_row(p, ds, lse, kept_sum, inputs.attention);
                }
                let p = Matrix::strided(&p, block.length, keys, keys);
                let ds = Matrix::strided(&ds, block.length, keys, keys);
                // SAFETY: they lie in the buffers; the head's columns of these queries and of the row's keys are this task's.
                unsafe {
                    product_here(q_target.at(block.start, head * heads.width), Store::Write, 1.0, ds, k);
                    product_here(k_target.at(first_key, column), Store::Add, 1.0, ds.t(), q);
                    product_here(v_target.at(first_key, column), Store::Add, 1.0, p.t(), grad);
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

/// From scores to probabilities in `p`, and from their gradient to that of the product q kᵀ in `ds`.
fn score_row(p: &mut [f32], ds: &mut [f32], lse: f32, kept_sum: f32, attention: Attention) {
    let scale = attention.scale as f32;
    match attention.soft_cap {
        None => {
            exp_minus(p, lse);
            score_gradients(p, ds, kept_sum, scale);
        }
        Some(cap) => capped_score_gradients(p, ds, (lse, kept_sum), scale, cap as f32),
    }
}

simd! {
    fn score_gradients(p: &[f32], ds: &mut [f32], kept_sum: f32, scale: f32) {
        for (p, ds) in p.iter().zip(ds) {
            *ds = p * (*ds - kept_sum) * scale;
        }
    }
}

simd! {
    /// Soft cap: cap · tanh(score / cap) (Gemma 2).
    fn cap_row(scores: &mut [f32], cap: f32) {
        for score in scores {
            *score = cap * tanh(*score / cap);
        }
    }
}

simd! {
    /// The same with a soft cap, whose derivative is 1 − tanh².
    fn capped_score_gradients(p: &mut [f32], ds: &mut [f32], sums: (f32, f32), scale: f32, cap: f32) {
        let (lse, kept_sum) = sums;
        for (p, ds) in p.iter_mut().zip(ds) {
            let t = tanh(*p / cap);
            *p = exp(cap * t - lse);
            *ds = *p * (*ds - kept_sum) * (1.0 - t * t) * scale;
        }
    }
}
