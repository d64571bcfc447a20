//! Training straight from a run file into any folder.
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_protocol::{RunConfig, RunRecord, WireError};

/// How a run can be told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRun {
    /// Write a checkpoint and keep the result.
    Save,
    /// Leave now.
    Leave,
}

/// What is told while a run goes on.
pub enum RunNews<'a> {
    /// A record, already written to `metrics.jsonl`. `status` and `preparing` records may come before the plan.
    Record(&'a RunRecord),
    /// Nothing new; a chance to stop.
    Tick,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Whether it was stopped before its last step.
    pub stopped: bool,
    /// The last step.
    pub step: u32,
    /// The adapter or model, when there is one.
    pub result: PathBuf,
}

/// Trains as `config` says into the folder `output`, which gets the layout of any run. `home` is where ids of models
/// are looked up. Refuses an `output` that holds a run, unless `resume`; then settings, data or model that differ from
/// the frozen ones are an error that names the difference.
pub fn run_config(
    home: &Path,
    config: &RunConfig,
    output: &Path,
    resume: bool,
    report: &mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
) -> Result<Finished, WireError> {
    let _ = (home, config, output, resume, report);
    Err(WireError::internal("not yet"))
}
