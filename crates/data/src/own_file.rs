//! Opens the files that this program keeps for itself: those of runs, checkpoints and the home. Only regular files are
//! opened, as a pipe waits until somebody writes into it and a device may have no end. Nothing is written through a link,
//! which may lead to a file of somebody else, and what is longer than it can be is not read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use tunesmith_sentence::{Sentence, say};

use crate::error::{io_error, own_reason};

/// Opens a file to read it. A link to a regular file is followed.
///
/// # Errors
/// The system does not give it, or it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    must_be_file(&fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    at_once(options.read(true), true);
    opened(&options, path)
}

/// The bytes of a file that has at most so many.
///
/// # Errors
/// As `open`, and when it is longer.
pub fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let (mut bytes, length) = (Vec::new(), file.metadata()?.len());
    if length <= longest {
        // It may grow meanwhile.
        file.take(longest + 1).read_to_end(&mut bytes)?;
    }
    match length.max(bytes.len() as u64) <= longest {
        true => Ok(bytes),
        false => Err(refusal(too_long(length, longest))),
    }
}

/// Opens a file to read it and to write behind what it holds; makes it, for its owner alone, where there is none.
///
/// # Errors
/// The system does not give it, or it is a link or no regular file.
pub fn append(path: &Path) -> io::Result<File> {
    to_write(OpenOptions::new().read(true).append(true).create(true), path)
}

/// Opens a file to read and change it; makes it, for its owner alone, where there is none.
///
/// # Errors
/// As `append`.
pub fn change(path: &Path) -> io::Result<File> {
    to_write(OpenOptions::new().read(true).write(true).create(true).truncate(false), path)
}

/// Makes an empty file for its owner alone. What lies in its place goes; where that is a link, what it leads to stays.
///
/// # Errors
/// The system does not make it.
pub fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => to_write(OpenOptions::new().write(true).create_new(true), path),
    }
}

/// Whether a file may be written there: there is none yet, or a regular one that is no link.
///
/// # Errors
/// What lies there instead.
pub fn check_place(path: &Path) -> io::Result<()> {
    let Some(facts) = found(path)? else { return Ok(()) };
    must_be_file(&facts)
}

/// Whether files may be written into this folder: there is none yet, or one that is no link.
///
/// # Errors
/// What lies there instead.
pub fn check_folder(path: &Path) -> io::Result<()> {
    match found(path)? {
        Some(facts) if !facts.is_dir() => Err(refusal(say!("own-folder-none", "it is not a folder"))),
        _ => Ok(()),
    }
}

/// An error that says what is wrong with a file, in words that follow its name.
pub fn refusal(reason: Sentence) -> io::Error {
    io_error(ErrorKind::InvalidData, reason)
}

/// Why a file was refused here, beside what the system says; in words that follow its name.
pub fn refused(error: &io::Error) -> Option<&Sentence> {
    own_reason(error)
}

/// What lies at a path, unless it is a link.
fn found(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(facts) if facts.is_symlink() => {
            Err(refusal(say!("own-file-link", "it is a link, and nothing is written through a link")))
        }
        other => other.map(Some),
    }
}

fn to_write(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    check_place(path)?;
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    at_once(options, false);
    opened(options, path)
}

/// Lets opening never wait for somebody at the other end of a pipe, and follow a link only where that is wanted.
fn at_once(options: &mut OpenOptions, follow: bool) {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = if follow { OFlags::NONBLOCK } else { OFlags::NONBLOCK | OFlags::NOFOLLOW };
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
    }
    #[cfg(not(unix))]
    let _ = (options, follow);
}

fn opened(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path)?;
    // Another may lie there by now.
    must_be_file(&file.metadata()?)?;
    Ok(file)
}

fn must_be_file(facts: &Metadata) -> io::Result<()> {
    match facts.is_file() {
        true => Ok(()),
        false => Err(refusal(say!("own-file-none", "it is not a file but a folder, a pipe, a socket or a device"))),
    }
}

fn too_long(length: u64, longest: u64) -> Sentence {
    say!("own-file-too-long", "it has {length} bytes, and at most {longest} are read", length, longest)
}
