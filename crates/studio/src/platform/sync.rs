//! Renames and new files in a folder outlast a power cut only once the folder itself is written.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes renames and new files in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot do this for folders.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}
