//! AdamW with moments that can be saved, so that a resumed run goes on exactly where it stopped.
//!
//! "Decoupled Weight Decay Regularization" (Loshchilov & Hutter, 2019), in the order of operations of PyTorch's
//! `torch/optim/adamw.py` (`_single_tensor_adamw`): decay, moments, bias-corrected step.

use std::collections::BTreeMap;

use rayon::prelude::*;

/// Numbers per piece of work; fixed, so that the pieces do not depend on the number of threads.
const CHUNK: usize = 1 << 15;

/// The optimiser and what it remembers of each parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    /// How slowly the first moment forgets.
    pub beta1: f64,
    /// How slowly the second moment forgets.
    pub beta2: f64,
    /// Keeps the division away from zero.
    pub epsilon: f64,
    /// Updates done.
    pub updates: u64,
    /// The moments by the parameter's name.
    pub moments: BTreeMap<String, Moments>,
}

/// What is remembered of one parameter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moments {
    /// Running mean of the gradient.
    pub first: Vec<f32>,
    /// Running mean of its square.
    pub second: Vec<f32>,
}

/// One parameter to update.
pub struct Parameter<'a> {
    /// Its name, the same at each step.
    pub name: &'a str,
    /// Its values, updated in place.
    pub values: &'a mut [f32],
    /// The gradient of each value, before `gradient_scale`.
    pub gradient: &'a [f32],
    /// How strongly it is pulled towards zero.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, updates: 0, moments: BTreeMap::new() }
    }
}

impl AdamW {
    /// One update of all parameters with `gradient_scale` × gradient.
    pub fn step(&mut self, parameters: &mut [Parameter], learning_rate: f64, gradient_scale: f64) {
        self.updates += 1;
        for parameter in parameters.iter() {
            let (name, length) = (parameter.name, parameter.values.len());
            let moments = self.moments.entry(name.to_owned()).or_default();
            moments.first.resize(length, 0.0);
            moments.second.resize(length, 0.0);
        }
        let rates = Rates::new(self, learning_rate, gradient_scale);
        let mut moments: BTreeMap<&str, &mut Moments> =
            self.moments.iter_mut().map(|(name, moments)| (&**name, moments)).collect();
        let work: Vec<_> =
            parameters.iter_mut().filter_map(|parameter| Some((moments.remove(parameter.name)?, parameter))).collect();
        work.into_par_iter().for_each(|(moments, parameter)| rates.update(parameter, moments));
    }
}

/// The numbers of one update, rounded to f32 where PyTorch's kernels round them.
struct Rates {
    learning_rate: f64,
    gradient_scale: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    step_size: f32,
    root_of_correction2: f32,
    epsilon: f32,
}

impl Rates {
    fn new(optimizer: &AdamW, learning_rate: f64, gradient_scale: f64) -> Self {
        let exponent = optimizer.updates as f64;
        let correction1 = 1.0 - optimizer.beta1.powf(exponent);
        let correction2 = 1.0 - optimizer.beta2.powf(exponent);
        Self {
            learning_rate,
            gradient_scale: gradient_scale as f32,
            one_minus_beta1: (1.0 - optimizer.beta1) as f32,
            beta2: optimizer.beta2 as f32,
            one_minus_beta2: (1.0 - optimizer.beta2) as f32,
            step_size: (learning_rate / correction1) as f32,
            root_of_correction2: correction2.sqrt() as f32,
            epsilon: optimizer.epsilon as f32,
        }
    }

    fn update(&self, parameter: &mut Parameter, moments: &mut Moments) {
        let keep = (1.0 - self.learning_rate * parameter.weight_decay) as f32;
        let values = parameter.values.par_chunks_mut(CHUNK).zip(parameter.gradient.par_chunks(CHUNK));
        let moments = moments.first.par_chunks_mut(CHUNK).zip(moments.second.par_chunks_mut(CHUNK));
        values
            .zip(moments)
            .for_each(|((values, gradient), (first, second))| self.update_chunk(values, gradient, first, second, keep));
    }

    fn update_chunk(&self, values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], keep: f32) {
        for (((value, g), m), v) in values.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * self.gradient_scale;
            *m += self.one_minus_beta1 * (g - *m);
            *v = *v * self.beta2 + self.one_minus_beta2 * g * g;
            let denominator = v.sqrt() / self.root_of_correction2 + self.epsilon;
            *value = *value * keep - self.step_size * (*m / denominator);
        }
    }
}
