//! `checksums.json` of a run: what its files were when it ended, so that one that was emptied, cut or changed since is
//! noticed. Runs of an earlier Tunesmith have none and are taken as they are.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tunesmith_data::own_file;
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Sentence, say};

use super::{RunFolder, entries, is_own_folder, unfinished, write_whole};
use crate::errors;
use crate::format::hex;

const LONGEST: u64 = 1 << 20;
const RESULT: &str = "result";

/// The files of a run by their path in its folder.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checksums {
    files: BTreeMap<String, Checksum>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Checksum {
    bytes: u64,
    sha256: String,
}

/// Writes down what the files of a run are, as it ends. Before its last record: a result of gigabytes takes seconds, and who
/// reads that the run has ended may do with it what is done with ended runs.
///
/// # Errors
/// A file cannot be read, or the disk is full.
pub(crate) fn write(folder: &RunFolder) -> Result<(), WireError> {
    let mut list = Checksums::default();
    for path in [folder.manifest(), folder.metrics()].into_iter().filter(|path| path.is_file()) {
        list.add(folder, &path)?;
    }
    for path in files_below(&folder.result()) {
        list.add(folder, &path)?;
    }
    list.save(folder)
}

/// Takes the last record in. Without waiting for the disk: until it is there, the records before it are what is compared.
///
/// # Errors
/// As `write`.
pub(crate) fn take_in_last_record(folder: &RunFolder) -> Result<(), WireError> {
    let Some(mut list) = Checksums::read(folder)? else { return Ok(()) };
    list.add(folder, &folder.metrics())?;
    let text = list.text()?;
    let put = || {
        let mut file = unfinished(folder.path())?;
        file.write_all(&text)?;
        file.persist(folder.checksums()).map_err(|error| error.error)
    };
    put().map(drop).map_err(errors::io(folder.checksums()))
}

/// Writes down what one more file of a run is. A run without checksums stays without.
///
/// # Errors
/// As `write`.
pub(crate) fn add(folder: &RunFolder, path: &Path) -> Result<(), WireError> {
    let Ok(Some(mut list)) = Checksums::read(folder) else { return Ok(()) };
    list.add(folder, path)?;
    list.save(folder)
}

/// Takes back what was written down of files that a resumed run writes anew, and of those that are damaged already: the run
/// goes on from what is there.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn begin(folder: &RunFolder) -> Result<(), WireError> {
    let mut list = match Checksums::read(folder) {
        Ok(None) => return Ok(()),
        Ok(Some(list)) => list,
        Err(_) => Checksums::default(),
    };
    list.files.retain(|name, _| !is_of_result(name));
    if list.check(folder, |_| true).is_err() {
        list.files.clear();
    }
    // On a full disk the list can still go: the run shall wait for space later, as any other.
    list.save(folder).or_else(|_| fs::remove_file(folder.checksums()).map_err(errors::io(folder.checksums())))
}

/// Whether the records of a run begin with what they were when it ended.
///
/// # Errors
/// They are damaged.
pub(crate) fn check_records(folder: &RunFolder) -> Result<(), WireError> {
    check(folder, |name| name == "metrics.jsonl")
}

/// Whether a run's settings are those that it was started with.
///
/// # Errors
/// They are damaged.
pub(crate) fn check_manifest(folder: &RunFolder) -> Result<(), WireError> {
    check(folder, |name| name == "run.json")
}

/// Whether a file of a run is what was written down of it.
///
/// # Errors
/// It is damaged.
pub(crate) fn check_file(folder: &RunFolder, path: &Path) -> Result<(), WireError> {
    let wanted = name_in(folder, path);
    check(folder, |name| name == wanted)
}

/// Whether the files of a run's result have the lengths that they had when it ended; reads none of them.
///
/// # Errors
/// One has another length, or is gone.
pub(crate) fn check_result_lengths(folder: &RunFolder) -> Result<(), WireError> {
    let Some(list) = Checksums::read(folder)? else { return Ok(()) };
    let of_result = list.files.iter().filter(|(name, _)| is_of_result(name));
    of_result.into_iter().try_for_each(|(name, written)| length(folder, name, written).map(drop))
}

/// Whether the files of a model or an adapter are what they were, where their folder is the result of a run.
///
/// # Errors
/// One is damaged.
pub(crate) fn check_result(result: &Path) -> Result<(), WireError> {
    match result.parent() {
        Some(run) if result.ends_with(RESULT) => check(&RunFolder::at(run.into()), is_of_result),
        _ => Ok(()),
    }
}

fn check(folder: &RunFolder, wanted: impl Fn(&str) -> bool) -> Result<(), WireError> {
    Checksums::read(folder)?.map_or(Ok(()), |list| list.check(folder, wanted))
}

impl Checksums {
    /// None where the run has none.
    fn read(folder: &RunFolder) -> Result<Option<Self>, WireError> {
        let path = folder.checksums();
        let text = match own_file::read(&path, LONGEST) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(errors::io(&path))?,
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let error = error.to_string();
            let message = say!("home-file-damaged", "{path} is damaged: {error}", path = &path, error);
            WireError::invalid(
                message,
                say!(
                    "run-checksums-damaged-hint",
                    "Bring it back from a backup, or delete it: then what the run keeps is used as it is, unchecked"
                ),
            )
        })
    }

    fn save(&self, folder: &RunFolder) -> Result<(), WireError> {
        write_whole(&folder.checksums(), &self.text()?)
    }

    fn text(&self) -> Result<Vec<u8>, WireError> {
        serde_json::to_vec_pretty(self).map_err(errors::unwritable)
    }

    fn add(&mut self, folder: &RunFolder, path: &Path) -> Result<(), WireError> {
        let checksum = Checksum::of(path, u64::MAX).map_err(errors::io(path))?;
        self.files.insert(name_in(folder, path), checksum);
        Ok(())
    }

    fn check(&self, folder: &RunFolder, wanted: impl Fn(&str) -> bool) -> Result<(), WireError> {
        for (name, written) in self.files.iter().filter(|(name, _)| wanted(name)) {
            let path = length(folder, name, written)?;
            // Records may have been appended since, so only what was there then is compared.
            let found = Checksum::of(&path, written.bytes).map_err(errors::io(&path))?;
            if found != *written {
                let why = say!("run-file-changed", "its contents have changed since it was written");
                return Err(damaged(folder, &path, why));
            }
        }
        Ok(())
    }
}

impl Checksum {
    /// Of the first bytes of a file, at most so many.
    fn of(path: &Path, longest: u64) -> std::io::Result<Self> {
        let (mut file, mut hash) = (own_file::open(path)?.take(longest), Sha256::new());
        let bytes = std::io::copy(&mut file, &mut hash)?;
        Ok(Self { bytes, sha256: hex(&hash.finalize()) })
    }
}

/// The path of a listed file, if it has the length that was written. Only records grow.
fn length(folder: &RunFolder, name: &str, written: &Checksum) -> Result<PathBuf, WireError> {
    let path = folder.path().join(name);
    let found = match own_file::open(&path).and_then(|file| file.metadata()) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(damaged(folder, &path, say!("run-file-gone", "it is not there any more")));
        }
        other => other.map_err(errors::io(&path))?.len(),
    };
    let grows = path == folder.metrics();
    match found == written.bytes || grows && found > written.bytes {
        true => Ok(path),
        false => Err(damaged(
            folder,
            &path,
            say!(
                "run-file-other-length", found;
                "it has 1 byte, and {written} were written",
                "it has {found} bytes, and {written} were written",
                found, written = written.bytes
            ),
        )),
    }
}

fn damaged(folder: &RunFolder, path: &Path, why: Sentence) -> WireError {
    WireError::invalid(say!("run-file-damaged", "{path} is damaged: {why}", path, why), hint(folder))
}

fn hint(folder: &RunFolder) -> Sentence {
    say!(
        "run-file-damaged-hint",
        "Bring it back from a backup, or train again. If you changed it yourself, delete {list} to use it as it is",
        list = folder.checksums()
    )
}

fn is_of_result(name: &str) -> bool {
    name.starts_with("result/")
}

/// A file's path in the folder, with `/` on every system.
fn name_in(folder: &RunFolder, path: &Path) -> String {
    let below = path.strip_prefix(folder.path()).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = entries(folder).into_iter().partition(|path| is_own_folder(path));
    files.into_iter().filter(|path| path.is_file()).chain(folders.iter().flat_map(|path| files_below(path))).collect()
}
