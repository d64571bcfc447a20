//! The home: opened as its owner, or through the owner when the window or another command has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::{PathBufValueParser, StringValueParser, TypedValueParser};
use tunesmith_protocol::{Api, ErrorCode, Remote, Run, WireError, with_user_home};
use tunesmith_sentence::say;
use tunesmith_studio::{Studio, Successor, default_home};

use crate::language::translate;
use crate::out::write_stderr;

/// An opened home.
pub(crate) struct Home {
    /// The commands, wherever they are carried out.
    pub api: Arc<dyn Api>,
    place: Successor,
}

impl Home {
    /// Opens it, and says on stderr when there is something to know about it.
    pub(crate) fn open() -> Result<Self, WireError> {
        let home = Self::open_quietly()?;
        if !home.api.list_notices(())?.is_empty() {
            let there =
                say!("shell-notices-there", "There is something to know about this home: see `tunesmith doctor`");
            write_stderr(&format!("{}\n", translate(&there)));
        }
        Ok(home)
    }

    pub(crate) fn open_quietly() -> Result<Self, WireError> {
        Self::at(&default_home())
    }

    /// Opens the home in this folder.
    pub(crate) fn at(folder: &Path) -> Result<Self, WireError> {
        let place = Successor::open(folder)?;
        let api: Arc<dyn Api> = match place.owned() {
            Some(studio) => studio,
            None => Arc::new(Remote(place.clone())),
        };
        Ok(Self { api, place })
    }

    /// Reads the lists once: what is damaged is found then, and told as a notice.
    pub(crate) fn look_through(&self) -> Result<(), WireError> {
        self.api.list_runs(())?;
        self.api.list_datasets(())?;
        self.api.list_models(())?;
        self.api.list_chats(())?;
        self.api.preferences(()).map(drop)
    }

    /// The studio, when it lives in this process.
    fn owned(&self) -> Option<Arc<Studio>> {
        self.place.owned()
    }

    /// Whether the home is this process's own, so that its runs are trained here.
    pub(crate) fn is_owner(&self) -> bool {
        self.owned().is_some()
    }

    /// Lets runs go on that were queued when the program last ended: this process stays.
    pub(crate) fn start_queue(&self) -> Result<(), WireError> {
        self.owned().map_or(Ok(()), |studio| studio.start_queue())
    }

    /// How often a program has left that had the home.
    pub(crate) fn owners_left(&self) -> usize {
        self.place.owners_left()
    }

    /// This process follows a run and leaves when that has ended: where the home is its own, it starts no other.
    pub(crate) fn set_last_run(&self, id: &str) {
        if let Some(studio) = self.owned() {
            studio.set_last_run(id);
        }
    }

    /// Whether a run is going in this process.
    pub(crate) fn running(&self) -> bool {
        self.owned().is_some_and(|studio| studio.running())
    }

    /// The run of this id, or of the only id that begins so.
    pub(crate) fn run(&self, id: &str) -> Result<Run, WireError> {
        let runs = self.api.list_runs(())?;
        let mut fitting = runs.iter().filter(|run| !id.is_empty() && run.id.starts_with(id));
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
        if let Some(studio) = self.owned() {
            studio.shutdown();
        }
    }
}

/// Reads a path of the command line: no shell puts the home in the place of `~` in quotes or behind `=`.
pub(crate) fn typed_path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new()
        .map(|path| path.to_str().map_or_else(|| path.clone(), |path| with_user_home(path.to_owned()).into()))
}

/// The same of what is an id or a path.
pub(crate) fn typed_name() -> impl TypedValueParser<Value = String> {
    StringValueParser::new().map(with_user_home)
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
