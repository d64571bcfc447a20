//! The list of a checkpoint's files with sizes and hashes. It is written last: with it, the checkpoint is whole.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_sentence::{Sentence, say};

use crate::TrainError;
use crate::files::{at, names_in, sha256};

const MANIFEST: &str = "manifest.json";
const LONGEST: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: Vec<FileRecord>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct FileRecord {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Writes the manifest of everything that lies in the folder now.
pub(crate) fn write(folder: &Path) -> Result<(), TrainError> {
    let names = names_in(folder)?;
    let files = names.into_iter().map(|name| record(folder, name)).collect::<Result<_, _>>()?;
    let text = serde_json::to_string_pretty(&Manifest { version: 1, files }).unwrap_or_default();
    crate::files::write(&folder.join(MANIFEST), text.as_bytes())
}

/// Checks that the folder holds exactly what its manifest says.
pub(crate) fn verify(folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(MANIFEST);
    let damaged = |message: Sentence| TrainError::Damaged { path: path.clone(), message };
    let text = own_file::read(&path, LONGEST).map_err(at(&path))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(Sentence::verbatim(error.to_string())))?;
    if manifest.files.is_empty() {
        return Err(damaged(say!("train-manifest-empty", "it lists no files")));
    }
    for listed in manifest.files {
        // A name with a path in it could point anywhere.
        if listed.name.contains(['/', '\\']) || listed.name == ".." {
            return Err(damaged(say!("train-manifest-no-name", "{name} is not a file name", name = listed.name)));
        }
        check(folder, &listed)?;
    }
    Ok(())
}

/// Checks a file against what is listed of it. The size comes first: a file of gigabytes of nothing is not read.
fn check(folder: &Path, listed: &FileRecord) -> Result<(), TrainError> {
    let path = folder.join(&listed.name);
    let found = own_file::open(&path).and_then(|file| file.metadata()).map_err(at(&path))?.len();
    if found != listed.bytes {
        let message = say!(
            "train-file-other-size",
            found; "1 byte, not the {written} bytes that were written",
            "{found} bytes, not the {written} bytes that were written",
            found,
            written = listed.bytes
        );
        return Err(TrainError::Damaged { path, message });
    }
    match record(folder, listed.name.clone())? == *listed {
        true => Ok(()),
        false => Err(TrainError::Damaged { path, message: say!("train-file-changed", "its contents have changed") }),
    }
}

fn record(folder: &Path, name: String) -> Result<FileRecord, TrainError> {
    let (sha256, bytes) = sha256(&folder.join(&name))?;
    Ok(FileRecord { name, bytes, sha256 })
}
