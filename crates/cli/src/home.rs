//! The home: opened as its owner, or through the owner when the window or another command has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tunesmith_protocol::{Api, ErrorCode, Run, WireError};
use tunesmith_sentence::say;
use tunesmith_studio::{Opened, Studio, default_home, open};

/// An opened home.
pub(crate) struct Home {
    /// The commands, wherever they are carried out.
    pub api: Arc<dyn Api>,
    /// The studio, when it lives in this process.
    owned: Option<Arc<Studio>>,
}

impl Home {
    pub(crate) fn open() -> Result<Self, WireError> {
        match open(&default_home())? {
            Opened::Owner(studio) => Ok(Self { api: Arc::clone(&studio) as Arc<dyn Api>, owned: Some(studio) }),
            Opened::Guest(remote) => Ok(Self { api: Arc::new(remote), owned: None }),
        }
    }

    /// Whether the home is this process's own, so that its runs are trained here.
    pub(crate) fn is_owner(&self) -> bool {
        self.owned.is_some()
    }

    /// Lets runs go on that stood in line when the program last ended: this process stays.
    pub(crate) fn start_queue(&self) -> Result<(), WireError> {
        self.owned.as_ref().map_or(Ok(()), |studio| studio.start_queue())
    }

    /// Whether a run is going in this process.
    pub(crate) fn running(&self) -> bool {
        self.owned.as_ref().is_some_and(|studio| studio.running())
    }

    /// The run of this id, or of the only id that begins so.
    pub(crate) fn run(&self, id: &str) -> Result<Run, WireError> {
        let runs = self.api.list_runs(())?;
        let mut fitting = runs.iter().filter(|run| run.id.starts_with(id));
        let exact = runs.iter().find(|run| run.id == id);
        match (exact, fitting.next(), fitting.next()) {
            (Some(run), _, _) | (None, Some(run), None) => Ok(run.clone()),
            (None, Some(_), Some(_)) => Err(WireError::invalid(
                say!("shell-run-ambiguous", "Several runs begin with “{id}”", id),
                say!("shell-run-ambiguous-hint", "Give more of the id"),
            )),
            (None, None, _) => Err(WireError::new(
                ErrorCode::NotFound,
                say!("run-missing", "There is no run “{id}”", id),
                say!("shell-run-missing-hint", "`tunesmith runs list` shows what there is"),
            )),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A run in this process gets its checkpoint before the process ends.
        if let Some(studio) = &self.owned {
            studio.shutdown();
        }
    }
}

/// The path as the owner of the home, in whatever folder it runs, understands it.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, WireError> {
    std::path::absolute(path).map_err(|error| {
        WireError::invalid(
            say!("shell-path-unclear", "{path}: {error}", path, error),
            say!("shell-path-unclear-hint", "Check the path"),
        )
    })
}
