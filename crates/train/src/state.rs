//! The state of a run, as each checkpoint keeps it.

use serde::{Deserialize, Serialize};

use crate::run_inputs::RunInputs;

/// Where a run stands: with the weights and the moments, all that is needed to go on exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Steps done. Row order and learning rate are functions of it.
    pub step: u32,
    /// Epochs seen.
    pub epoch: f64,
    /// Tokens computed in training so far.
    pub tokens: u64,
    /// Tokens learned from so far.
    pub learned_tokens: u64,
    /// Time spent so far.
    pub elapsed_ms: u64,
    /// The last step after which the validation rows were measured.
    pub evaluated: Option<u32>,
    /// The lowest validation loss after a step, and that step.
    pub best: Option<Best>,
    /// Measurements since then.
    pub evaluations_since_best: u32,
    /// Whether any step had a gradient. Older checkpoints do not say; what they hold is taken as learned.
    #[serde(default = "yes")]
    pub moved: bool,
    /// Whether any step was large enough to change a weight. Of pairs that begin with a B of zeros the end of the run tells.
    /// Older checkpoints do not say either.
    #[serde(default = "yes")]
    pub changed: bool,
    /// What the run was started with.
    #[serde(rename = "frozen")]
    pub inputs: RunInputs,
}

/// The best measurement so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    /// After this step.
    pub step: u32,
    /// Mean negative log-likelihood in nats.
    pub loss: f64,
}

impl State {
    /// Before the first step.
    pub fn start(inputs: RunInputs) -> Self {
        Self {
            step: 0,
            epoch: 0.0,
            tokens: 0,
            learned_tokens: 0,
            elapsed_ms: 0,
            evaluated: None,
            best: None,
            evaluations_since_best: 0,
            moved: false,
            changed: false,
            inputs,
        }
    }

    /// Takes note of a validation loss. What was before the first step is no candidate: an untrained result is none.
    pub fn measured(&mut self, loss: f64) {
        self.evaluated = Some(self.step);
        match self.best {
            _ if self.step == 0 => {}
            Some(best) if loss >= best.loss => self.evaluations_since_best += 1,
            _ => (self.best, self.evaluations_since_best) = (Some(Best { step: self.step, loss }), 0),
        }
    }
}

fn yes() -> bool {
    true
}
