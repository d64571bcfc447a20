//! Files of the home: written whole, listed and measured.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tunesmith_protocol::WireError;

use crate::errors;
use crate::platform::sync_folder;

/// What a folder holds, sorted; nothing when it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    paths.sort();
    paths
}

/// The same, but nothing where the folder is a link.
pub(crate) fn own_entries(folder: &Path) -> Vec<PathBuf> {
    if is_own_folder(folder) { entries(folder) } else { Vec::new() }
}

/// Whether a path is a folder itself, and no link to one.
pub(crate) fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|facts| facts.is_dir())
}

/// A free name for what is put aside because it is not what it should be.
pub(crate) fn aside(path: &Path) -> PathBuf {
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let numbered = (2_u32..).map(|number| named(&format!(".damaged-{number}")));
    let mut names = std::iter::once(named(".damaged")).chain(numbered);
    // There are not four thousand million of them.
    names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_else(|| named(".damaged"))
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
        let mut file = unfinished(folder)?;
        std::io::Write::write_all(&mut file, bytes)?;
        Ok(file)
    };
    put(write().map_err(errors::io(path))?, path)
}

/// A file on its way, under a name that is swept away should the program end meanwhile.
pub(crate) fn unfinished(folder: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)
}

/// Puts a file that is written in its place, so that it lasts.
pub(crate) fn put(file: NamedTempFile, path: &Path) -> Result<(), WireError> {
    let put = || {
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    put().map_err(errors::io(path))
}
