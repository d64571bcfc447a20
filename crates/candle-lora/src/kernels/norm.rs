//! RMS norm and layer norm of runs of a width. There may be several weights: with one per head, run r of a token uses
//! weight r.

use rayon::prelude::*;

use super::math::{dot, total};
use super::{rows_per_task, simd};

simd! {
    fn squares(x: &[f32], mean: f32, scratch: &mut [f32]) -> f32 {
        for (x, scratch) in x.iter().zip(scratch.iter_mut()) {
            *scratch = x - mean;
        }
        dot(scratch, scratch)
    }
}

simd! {
    fn mean(x: &[f32]) -> f32 {
        total(x) / x.len() as f32
    }
}

simd! {
    fn scale_run(x: &[f32], weight: &[f32], mean: f32, inverse: f32, out: &mut [f32]) {
        for ((x, weight), out) in x.iter().zip(weight).zip(out) {
            *out = (x - mean) * inverse * weight;
        }
    }
}

simd! {
    fn backward_run(x: &[f32], weight: &[f32], kept: (f32, f32), grad: &[f32], centre: bool, scratch: &mut [f32], out: &mut [f32]) {
        let ((mean, inverse), width) = (kept, x.len() as f32);
        let (scaled, centred) = scratch.split_at_mut(x.len());
        for ((grad, weight), scaled) in grad.iter().zip(weight).zip(scaled.iter_mut()) {
            *scaled = grad * weight;
        }
        for (x, centred) in x.iter().zip(centred.iter_mut()) {
            *centred = x - mean;
        }
        let along = dot(scaled, centred) * inverse * inverse * inverse / width;
        let shift = if centre { total(scaled) / width } else { 0.0 };
        for ((centred, scaled), out) in centred.iter().zip(scaled.iter()).zip(out) {
            *out += (scaled - shift) * inverse - centred * along;
        }
    }
}

simd! {
    fn weight_run(x: &[f32], kept: (f32, f32), grad: &[f32], total: &mut [f32]) {
        let (mean, inverse) = kept;
        for ((x, grad), total) in x.iter().zip(grad).zip(total) {
            *total += grad * (x - mean) * inverse;
        }
    }
}

/// What is normed, and with what.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) x: &'a [f32],
    /// One or more weights of `width`, one after another.
    pub(crate) weight: &'a [f32],
    pub(crate) width: usize,
    /// The mean is taken away first: layer norm.
    pub(crate) centre: bool,
}

/// What forward has computed of every run: its mean, zero for an RMS norm, and 1 / root.
#[derive(Clone, Copy)]
pub(crate) struct Statistics<'a> {
    pub(crate) means: &'a [f32],
    pub(crate) inverses: &'a [f32],
}

impl Inputs<'_> {
    /// Numbers per task: a multiple of all weights together.
    fn numbers_per_task(&self) -> usize {
        rows_per_task(self.weight.len()) * self.weight.len()
    }

    fn runs_per_task(&self) -> usize {
        self.numbers_per_task() / self.width
    }
}

/// y = (x − mean) · weight / root per run, the means and 1 / root.
pub(crate) fn forward(inputs: Inputs, epsilon: f32) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let Inputs { x, weight, width, centre } = inputs;
    let mut out = vec![0.0; x.len()];
    let (mut means, mut inverses) = (vec![0.0; x.len() / width], vec![0.0; x.len() / width]);
    let (numbers, runs) = (inputs.numbers_per_task(), inputs.runs_per_task());
    let outputs = means.par_chunks_mut(runs).zip(inverses.par_chunks_mut(runs));
    x.par_chunks(numbers).zip(out.par_chunks_mut(numbers)).zip(outputs).for_each(|((x, out), (means, inverses))| {
        let mut scratch = vec![0.0; width];
        let runs = x.chunks(width).zip(out.chunks_mut(width)).zip(weight.chunks(width).cycle());
        for (((x, out), weight), (kept_mean, inverse)) in runs.zip(means.iter_mut().zip(inverses)) {
            *kept_mean = if centre { mean(x) } else { 0.0 };
            *inverse = 1.0 / (squares(x, *kept_mean, &mut scratch) / width as f32 + epsilon).sqrt();
            scale_run(x, weight, *kept_mean, *inverse, out);
        }
    });
    (out, means, inverses)
}

/// The same output once more, from the statistics of `forward`.
pub(crate) fn recompute(inputs: Inputs, statistics: Statistics) -> Vec<f32> {
    let Inputs { x, weight, width, .. } = inputs;
    let mut out = vec![0.0; x.len()];
    let (numbers, runs) = (inputs.numbers_per_task(), inputs.runs_per_task());
    let kept = statistics.means.par_chunks(runs).zip(statistics.inverses.par_chunks(runs));
    x.par_chunks(numbers).zip(out.par_chunks_mut(numbers)).zip(kept).for_each(|((x, out), (means, inverses))| {
        let runs = x.chunks(width).zip(out.chunks_mut(width)).zip(weight.chunks(width).cycle());
        for (((x, out), weight), (mean, inverse)) in runs.zip(means.iter().zip(inverses)) {
            scale_run(x, weight, *mean, *inverse, out);
        }
    });
    out
}

/// Adds the gradient of x to `sum`.
pub(crate) fn backward(inputs: Inputs, statistics: Statistics, grad: &[f32], sum: &mut [f32]) {
    let Inputs { x, weight, width, centre } = inputs;
    let (numbers, runs) = (inputs.numbers_per_task(), inputs.runs_per_task());
    let kept = statistics.means.par_chunks(runs).zip(statistics.inverses.par_chunks(runs));
    let tasks = x.par_chunks(numbers).zip(grad.par_chunks(numbers)).zip(sum.par_chunks_mut(numbers)).zip(kept);
    tasks.for_each(|(((x, grad), sum), (means, inverses))| {
        let mut scratch = vec![0.0; 2 * width];
        let runs = x.chunks(width).zip(grad.chunks(width)).zip(sum.chunks_mut(width));
        let runs = runs.zip(weight.chunks(width).cycle()).zip(means.iter().zip(inverses));
        for ((((x, grad), sum), weight), (mean, inverse)) in runs {
            backward_run(x, weight, (*mean, *inverse), grad, centre, &mut scratch, sum);
        }
    });
}

/// The gradient of the weights: summed within tasks of a fixed size, then over the tasks in order.
pub(crate) fn weight_backward(inputs: Inputs, statistics: Statistics, grad: &[f32]) -> Vec<f32> {
    let Inputs { x, weight, width, .. } = inputs;
    let (numbers, runs) = (inputs.numbers_per_task(), inputs.runs_per_task());
    let kept = statistics.means.par_chunks(runs).zip(statistics.inverses.par_chunks(runs));
    let partial =
        x.par_chunks(numbers).zip(grad.par_chunks(numbers)).zip(kept).map(|((x, grad), (means, inverses))| {
            let mut total = vec![0.0; weight.len()];
            for (run, (x, grad)) in x.chunks(width).zip(grad.chunks(width)).enumerate() {
                let start = run * width % weight.len();
                weight_run(x, (means[run], inverses[run]), grad, &mut total[start..start + width]);
            }
            total
        });
    let partial: Vec<Vec<f32>> = partial.collect();
    super::elementwise::column_sums(&partial.concat(), weight.len())
}
