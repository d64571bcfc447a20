//! Small helpers around files: errors that name the path, writes that reach the disk, hashes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tunesmith_data::own_file;
use tunesmith_sentence::say;

use crate::TrainError;
use crate::error::size;

/// Adds the path to what the system said.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> TrainError {
    let path = path.into();
    move |source| TrainError::Io { path, source }
}

/// Writes a file and waits until it is on the disk.
pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<(), TrainError> {
    fs::write(path, contents).map_err(at(path))?;
    sync_file(path)
}

/// Waits until a file's contents are on the disk.
pub(crate) fn sync_file(path: &Path) -> Result<(), TrainError> {
    // Opened for writing because Windows syncs no file that is only readable.
    OpenOptions::new().write(true).open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// Waits until the names in a folder are on the disk. Windows has no such call.
pub(crate) fn sync_folder(path: &Path) -> Result<(), TrainError> {
    if cfg!(windows) { Ok(()) } else { File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path)) }
}

/// The files in a folder, by name, without subfolders.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, TrainError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Makes an empty folder, removing what was left there.
pub(crate) fn fresh_folder(path: &Path) -> Result<(), TrainError> {
    remove_folder(path)?;
    fs::create_dir_all(path).map_err(at(path))
}

/// Removes a folder if it is there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), TrainError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// The SHA-256 of a file as hexadecimal digits, and its length in bytes.
pub(crate) fn sha256(path: &Path) -> Result<(String, u64), TrainError> {
    let (mut file, mut hash, mut length) = (own_file::open(path).map_err(at(path))?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(at(path))?;
        if read == 0 {
            return Ok((hex(&hash.finalize()), length));
        }
        hash.update(&buffer[..read]);
        length += read as u64;
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses to begin a write that the disk has no space for. A file system that cannot say is taken at its word later.
pub(crate) fn require_space(folder: &Path, needed_bytes: u64) -> Result<(), TrainError> {
    match fs4::available_space(folder) {
        Ok(free) if free < needed_bytes => Err(TrainError::DiskFull {
            message: say!(
                "train-disk-too-full",
                "The disk is full: a checkpoint in {folder} needs {needed}, and {free} are free",
                folder,
                needed = size(needed_bytes),
                free = size(free)
            ),
        }),
        _ => Ok(()),
    }
}
