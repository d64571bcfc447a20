//! The tokens of a run on disk.
//!
//! A checksummed file with the magic `TSTOKENS`: rows u64; per row its length u32, the ids u32 each, and the learn flags as bits, the
//! first token in the lowest bit.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use tunesmith_sentence::{Sentence, say};

use crate::checksummed_file::{DIGEST, FileFormat, Reader, cut};
use crate::{Tokens, TokensFileError, own_file};

const FORMAT: FileFormat = FileFormat { magic: b"TSTOKENS", version: 1 };

/// Writes the rows; the file appears under its name only once it is whole and on the disk.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_tokens(path: &Path, rows: &[Tokens]) -> Result<(), TokensFileError> {
    let written = FORMAT.write(path, |bytes| {
        bytes.extend((rows.len() as u64).to_le_bytes());
        for row in rows {
            bytes.extend((row.ids.len() as u32).to_le_bytes());
            row.ids.iter().for_each(|id| bytes.extend(id.to_le_bytes()));
            let bits = |flags: &[bool]| flags.iter().rev().fold(0u8, |byte, flag| byte << 1 | u8::from(*flag));
            bytes.extend(row.learn.chunks(8).map(bits));
        }
    });
    written.map_err(|reason| TokensFileError::Io { path: path.into(), reason })
}

/// Reads the rows back.
///
/// # Errors
///
/// When the file cannot be read, or was changed or cut.
pub fn read_tokens(path: &Path) -> Result<Vec<Tokens>, TokensFileError> {
    let failed = |reason| TokensFileError::Io { path: path.into(), reason };
    let damaged = |reason| TokensFileError::Damaged { path: path.into(), reason };
    let mut file = own_file::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    // Another file, or one that was made longer, be it by gigabytes of nothing, is not read into memory.
    FORMAT.check(&mut file).map_err(failed)?.map_err(damaged)?;
    match length_said(&mut BufReader::new(file)) {
        Ok(said) if said < length => return Err(damaged(goes_on())),
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(failed(error)),
        _ => {}
    }
    rows(&own_file::read(path, length).map_err(failed)?).map_err(damaged)
}

/// How long the file is by what it says of its rows; it may be shorter.
fn length_said(file: &mut BufReader<File>) -> io::Result<u64> {
    file.seek(SeekFrom::Start(FORMAT.magic.len() as u64))?;
    let (mut rows, mut ids) = ([0; 8], [0; 4]);
    file.read_exact(&mut ids)?; // the version
    file.read_exact(&mut rows)?;
    for _ in 0..u64::from_le_bytes(rows) {
        file.read_exact(&mut ids)?;
        let ids = i64::from(u32::from_le_bytes(ids));
        file.seek_relative(4 * ids + (ids as u64).div_ceil(8) as i64)?;
    }
    Ok(file.stream_position()? + DIGEST as u64)
}

fn rows(bytes: &[u8]) -> Result<Vec<Tokens>, Sentence> {
    let mut reader = FORMAT.open(bytes)?;
    let count = reader.u64().ok_or_else(cut)?;
    let mut rows = Vec::new();
    for _ in 0..count {
        rows.push(row(&mut reader).ok_or_else(cut)?);
    }
    if reader.is_empty() { Ok(rows) } else { Err(goes_on()) }
}

fn goes_on() -> Sentence {
    say!("tokens-file-goes-on", "it goes on after its last row")
}

fn row(reader: &mut Reader) -> Option<Tokens> {
    let length = reader.u32()? as usize;
    let ids = reader.u32s(length)?;
    let bits = reader.take(length.div_ceil(8))?;
    let learn = (0..length).map(|index| bits[index / 8] >> (index % 8) & 1 == 1).collect();
    Some(Tokens { ids, learn })
}
