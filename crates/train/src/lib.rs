//! Training: choices in, plan out, then steps with progress and checkpoints. Knows settings and metrics, but no
//! commands, no run ids and no home folder; the model's mathematics is `tunesmith-model`'s.

mod batches;
mod checkpoint;
mod clip;
mod error;
mod estimate;
mod evaluate;
mod files;
mod fingerprint;
mod halt;
mod job;
mod learner;
mod manifest;
mod optimizer;
mod plan;
mod progress;
mod result;
mod run;
mod run_folder;
mod run_inputs;
mod schedule;
mod state;
mod step;
mod targets;
mod weight_format;
mod workers;

pub use clip::{clip, global_norm};
pub use error::TrainError;
pub use estimate::{Estimate, Speed, SpeedKey};
pub use evaluate::evaluate;
pub use job::Job;
pub use optimizer::{DynamicMap, Moment, Moments, Optimizer, Parameter, QuantizedMoment};
pub use plan::{FileBytes, TrainPlan};
pub use progress::{Outcome, Progress, StopRequest};
pub use run::run;
pub use run_folder::checkpoints;
pub use schedule::{Schedule, WarmUp};
pub use weight_format::weight_format;
