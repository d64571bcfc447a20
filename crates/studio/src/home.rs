//! The home folder: the one place that builds paths. Ids come from other processes, so each is checked before it
//! becomes part of a path.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tunesmith_protocol::{ErrorCode, ItemKind, Split, WireError};

use crate::explain;

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
        let root = std::path::absolute(root).map_err(explain::io(root))?;
        let home = Self { root };
        let is_new = !home.root.exists();
        fs::create_dir_all(&home.root).map_err(explain::io(&home.root))?;
        if is_new {
            // A folder that was there before keeps the permissions its owner gave it.
            private_folder(&home.root).map_err(explain::io(&home.root))?;
        }
        for folder in ["models", "datasets", "runs", "exports", "logs", "bin"] {
            let folder = home.root.join(folder);
            fs::create_dir_all(&folder).map_err(explain::io(&folder))?;
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

/// The folder of a dataset.
#[derive(Debug, Clone)]
pub(crate) struct DatasetFolder(pub PathBuf);

impl DatasetFolder {
    pub fn facts(&self) -> PathBuf {
        self.0.join("dataset.json")
    }

    /// All rows that were imported, edited or added, one after another.
    pub fn rows(&self) -> PathBuf {
        self.0.join("rows.jsonl")
    }

    pub fn versions(&self) -> PathBuf {
        self.0.join("versions")
    }

    /// Which rows a version has, in order.
    pub fn version(&self, number: u32) -> PathBuf {
        self.versions().join(format!("{number}.rows"))
    }

    /// What the doctor found in a version.
    pub fn report(&self, number: u32) -> PathBuf {
        self.versions().join(format!("{number}.report.json"))
    }

    /// The lengths of a version's rows for a model.
    pub fn lengths(&self, number: u32, key: &str) -> PathBuf {
        self.versions().join(format!("{number}.{key}.lengths"))
    }

    pub fn problems(&self) -> PathBuf {
        self.0.join("problems.jsonl")
    }

    /// Copies of files that will not stay where they are, so that a run file can name them.
    pub fn originals(&self) -> PathBuf {
        self.0.join("originals")
    }
}

/// The folder of a run, in a home or anywhere else.
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

    pub fn frozen(&self) -> PathBuf {
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
        let file = open_lock(&path).map_err(explain::io(&path))?;
        // Someone who only asks whether the run is going holds the lock for a moment.
        for _ in 0..50 {
            if file.try_lock().is_ok() {
                return Ok(file);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Err(WireError::new(
            ErrorCode::Busy,
            format!("{} is being trained by another process", self.path.display()),
            "Stop it there first",
        ))
    }

    /// Whether some process trains the run now.
    pub fn is_locked(&self) -> bool {
        let Ok(file) = File::open(self.path.join("run.lock")) else { return false };
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }
}

/// Opens a lock file, making it when it does not exist.
pub(crate) fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What a folder holds, sorted; nothing when it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    paths.sort();
    paths
}

/// The bytes of all files below a path. Links are not followed.
pub(crate) fn size(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_dir() => entries(path).iter().map(|entry| size(entry)).sum(),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    }
}

/// Writes a file so that a reader sees either the old or the new one, also after a power cut.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WireError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, bytes)?;
        Ok(file)
    };
    put(write().map_err(explain::io(path))?, path)
}

/// Puts a file that is written in its place, so that it lasts.
pub(crate) fn put(file: NamedTempFile, path: &Path) -> Result<(), WireError> {
    let put = || {
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    put().map_err(explain::io(path))
}

/// Makes renames and new files in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot do this for folders.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

/// The id, if it is nothing but a name inside a folder.
fn plain(id: &str) -> Result<&str, WireError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !id.is_empty() && id.len() <= 128 && id.chars().all(fine) {
        true => Ok(id),
        false => Err(WireError::not_found(format!("“{id}” is not an id"))),
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
