//! The tokens of a run on disk.
//!
//! A checksummed file with the magic `TSTOKENS`: rows u64; per row its length u32, the ids u32 each, and the learn flags as bits, the
//! first token in the lowest bit.

use std::fs;
use std::path::Path;

use tunesmith_sentence::{Sentence, say};

use crate::checksummed_file::{FileFormat, Reader, cut};
use crate::{Tokens, TokensFileError};

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
    let bytes = fs::read(path).map_err(|reason| TokensFileError::Io { path: path.into(), reason })?;
    rows(&bytes).map_err(|reason| TokensFileError::Damaged { path: path.into(), reason })
}

fn rows(bytes: &[u8]) -> Result<Vec<Tokens>, Sentence> {
    let mut reader = FORMAT.open(bytes)?;
    let count = reader.u64().ok_or_else(cut)?;
    let mut rows = Vec::new();
    for _ in 0..count {
        rows.push(row(&mut reader).ok_or_else(cut)?);
    }
    if reader.is_empty() { Ok(rows) } else { Err(say!("tokens-file-goes-on", "it goes on after its last row")) }
}

fn row(reader: &mut Reader) -> Option<Tokens> {
    let length = reader.u32()? as usize;
    let ids = reader.u32s(length)?;
    let bits = reader.take(length.div_ceil(8))?;
    let learn = (0..length).map(|index| bits[index / 8] >> (index % 8) & 1 == 1).collect();
    Some(Tokens { ids, learn })
}
