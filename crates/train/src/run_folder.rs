//! Where a run's checkpoints and its result lie in the run's folder.

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_sentence::Sentence;

use crate::TrainError;
use crate::files::{at, sync_folder};
use crate::manifest::verify;

/// The checkpoint folder of a step.
pub(crate) fn checkpoint_path(run: &Path, step: u32) -> PathBuf {
    run.join(format!("ckpt-{step}"))
}

/// Where a run's result lies.
pub(crate) fn result_path(run: &Path) -> PathBuf {
    run.join("result")
}

/// The checkpoints of a run, by the step after which each was written, the earliest first.
///
/// # Errors
/// The run's folder cannot be read.
pub fn checkpoints(run: &Path) -> Result<Vec<(u32, PathBuf)>, TrainError> {
    Ok(checkpoint_steps(run)?.into_iter().map(|step| (step, checkpoint_path(run, step))).collect())
}

/// A checkpoint that cannot be used, and why.
pub(crate) struct Damaged {
    pub step: u32,
    pub reason: Sentence,
}

/// The newest checkpoint that is whole. `None` when there is none at all.
pub(crate) fn newest_checkpoint(run: &Path) -> Result<Option<PathBuf>, TrainError> {
    newest_and_damaged(run).map(|(newest, _)| newest)
}

/// The newest checkpoint that is whole, and those after it that are not. `None` when there is none at all.
pub(crate) fn newest_and_damaged(run: &Path) -> Result<(Option<PathBuf>, Vec<Damaged>), TrainError> {
    let mut damaged = Vec::new();
    for step in checkpoint_steps(run)?.into_iter().rev() {
        match verify(&checkpoint_path(run, step)) {
            Ok(()) => return Ok((Some(checkpoint_path(run, step)), damaged)),
            // It may be whole.
            Err(problem) if problem.may_pass() => return Err(problem),
            Err(problem) => damaged.push(Damaged { step, reason: problem.sentence() }),
        }
    }
    match damaged.into_iter().next() {
        Some(Damaged { reason, .. }) => Err(TrainError::NoGoodCheckpoint { folder: run.into(), reason }),
        None => Ok((None, Vec::new())),
    }
}

/// Renames a damaged checkpoint, so that none that comes later takes its place, and says what it is called now.
pub(crate) fn put_aside(run: &Path, step: u32) -> Result<PathBuf, TrainError> {
    let path = checkpoint_path(run, step);
    let numbered = (2_u32..).map(|number| path.with_extension(format!("damaged-{number}")));
    let mut names = std::iter::once(path.with_extension("damaged")).chain(numbered);
    // There are not four thousand million of them.
    let aside = names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_else(|| path.clone());
    fs::rename(&path, &aside).map_err(at(&path))?;
    sync_folder(run)?;
    Ok(aside)
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
