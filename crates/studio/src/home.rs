//! The home folder: the one place that builds paths, and what is kept in it. Ids come from other processes, so each is
//! checked before it becomes part of a path.

pub(crate) mod control;
mod dataset_folder;
pub(crate) mod db;
mod files;
pub(crate) mod holder;
pub(crate) mod journal;
pub(crate) mod logs;
pub(crate) mod manifest;
mod preferences;
mod run_folder;
pub(crate) mod run_index;
pub(crate) mod run_summary;
pub(crate) mod socket;

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_protocol::{ItemKind, WireError};
use tunesmith_sentence::say;

pub(crate) use dataset_folder::DatasetFolder;
pub(crate) use files::{entries, put, size, write_whole};
pub(crate) use preferences::PreferencesStore;
pub(crate) use run_folder::RunFolder;

use crate::errors;
use crate::platform::private_folder;

/// `TUNESMITH_HOME`, else `$XDG_DATA_HOME/tunesmith`, else `~/.local/share/tunesmith`.
pub fn default_home() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("TUNESMITH_HOME")
        .or_else(|| from("XDG_DATA_HOME").map(|data| data.join("tunesmith")))
        .or_else(|| from("HOME").map(|home| home.join(".local/share/tunesmith")))
        .unwrap_or_else(|| PathBuf::from(".tunesmith"))
}

/// A home folder and what lies where in it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// The home in this folder, with its subfolders made. Into a new one only its owner may look.
    pub fn create(root: &Path) -> Result<Self, WireError> {
        let root = std::path::absolute(root).map_err(errors::io(root))?;
        let home = Self { root };
        let is_new = !home.root.exists();
        fs::create_dir_all(&home.root).map_err(errors::io(&home.root))?;
        if is_new {
            // A folder that was there before keeps the permissions its owner gave it.
            private_folder(&home.root).map_err(errors::io(&home.root))?;
        }
        for folder in ["models", "datasets", "runs", "exports", "logs", "bin"] {
            let folder = home.root.join(folder);
            fs::create_dir_all(&folder).map_err(errors::io(&folder))?;
        }
        Ok(home)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("tunesmith.db")
    }

    pub fn lock(&self) -> PathBuf {
        self.root.join("home.lock")
    }

    pub fn socket(&self) -> PathBuf {
        self.root.join("home.sock")
    }

    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    pub fn starter(&self) -> PathBuf {
        self.models().join("starter")
    }

    pub fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub fn log(&self) -> PathBuf {
        self.logs().join("tunesmith.log")
    }

    pub fn dataset(&self, id: &str) -> Result<DatasetFolder, WireError> {
        Ok(DatasetFolder(self.datasets().join(plain(id)?)))
    }

    pub fn run(&self, id: &str) -> Result<RunFolder, WireError> {
        Ok(RunFolder::at(self.runs().join(plain(id)?)))
    }

    /// Where a deleted thing lies until the bin is emptied.
    pub fn binned(&self, kind: ItemKind, id: &str) -> Result<PathBuf, WireError> {
        let kind = match kind {
            ItemKind::Model => "models",
            ItemKind::Dataset => "datasets",
            ItemKind::Run => "runs",
            ItemKind::Chat => "chats",
        };
        Ok(self.bin().join(kind).join(plain(id)?))
    }

    /// Removes what an import, a check or a start that was cut short has left.
    pub fn sweep(&self) {
        let versions = entries(&self.datasets()).into_iter().map(|dataset| DatasetFolder(dataset).versions());
        for folder in [self.models(), self.datasets(), self.runs()].into_iter().chain(versions) {
            for entry in entries(&folder) {
                if entry.extension().is_none_or(|extension| extension != "tmp") {
                    continue;
                }
                let gone = if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
                if let Err(error) = gone {
                    tracing::warn!("{} could not be removed: {error}", entry.display());
                }
            }
        }
    }
}

/// The id, if it is nothing but a name inside a folder.
fn plain(id: &str) -> Result<&str, WireError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !id.is_empty() && id.len() <= 128 && id.chars().all(fine) {
        true => Ok(id),
        false => Err(WireError::not_found(say!("home-not-an-id", "“{id}” is not an id", id))),
    }
}
