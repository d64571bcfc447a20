//! What lies where in the folder of a run, in a home or anywhere else.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tunesmith_data::own_file;
use tunesmith_protocol::{ErrorCode, Split, WireError};
use tunesmith_sentence::say;

use super::files::{entries, size};
use crate::errors;

/// The folder of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn manifest(&self) -> PathBuf {
        self.path.join("run.json")
    }

    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    pub fn tokens(&self, split: Split) -> PathBuf {
        self.path.join("tokens").join(match split {
            Split::Training => "training.tokens",
            Split::Validation => "validation.tokens",
        })
    }

    pub fn result(&self) -> PathBuf {
        self.path.join("result")
    }

    /// What was asked when the result was compared with the base model.
    pub fn comparison(&self) -> PathBuf {
        self.path.join("comparison.json")
    }

    /// What the files were when the run ended.
    pub fn checksums(&self) -> PathBuf {
        self.path.join("checksums.json")
    }

    /// The bytes of its files, without what is on its way and without the list of checksums: that is small, and written only
    /// after the last record.
    pub fn size(&self) -> u64 {
        let counts =
            |path: &PathBuf| *path != self.checksums() && path.extension().is_none_or(|extension| extension != "tmp");
        entries(&self.path).iter().filter(|path| counts(path)).map(|path| size(path)).sum()
    }

    pub fn control(&self) -> PathBuf {
        self.path.join("control.json")
    }

    /// Space set aside so that a full disk can still be recorded.
    pub fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }

    fn lock_file(&self) -> PathBuf {
        self.path.join("run.lock")
    }

    /// Whether a run may write into its folder: where there is something, it is a regular file or a folder, and no link.
    ///
    /// # Errors
    /// What lies in the place of one of its files.
    pub fn check_places(&self) -> Result<(), WireError> {
        for path in [self.lock_file(), self.metrics()] {
            own_file::check_place(&path).map_err(errors::io(&path))?;
        }
        let tokens = self.path.join("tokens");
        own_file::check_folder(&tokens).map_err(errors::io(&tokens))
    }

    /// Locks the run for the process that trains it.
    pub fn lock(&self) -> Result<File, WireError> {
        let path = self.lock_file();
        let file = own_file::change(&path).map_err(errors::io(&path))?;
        // Someone who only asks whether the run is going holds the lock for a moment.
        for _ in 0..50 {
            if file.try_lock().is_ok() {
                return Ok(file);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Err(WireError::new(
            ErrorCode::Busy,
            say!("run-trained-elsewhere", "{path} is being trained by another process", path = &self.path),
            say!("run-trained-elsewhere-hint", "Stop it there first"),
        ))
    }

    /// Whether some process trains the run now.
    pub fn is_locked(&self) -> bool {
        let Ok(file) = own_file::open(&self.lock_file()) else { return false };
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }
}
