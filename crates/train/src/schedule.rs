//! How the learning rate moves over a run, as `transformers/optimization.py` defines it
//! (`get_linear_schedule_with_warmup`, `get_cosine_schedule_with_warmup`, `get_constant_schedule_with_warmup`).

use std::f64::consts::PI;

use tunesmith_protocol::Scheduler;

/// The learning rate of every step of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Its shape after the warm-up.
    pub shape: Scheduler,
    /// The learning rate at its highest.
    pub peak: f64,
    /// Steps in which it rises from zero.
    pub warmup_steps: u32,
    /// Steps of the whole run.
    pub steps: u32,
}

impl Schedule {
    /// A schedule whose warm-up takes `warmup_ratio` of the steps, rounded up as transformers does.
    pub fn new(shape: Scheduler, peak: f64, warmup_ratio: f64, steps: u32) -> Self {
        Self { shape, peak, warmup_steps: (f64::from(steps) * warmup_ratio).ceil() as u32, steps }
    }

    /// The learning rate of step `step`, from 1: transformers computes the update of step n with the factor for
    /// n - 1, so the first step of a warm-up has learning rate zero.
    pub fn learning_rate(&self, step: u32) -> f64 {
        self.peak * self.factor(step.saturating_sub(1))
    }

    fn factor(&self, done: u32) -> f64 {
        if done < self.warmup_steps {
            return f64::from(done) / f64::from(self.warmup_steps.max(1));
        }
        let rest = f64::from(self.steps.saturating_sub(self.warmup_steps).max(1));
        match self.shape {
            Scheduler::Constant => 1.0,
            Scheduler::Linear => (f64::from(self.steps) - f64::from(done)).max(0.0) / rest,
            Scheduler::Cosine => (0.5 * (1.0 + (PI * f64::from(done - self.warmup_steps) / rest).cos())).max(0.0),
        }
    }
}
