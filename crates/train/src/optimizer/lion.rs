//! Lion: “Symbolic Discovery of Optimization Algorithms” (Chen et al. 2023, arXiv 2302.06675), algorithm 2. Each weight
//! moves by the learning rate, up or down: only the sign of the smoothed gradient counts.

use super::rule::{Parameter, Rule};

/// The share of the momentum in the direction.
const BETA1: f64 = 0.9;
/// How slowly the momentum forgets.
const BETA2: f64 = 0.99;

/// The numbers of one update.
pub(super) struct Lion {
    keep: f32,
    gradient_scale: f32,
    beta1: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    learning_rate: f32,
}

impl Lion {
    pub fn new(parameter: &Parameter, gradient_scale: f64) -> Self {
        Self {
            keep: (1.0 - parameter.learning_rate * parameter.weight_decay) as f32,
            gradient_scale: gradient_scale as f32,
            beta1: BETA1 as f32,
            one_minus_beta1: (1.0 - BETA1) as f32,
            beta2: BETA2 as f32,
            one_minus_beta2: (1.0 - BETA2) as f32,
            learning_rate: parameter.learning_rate as f32,
        }
    }
}

impl Rule for Lion {
    fn update(&self, values: &mut [f32], gradient: &[f32], moments: &mut [&mut [f32]]) {
        let [momentum] = moments else { return };
        for ((value, g), m) in values.iter_mut().zip(gradient).zip(&mut **momentum) {
            let g = g * self.gradient_scale;
            let direction = sign(self.beta1 * *m + self.one_minus_beta1 * g);
            *value = *value * self.keep - self.learning_rate * direction;
            *m = self.beta2 * *m + self.one_minus_beta2 * g;
        }
    }
}

/// `f32::signum` is ±1 at zero; here zero has no direction, so that what has no gradient stays where it is.
fn sign(number: f32) -> f32 {
    if number == 0.0 { 0.0 } else { number.signum() }
}
