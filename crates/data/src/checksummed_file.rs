//! Binary files with a magic number and a version at the beginning and a SHA-256 of everything at the end. They are
//! written atomically. What stands in between is left to others. Little-endian.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tunesmith_sentence::{Sentence, say};

use crate::own_file;

/// The bytes of the checksum at the end.
pub(crate) const DIGEST: usize = 32;

/// Why a file that ends too early cannot be used.
pub(crate) fn cut() -> Sentence {
    say!("tokens-file-cut", "it ends too early")
}

/// The magic number and version of a kind of file.
pub(crate) struct FileFormat {
    pub magic: &'static [u8; 8],
    pub version: u32,
}

impl FileFormat {
    /// Writes what `body` adds; the file appears under its name only once it is whole and on the disk.
    pub(crate) fn write(&self, path: &Path, body: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut bytes = Vec::new();
        bytes.extend(self.magic);
        bytes.extend(self.version.to_le_bytes());
        body(&mut bytes);
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        write_whole(path, &bytes)
    }

    /// Whether a file begins as such a file does; why not, where it could be read.
    pub(crate) fn check(&self, file: &mut impl Read) -> io::Result<Result<(), Sentence>> {
        let mut begin = Vec::new();
        file.take(self.magic.len() as u64).read_to_end(&mut begin)?;
        Ok(if begin == self.magic { Ok(()) } else { Err(begins_differently()) })
    }

    /// What a file holds, or why it is not such a file.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<Reader<'a>, Sentence> {
        let body = bytes.strip_prefix(self.magic).ok_or_else(begins_differently)?;
        let Some(body_length) = body.len().checked_sub(DIGEST) else { return Err(cut()) };
        let (body, digest) = body.split_at(body_length);
        if Sha256::digest(&bytes[..bytes.len() - DIGEST]).as_slice() != digest {
            return Err(say!("tokens-file-changed", "its checksum does not match: it was cut or changed"));
        }
        let mut reader = Reader(body);
        if reader.u32().ok_or_else(cut)? != self.version {
            return Err(say!("tokens-file-other-version", "it was written by another version"));
        }
        Ok(reader)
    }
}

fn begins_differently() -> Sentence {
    say!("tokens-file-other", "it begins differently")
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = own_file::create(&part)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path))
        .and_then(|()| sync_folder(path));
    if written.is_err() {
        // The partial file is of no use, and may be what fills the disk.
        let _ = fs::remove_file(&part);
    }
    written
}

/// Makes the new name survive a power cut; only Unix lets a folder be synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| cfg!(unix) && !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The bytes that are left to read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(crate) fn u32s(&mut self, count: usize) -> Option<Vec<u32>> {
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(
            bytes
                .chunks_exact(4)
                .map(|number| u32::from_le_bytes([number[0], number[1], number[2], number[3]]))
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
