//! The home folder: the one place that builds paths, and what is kept in it. Ids come from other processes, so each is
//! checked before it becomes part of a path.

mod chat_templates;
pub(crate) mod checksums;
pub(crate) mod control;
mod dataset_folder;
pub(crate) mod db;
mod files;
pub(crate) mod holder;
pub(crate) mod journal;
mod leftovers;
pub(crate) mod logs;
pub(crate) mod losses;
pub(crate) mod manifest;
pub(crate) mod notices;
mod preferences;
mod run_folder;
pub(crate) mod run_index;
pub(crate) mod run_summary;
pub(crate) mod socket;

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_data::own_file;
use tunesmith_protocol::{ItemKind, WireError};
use tunesmith_sentence::say;

pub(crate) use chat_templates::ModelFiles;
pub(crate) use dataset_folder::DatasetFolder;
pub(crate) use files::{aside, entries, is_own_folder, own_entries, put, size, unfinished, write_whole};
pub(crate) use notices::Notices;
pub(crate) use preferences::PreferencesStore;
pub(crate) use run_folder::RunFolder;

use crate::platform::{close_to_others, is_open_to_others, make_private_folder};
use crate::{errors, ids};

/// `TUNESMITH_HOME`, else `$XDG_DATA_HOME/tunesmith`, else `~/.local/share/tunesmith`.
pub fn default_home() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("TUNESMITH_HOME")
        .map(|named| from_user_home(&named))
        .or_else(|| from("XDG_DATA_HOME").map(|data| data.join("tunesmith")))
        .or_else(|| from("HOME").map(|home| home.join(".local/share/tunesmith")))
        .unwrap_or_else(|| PathBuf::from(".tunesmith"))
}

/// A path with the user's home in the place of `~`, which no shell has put there where it is quoted or in a file of settings.
pub(crate) fn from_user_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.into(),
    }
}

/// Where files lie on their way from a browser: whoever opens the home next removes what is left there.
///
/// # Errors
/// The home cannot be made.
pub fn uploads_folder(home: &Path) -> Result<PathBuf, WireError> {
    Home::create(home).map(|home| home.uploads())
}

fn no_folder(path: &Path) -> WireError {
    WireError::invalid(
        say!("home-no-folder", "{path} is no folder, so no home of Tunesmith can be there", path),
        say!("home-no-folder-hint", "Set TUNESMITH_HOME to a folder"),
    )
}

/// The home is on a disk that is not there, perhaps.
fn dangling(path: &Path, target: &Path) -> WireError {
    WireError::invalid(
        say!("home-dangling", "{path} is a link to {target}, which does not exist", path, target),
        say!(
            "home-dangling-hint",
            "Connect the disk that it is on, make that folder, or set TUNESMITH_HOME to another"
        ),
    )
}

/// A home folder and what lies where in it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// The home in this folder, with its subfolders made. Only its owner may look into it.
    pub fn create(root: &Path) -> Result<Self, WireError> {
        let root = std::path::absolute(root).map_err(errors::io(root))?;
        let home = Self { root };
        if home.root.exists() && !home.root.is_dir() {
            return Err(no_folder(&home.root));
        }
        if let (Ok(target), false) = (fs::read_link(&home.root), home.root.exists()) {
            return Err(dangling(&home.root, &target));
        }
        let parent = home.root.parent().unwrap_or(&home.root);
        fs::create_dir_all(parent).map_err(errors::io(parent))?;
        for folder in
            ["", "models", "datasets", "runs", "exports", "logs", "bin", "notices", "uploads", "chat-templates"]
        {
            let folder = home.root.join(folder);
            make_private_folder(&folder).map_err(errors::io(&folder))?;
        }
        home.shut();
        Ok(home)
    }

    /// Shuts others out of a home that they could look into, and says so. What lies deeper is out of their reach then.
    fn shut(&self) {
        let open = |path: &Path| is_open_to_others(path).unwrap_or(false);
        if !open(&self.root) {
            return;
        }
        let closed = close_to_others(&self.root);
        let beneath = entries(&self.root).into_iter().chain(own_entries(&self.logs()));
        for path in beneath.filter(|path| !path.is_symlink() && open(path)) {
            if let Err(error) = close_to_others(&path) {
                tracing::warn!("{} stays open to others: {error}", path.display());
            }
        }
        let path = &self.root;
        match closed {
            Ok(()) if !open(path) => self.notices().tell(
                &format!("was open {}", ids::now_ms()),
                say!("home-was-open", "Other users of this computer could look into {path}", path),
                say!("home-was-open-hint", "It is closed to them now; what was in it before, they may have read"),
            ),
            _ => self.notices().tell(
                "stays open",
                say!(
                    "home-stays-open",
                    "Other users of this computer may look into {path}, and its permissions cannot be changed",
                    path
                ),
                say!(
                    "home-stays-open-hint",
                    "Have its owner take them away, or set TUNESMITH_HOME to a folder that is yours alone"
                ),
            ),
        }
    }

    /// What the user has to know of the home.
    pub fn notices(&self) -> Notices {
        Notices::new(self.notices_folder())
    }

    fn notices_folder(&self) -> PathBuf {
        self.root.join("notices")
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("tunesmith.db")
    }

    /// Space set aside so that something can be deleted from a full disk.
    pub fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
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

    /// Files on their way from a browser. Each server has a folder in it, and a lock in that one as long as it runs.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    /// Makes a folder there for what comes from no browser. Nobody holds a lock in it, so that it goes when the home is next
    /// opened.
    pub fn new_upload(&self) -> Result<PathBuf, WireError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(leftovers::NAME);
        // Nobody else on this computer may look into it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(self.uploads()).map_err(errors::io(self.uploads()))?;
        Ok(folder.keep())
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

    /// Removes what imports, exports, checks, starts and uploads have left that were cut short. What a link leads to is somebody
    /// else's.
    pub fn sweep(&self) {
        let parts =
            [self.models(), self.datasets(), self.runs(), self.exports(), self.notices_folder(), self.templates()];
        let of_datasets = own_entries(&self.datasets()).into_iter().filter(|dataset| is_own_folder(dataset));
        let of_datasets = of_datasets.flat_map(|dataset| {
            let dataset = DatasetFolder(dataset);
            [dataset.versions(), dataset.0]
        });
        // Another process may train a run, and write its files.
        let of_runs = own_entries(&self.runs()).into_iter().filter(|run| !RunFolder::at(run.clone()).is_locked());
        let folders = parts.into_iter().chain(of_datasets).chain(of_runs);
        // The home itself may lie behind a link: it is where the user says.
        let beneath = entries(&self.root).into_iter().chain(folders.flat_map(|folder| own_entries(&folder)));
        beneath.filter(|entry| is_unfinished(entry)).for_each(|entry| remove(&entry));
        let uploads = own_entries(&self.uploads()).into_iter().filter(|uploads| leftovers::are_uploads(uploads));
        uploads.filter(|uploads| !is_in_use(uploads)).for_each(|uploads| remove(&uploads));
        leftovers::sweep(&std::env::temp_dir());
    }
}

/// Whether something in the home was on its way to its place when its process ended.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Earlier versions let the system choose the names of some.
    name.ends_with(".tmp") || (name.starts_with(".tmp") && name.len() == ".tmp".len() + 6)
}

/// Whether the server is still there whose uploads these are.
fn is_in_use(uploads: &Path) -> bool {
    let Ok(lock) = own_file::open(&uploads.join("lock")) else { return false };
    matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
}

fn remove(path: &Path) {
    let gone = if is_own_folder(path) { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = gone {
        tracing::warn!("{} could not be removed: {error}", path.display());
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
