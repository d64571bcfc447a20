//! What the system says went wrong with a file, in plain words that follow the file's name.

use std::io::{self, ErrorKind};

use crate::{Sentence, say};

/// Why the system did not do what it was asked, in words such as “it does not exist”. What somebody else says stays as it is.
pub fn system_reason(error: &io::Error) -> Sentence {
    if error.get_ref().is_some() {
        // Libraries put their own words around what the system said, and its code stays in them.
        let text = error.to_string();
        return match code_in(&text) {
            Some(code) => system_reason(&io::Error::from_raw_os_error(code)),
            None => Sentence::verbatim(text),
        };
    }
    match error.kind() {
        ErrorKind::NotFound => say!("io-not-found", "it does not exist"),
        ErrorKind::AlreadyExists => say!("io-exists", "there is something of this name already"),
        ErrorKind::NotADirectory => say!("io-not-a-folder", "it, or a part of its path, is a file and not a folder"),
        ErrorKind::IsADirectory => say!("io-a-folder", "it is a folder and not a file"),
        ErrorKind::DirectoryNotEmpty => say!("io-folder-not-empty", "the folder is not empty"),
        ErrorKind::PermissionDenied => say!("io-forbidden", "this user may not read or change it"),
        ErrorKind::StorageFull => say!("io-disk-full", "the disk is full"),
        ErrorKind::QuotaExceeded => say!("io-quota-used-up", "this user may take no more space on the disk"),
        ErrorKind::FileTooLarge => say!("io-file-too-large", "a file may not become that large here"),
        ErrorKind::InvalidFilename => {
            say!("io-name-too-long", "its name is too long, or holds what no name may hold here")
        }
        ErrorKind::ReadOnlyFilesystem => say!("io-read-only", "it is on a disk that can only be read"),
        ErrorKind::CrossesDevices => say!("io-other-disk", "it is on another disk"),
        ErrorKind::StaleNetworkFileHandle | ErrorKind::NetworkDown | ErrorKind::HostUnreachable => {
            say!("io-network-gone", "the network drive that it is on does not answer")
        }
        ErrorKind::UnexpectedEof => say!("io-ends-early", "it ends too early"),
        _ => of_unix(error).unwrap_or_else(|| Sentence::verbatim(error.to_string())),
    }
}

/// What the standard library has no kind for.
fn of_unix(error: &io::Error) -> Option<Sentence> {
    // EIO, ENFILE and EMFILE have the same numbers everywhere; ELOOP has not.
    const LOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };
    match error.raw_os_error().filter(|_| cfg!(unix))? {
        5 => Some(say!("io-disk-failed", "the disk cannot read or write it, and may be failing")),
        23 | 24 => Some(say!("io-too-many-files", "too many files are open")),
        LOOP => Some(say!("io-links-in-a-circle", "its links lead in a circle")),
        _ => None,
    }
}

fn code_in(text: &str) -> Option<i32> {
    let (_, behind) = text.split_once("(os error ")?;
    behind.split_once(')')?.0.parse().ok()
}
