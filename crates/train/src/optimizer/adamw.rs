//! AdamW: “Decoupled Weight Decay Regularization” (Loshchilov & Hutter 2019), in the order of operations of PyTorch's
//! `torch/optim/adamw.py` (`_single_tensor_adamw`): decay, moments, bias-corrected step.

use super::rule::{Parameter, Rule};

/// How slowly the first moment forgets.
const BETA1: f64 = 0.9;
/// How slowly the second moment forgets.
const BETA2: f64 = 0.999;
/// Keeps the division away from zero.
const EPSILON: f64 = 1e-8;

/// The numbers of one update, rounded to f32 where PyTorch's kernels round them.
pub(super) struct AdamW {
    keep: f32,
    gradient_scale: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    step_size: f32,
    root_of_correction2: f32,
    epsilon: f32,
}

impl AdamW {
    /// For update number `updates`, from 1.
    pub fn new(parameter: &Parameter, updates: u64, gradient_scale: f64) -> Self {
        let exponent = updates as f64;
        let correction1 = 1.0 - BETA1.powf(exponent);
        let correction2 = 1.0 - BETA2.powf(exponent);
        Self {
            keep: (1.0 - parameter.learning_rate * parameter.weight_decay) as f32,
            gradient_scale: gradient_scale as f32,
            one_minus_beta1: (1.0 - BETA1) as f32,
            beta2: BETA2 as f32,
            one_minus_beta2: (1.0 - BETA2) as f32,
            step_size: (parameter.learning_rate / correction1) as f32,
            root_of_correction2: correction2.sqrt() as f32,
            epsilon: EPSILON as f32,
        }
    }
}

impl Rule for AdamW {
    fn update(&self, values: &mut [f32], gradient: &[f32], moments: &mut [&mut [f32]]) {
        let [first, second] = moments else { return };
        for (((value, g), m), v) in values.iter_mut().zip(gradient).zip(&mut **first).zip(&mut **second) {
            let g = g * self.gradient_scale;
            *m += self.one_minus_beta1 * (g - *m);
            *v = *v * self.beta2 + self.one_minus_beta2 * g * g;
            let denominator = v.sqrt() / self.root_of_correction2 + self.epsilon;
            *value = *value * self.keep - self.step_size * (*m / denominator);
        }
    }
}
