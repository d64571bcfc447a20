//! The frozen tokens of a run on disk: magic, version, rows, and a SHA-256 of all of it at the end.
//!
//! Little-endian. `TSTOKENS`, version u32, rows u64; per row its length u32, the ids u32 each, and the learn flags
//! as bits, the first token in the lowest bit; then 32 bytes of SHA-256.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{Tokens, TokensFileError};

const MAGIC: &[u8; 8] = b"TSTOKENS";
const VERSION: u32 = 1;
const DIGEST: usize = 32;

/// Writes the rows; the file appears under its name only once it is whole and on the disk.
pub fn write_tokens(path: &Path, rows: &[Tokens]) -> Result<(), TokensFileError> {
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((rows.len() as u64).to_le_bytes());
    for row in rows {
        bytes.extend((row.ids.len() as u32).to_le_bytes());
        row.ids.iter().for_each(|id| bytes.extend(id.to_le_bytes()));
        let bits = |flags: &[bool]| flags.iter().rev().fold(0u8, |byte, flag| byte << 1 | u8::from(*flag));
        bytes.extend(row.learn.chunks(8).map(bits));
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    write_whole(path, &bytes).map_err(|reason| TokensFileError::Io { path: path.into(), reason })
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path))
        .and_then(|()| sync_folder(path));
    if written.is_err() {
        // What is there is of no use, and may be what fills the disk.
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

/// Reads the rows back; a file that was changed or cut is an error.
pub fn read_tokens(path: &Path) -> Result<Vec<Tokens>, TokensFileError> {
    let bytes = fs::read(path).map_err(|reason| TokensFileError::Io { path: path.into(), reason })?;
    rows(&bytes).map_err(|reason| TokensFileError::Damaged { path: path.into(), reason })
}

fn rows(bytes: &[u8]) -> Result<Vec<Tokens>, &'static str> {
    const CUT: &str = "it ends too early";
    let Some(body) = bytes.strip_prefix(MAGIC) else { return Err("it begins differently") };
    let Some(body_length) = body.len().checked_sub(DIGEST) else { return Err(CUT) };
    let (body, digest) = body.split_at(body_length);
    if Sha256::digest(&bytes[..bytes.len() - DIGEST]).as_slice() != digest {
        return Err("its checksum does not match: it was cut or changed");
    }
    let mut reader = Reader(body);
    if reader.u32().ok_or(CUT)? != VERSION {
        return Err("it was written by another version");
    }
    let count = reader.u64().ok_or(CUT)?;
    let mut rows = Vec::new();
    for _ in 0..count {
        rows.push(reader.row().ok_or(CUT)?);
    }
    if reader.0.is_empty() { Ok(rows) } else { Err("it goes on after its last row") }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn row(&mut self) -> Option<Tokens> {
        let length = self.u32()? as usize;
        let ids = self.take(length.checked_mul(4)?)?;
        let ids = ids.chunks_exact(4).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]])).collect();
        let bits = self.take(length.div_ceil(8))?;
        let learn = (0..length).map(|index| bits[index / 8] >> (index % 8) & 1 == 1).collect();
        Some(Tokens { ids, learn })
    }
}
