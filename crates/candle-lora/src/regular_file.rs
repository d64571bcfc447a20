//! Opens the files of models and adapters, which are regular files alone: a pipe waits until somebody writes into it, a
//! device may have no end, and a folder has no bytes.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use tunesmith_sentence::{Sentence, say};

/// Why a file was not opened.
#[derive(Debug)]
pub enum Refusal {
    /// The system does not give it.
    Io(io::Error),
    /// It is something else than a file, in words that follow its name.
    Kind(Sentence),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a file to read it.
///
/// # Errors
/// When the system does not give it, or it is no regular file.
pub fn open(path: &Path) -> Result<File, Refusal> {
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another may lie there by now.
    check(&file.metadata()?)?;
    Ok(file)
}

/// The text of a file; none where it is longer than so many bytes.
///
/// # Errors
/// As `open`, and when it is not UTF-8.
pub fn read_text(path: &Path, longest: u64) -> Result<Option<String>, Refusal> {
    let mut text = String::new();
    let length = open(path)?.take(longest + 1).read_to_string(&mut text)?;
    Ok((length as u64 <= longest).then_some(text))
}

fn check(facts: &Metadata) -> Result<(), Refusal> {
    match (facts.is_file(), facts.is_dir()) {
        (true, _) => Ok(()),
        (_, true) => Err(Refusal::Kind(say!("file-is-folder", "is a folder, not a file"))),
        _ => Err(Refusal::Kind(say!("file-not-regular", "is not a file but a pipe, a socket or a device"))),
    }
}
