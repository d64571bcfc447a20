//! How the learning rate moves over a run. After the warm-up it is as `transformers/optimization.py` defines it
//! (`get_linear_schedule_with_warmup`, `get_cosine_schedule_with_warmup`, `get_constant_schedule_with_warmup`). The warm-up
//! itself departs from there: transformers begins it with a step of rate 0, which learns nothing, so that a run of one step
//! with one step of warm-up would give back the untrained model.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};
use tunesmith_protocol::Scheduler;

/// The learning rate of every step of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Its shape after the warm-up.
    pub shape: Scheduler,
    /// The learning rate at its highest.
    pub peak: f64,
    /// Steps in which it rises.
    pub warmup_steps: u32,
    /// Where the rise begins.
    pub warm_up: WarmUp,
    /// Steps of the whole run.
    pub steps: u32,
}

/// Where a warm-up begins. A run keeps the rule that it was started with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarmUp {
    /// Step k of W takes k / W of the rate: every step learns, and the last of them takes all of it.
    #[default]
    EveryStepLearns,
    /// Step k of W takes (k - 1) / W of the rate, so that the first learns nothing: transformers' rule, and that of runs from
    /// before there was another.
    FromZero,
}

impl Schedule {
    /// A schedule whose warm-up takes `warmup_ratio` of the steps, rounded up as transformers does.
    pub fn new(shape: Scheduler, peak: f64, warmup_ratio: f64, steps: u32) -> Self {
        let warmup_steps = (f64::from(steps) * warmup_ratio).ceil() as u32;
        Self { shape, peak, warmup_steps, warm_up: WarmUp::default(), steps }
    }

    /// The learning rate of step `step`, from 1.
    pub fn learning_rate(&self, step: u32) -> f64 {
        self.peak * self.factor(step.saturating_sub(1))
    }

    fn factor(&self, done: u32) -> f64 {
        if done < self.warmup_steps {
            let risen = match self.warm_up {
                WarmUp::EveryStepLearns => done + 1,
                WarmUp::FromZero => done,
            };
            return f64::from(risen) / f64::from(self.warmup_steps);
        }
        let rest = f64::from(self.steps.saturating_sub(self.warmup_steps).max(1));
        match self.shape {
            Scheduler::Constant => 1.0,
            Scheduler::Linear => (f64::from(self.steps) - f64::from(done)).max(0.0) / rest,
            Scheduler::Cosine => (0.5 * (1.0 + (PI * f64::from(done - self.warmup_steps) / rest).cos())).max(0.0),
        }
    }
}
