//! What lies where in the folder of a run, in a home or anywhere else.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tunesmith_protocol::{ErrorCode, Split, WireError};
use tunesmith_sentence::say;

use crate::errors;
use crate::platform::private_file;

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

    pub fn control(&self) -> PathBuf {
        self.path.join("control.json")
    }

    /// Space set aside so that a full disk can still be recorded.
    pub fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }

    /// Locks the run for the process that trains it.
    pub fn lock(&self) -> Result<File, WireError> {
        let path = self.path.join("run.lock");
        let file = private_file(&path).map_err(errors::io(&path))?;
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
        let Ok(file) = File::open(self.path.join("run.lock")) else { return false };
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }
}
