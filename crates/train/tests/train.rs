//! Facts about training: plans, steps, checkpoints and what happens when something breaks in between.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use tunesmith_train::TrainError;

#[path = "train/beside.rs"]
mod beside;
#[path = "train/child.rs"]
mod child;
#[path = "train/curve_case.rs"]
mod curve_case;
#[path = "train/estimate.rs"]
mod estimate;
#[path = "train/evaluate.rs"]
mod evaluate;
#[cfg(target_os = "linux")]
#[path = "train/faults.rs"]
mod faults;
#[path = "train/formats.rs"]
mod formats;
#[path = "train/killed.rs"]
mod killed;
#[path = "train/learning.rs"]
mod learning;
#[path = "train/methods.rs"]
mod methods;
#[path = "train/moments.rs"]
mod moments;
#[cfg(unix)]
#[path = "train/open_files.rs"]
mod open_files;
#[path = "train/optimizer.rs"]
mod optimizer;
#[path = "train/plan.rs"]
mod plan;
#[path = "train/quantization.rs"]
mod quantization;
#[path = "train/reference.rs"]
mod reference;
#[path = "train/resume.rs"]
mod resume;
#[path = "train/side_by_side.rs"]
mod side_by_side;
#[path = "train/stopping.rs"]
mod stopping;
#[path = "train/tiny.rs"]
mod tiny;
