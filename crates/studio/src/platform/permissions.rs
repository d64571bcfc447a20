//! Files and folders that only their owner may read. A single file is made so by `tunesmith_data::own_file`.

use std::fs;
use std::io;
use std::path::Path;

/// Makes a folder into which only its owner may look, where there is none yet.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether others than its owner may read a file or folder, or change it.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Takes a file or folder from everybody but its owner.
#[cfg(unix)]
pub(crate) fn close_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

/// Lets nobody but its user read what this process writes from now on.
#[cfg(unix)]
pub(crate) fn write_privately() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Other systems have private folders by default.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(not(unix))]
pub(crate) fn close_to_others(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn write_privately() {}
