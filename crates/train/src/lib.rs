//! Training: choices in, plan out, then steps with progress and checkpoints. Knows settings and metrics, but no
//! commands, no run ids and no home folder; the model's mathematics is `tunesmith-model`'s.

mod batches;
mod checkpoint;
mod clip;
mod error;
mod evaluate;
mod files;
mod fingerprint;
mod frozen;
mod job;
mod learner;
mod optimizer;
mod plan;
mod progress;
mod result;
mod run;
mod schedule;
mod state;
mod step;
mod targets;
mod weight_format;
mod workers;

pub use clip::{clip, global_norm};
pub use error::TrainError;
pub use evaluate::evaluate;
pub use job::Job;
pub use optimizer::{Blocks, DynamicMap, Moment, Moments, Optimizer, Parameter};
pub use plan::TrainPlan;
pub use progress::{Outcome, Progress, StopReason};
pub use run::run;
pub use schedule::Schedule;
pub use weight_format::weight_format;
