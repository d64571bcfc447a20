//! Files and folders that only their owner may read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Lets only the owner look into a folder.
#[cfg(unix)]
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// Other systems have private folders by default.
#[cfg(not(unix))]
pub(crate) fn private_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Opens a file for reading and writing, making it for its owner alone where it does not exist.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
