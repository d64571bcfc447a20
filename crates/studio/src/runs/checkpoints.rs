//! Checkpoints of a run that has ended: beside the best and the last one they are only needed to go back to.

use std::fs;
use std::path::PathBuf;

use tunesmith_protocol::{ErrorCode, SpareCheckpoints, WireError};
use tunesmith_sentence::say;

use super::Runs;
use crate::{errors, home};

impl Runs {
    /// The checkpoints that could be removed.
    pub fn spare_checkpoints(&self, id: &str) -> Result<SpareCheckpoints, WireError> {
        let spare = if self.is_active(id)? { vec![] } else { self.spare(id)? };
        Ok(SpareCheckpoints { count: spare.len() as u32, bytes: spare.iter().map(|folder| home::size(folder)).sum() })
    }

    /// Removes them for good.
    pub fn remove_spare_checkpoints(&self, id: &str) -> Result<(), WireError> {
        if self.is_active(id)? {
            return Err(WireError::new(
                ErrorCode::Busy,
                say!("run-checkpoints-active", "This run is training or queued, and may need its checkpoints"),
                say!("run-checkpoints-active-hint", "Stop it first, or wait until it has ended"),
            ));
        }
        for folder in self.spare(id)? {
            fs::remove_dir_all(&folder).map_err(errors::io(&folder))?;
        }
        self.index.measure(id);
        self.topics.library_changed();
        Ok(())
    }

    /// The folders of all checkpoints but the best and the last. What a link leads to is somebody else's.
    fn spare(&self, id: &str) -> Result<Vec<PathBuf>, WireError> {
        let run = self.index.get(id)?;
        let all = tunesmith_train::checkpoints(run.folder.path())?.into_iter();
        let mut checkpoints: Vec<(u32, PathBuf)> = all.filter(|(_, folder)| home::is_own_folder(folder)).collect();
        checkpoints.pop();
        let best = run.summary.best_step.or(run.summary.kept().map(|(step, _)| step));
        Ok(checkpoints.into_iter().filter(|(step, _)| Some(*step) != best).map(|(_, folder)| folder).collect())
    }
}
