//! Checkpoints: folders that are either whole or not there. Each is written beside its final name, every file is
//! brought to the disk, a manifest with sizes and hashes comes last, and one rename makes it visible.

mod moments;

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::DType;
use tunesmith_data::own_file;
use tunesmith_protocol::Optimizer as Choice;
use tunesmith_sentence::Sentence;

use crate::files::{at, fresh_folder, names_in, remove_folder, require_space, sync_file, sync_folder, write};
use crate::learner::Learner;
use crate::manifest;
use crate::run_folder::{checkpoint_path, checkpoint_steps};
use crate::state::State;
use crate::{Optimizer, TrainError};

const STATE: &str = "state.json";
const OPTIMIZER: &str = "optimizer.safetensors";
const LONGEST_STATE: u64 = 16 << 20;
/// Newest checkpoints that are kept, beside the best.
const KEPT: usize = 2;
/// As many, the best, and the one that is being written.
pub(crate) const MOST_AT_ONCE: u32 = KEPT as u32 + 2;

/// Writes the checkpoint of the state's step and removes old ones.
pub(crate) fn save(run: &Path, learner: &Learner, optimizer: &Optimizer, state: &State) -> Result<PathBuf, TrainError> {
    let (path, unfinished) = (checkpoint_path(run, state.step), run.join(format!("ckpt-{}.tmp", state.step)));
    fs::create_dir_all(run).map_err(at(run))?;
    remove_leftovers(run)?;
    // Twice the size: file systems and other programs need room as well.
    require_space(run, 2 * (learner.size_bytes() + optimizer.size_bytes()))?;
    let written = fill(&unfinished, learner, optimizer, state).and_then(|()| publish(&unfinished, &path));
    if let Err(error) = written {
        // Best effort: a half-written folder only takes room, and the next attempt removes it too.
        let _ = remove_folder(&unfinished);
        return Err(error);
    }
    prune(run, state)?;
    Ok(path)
}

/// The state in a checkpoint.
pub(crate) fn state(checkpoint: &Path) -> Result<State, TrainError> {
    let path = checkpoint.join(STATE);
    let text = own_file::read(&path, LONGEST_STATE).map_err(at(&path))?;
    serde_json::from_slice(&text)
        .map_err(|error| TrainError::Damaged { path, message: Sentence::verbatim(error.to_string()) })
}

/// The optimiser in a checkpoint of a run with this choice of optimiser.
pub(crate) fn optimizer(checkpoint: &Path, choice: Choice) -> Result<Optimizer, TrainError> {
    moments::read(&checkpoint.join(OPTIMIZER), choice)
}

fn fill(folder: &Path, learner: &Learner, optimizer: &Optimizer, state: &State) -> Result<(), TrainError> {
    fresh_folder(folder)?;
    learner.save(folder, DType::F32)?;
    moments::write(&folder.join(OPTIMIZER), optimizer)?;
    let text = serde_json::to_string_pretty(state).unwrap_or_default();
    write(&folder.join(STATE), text.as_bytes())?;
    for name in names_in(folder)? {
        sync_file(&folder.join(name))?;
    }
    manifest::write(folder)
}

fn publish(unfinished: &Path, path: &Path) -> Result<(), TrainError> {
    sync_folder(unfinished)?;
    // Only a broken one, or one from before a rewind, can be in the way.
    if path.exists() {
        remove(path)?;
    }
    fs::rename(unfinished, path).map_err(at(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Keeps the newest checkpoints up to the current step, and the best. Later ones are from before a rewind.
fn prune(run: &Path, state: &State) -> Result<(), TrainError> {
    let steps = checkpoint_steps(run)?;
    let kept: Vec<u32> = steps.iter().rev().copied().filter(|step| *step <= state.step).take(KEPT).collect();
    let best = state.best.map(|best| best.step);
    for step in steps.into_iter().filter(|step| !kept.contains(step) && best != Some(*step)) {
        remove(&checkpoint_path(run, step))?;
    }
    Ok(())
}

/// Takes a checkpoint out of sight in one go before its files are deleted: what is in sight is whole.
fn remove(path: &Path) -> Result<(), TrainError> {
    let going = path.with_extension("old.tmp");
    fs::rename(path, &going).map_err(at(path))?;
    remove_folder(&going)
}

/// Removes what an interrupted write left behind.
fn remove_leftovers(run: &Path) -> Result<(), TrainError> {
    for entry in fs::read_dir(run).map_err(at(run))? {
        let entry = entry.map_err(at(run))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("ckpt-") && name.ends_with(".tmp") {
            remove_folder(&entry.path())?;
        }
    }
    Ok(())
}
