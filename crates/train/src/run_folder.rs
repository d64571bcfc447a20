//! Where a run's checkpoints and its result lie in the run's folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::TrainError;
use crate::files::at;
use crate::manifest::verify;

/// The checkpoint folder of a step.
pub(crate) fn checkpoint_path(run: &Path, step: u32) -> PathBuf {
    run.join(format!("ckpt-{step}"))
}

/// Where a run's result lies.
pub(crate) fn result_path(run: &Path) -> PathBuf {
    run.join("result")
}

/// The newest checkpoint that is whole. `None` when there is none at all.
pub(crate) fn newest_checkpoint(run: &Path) -> Result<Option<PathBuf>, TrainError> {
    let mut first_problem = None;
    for step in checkpoint_steps(run)?.into_iter().rev() {
        match verify(&checkpoint_path(run, step)) {
            Ok(()) => return Ok(Some(checkpoint_path(run, step))),
            Err(problem) => drop(first_problem.get_or_insert(problem)),
        }
    }
    match first_problem {
        Some(problem) => Err(TrainError::NoGoodCheckpoint { folder: run.into(), reason: problem.sentence() }),
        None => Ok(None),
    }
}

/// The steps that have a checkpoint folder, whole or not, in order.
pub(crate) fn checkpoint_steps(run: &Path) -> Result<Vec<u32>, TrainError> {
    if !run.is_dir() {
        return Ok(vec![]);
    }
    let mut steps = Vec::new();
    for entry in fs::read_dir(run).map_err(at(run))? {
        let name = entry.map_err(at(run))?.file_name();
        steps.extend(
            name.to_str().and_then(|name| name.strip_prefix("ckpt-")).and_then(|step| step.parse::<u32>().ok()),
        );
    }
    steps.sort_unstable();
    Ok(steps)
}
