//! Tells spreadsheets by their bytes. Nothing is unpacked for it: that is for the worker.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A kind of spreadsheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Excel since 2007: .xlsx and .xlsm.
    Modern,
    /// Excel's binary workbook: .xlsb.
    Binary,
    /// Excel before 2007: .xls.
    Old,
    /// OpenDocument: .ods.
    Ods,
    /// A workbook of Excel that needs a password.
    Encrypted,
}

impl Kind {
    /// What such a file is called.
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Ods { "OpenDocument" } else { "Excel" }
    }
}

/// How much of the beginning and of the end is looked at. An archive lists its files at its end, the compound file of old
/// workbooks mostly at its beginning.
const LOOKED_AT: u64 = 512 << 10;
/// The first bytes of an archive, and of the files of old Office programs.
const ARCHIVE: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// The kind of a spreadsheet; none if the file is none.
pub(crate) fn kind_of(path: &Path) -> Option<Kind> {
    let mut file = File::open(path).ok()?;
    let mut magic = [0; 8];
    file.read_exact(&mut magic).ok()?;
    if magic.starts_with(ARCHIVE) {
        let head = ends(&mut file, SeekFrom::Start(0))?;
        if holds(&head[..head.len().min(200)], b"opendocument.spreadsheet") {
            return Some(Kind::Ods);
        }
        let size = file.seek(SeekFrom::End(0)).ok()?;
        let tail = ends(&mut file, SeekFrom::Start(size.saturating_sub(LOOKED_AT)))?;
        let lists = |name: &[u8]| holds(&tail, name) || holds(&head, name);
        return match (lists(b"xl/workbook.xml"), lists(b"xl/workbook.bin")) {
            (true, _) => Some(Kind::Modern),
            (_, true) => Some(Kind::Binary),
            _ => None,
        };
    }
    if magic == COMPOUND {
        let size = file.seek(SeekFrom::End(0)).ok()?;
        let parts = [0, size.saturating_sub(LOOKED_AT)].map(|from| ends(&mut file, SeekFrom::Start(from)));
        let lists = |name: &str| {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            parts.iter().flatten().any(|part| holds(part, &name))
        };
        return match (lists("EncryptedPackage"), lists("Workbook") || lists("Book\0")) {
            (true, _) => Some(Kind::Encrypted),
            (_, true) => Some(Kind::Old),
            _ => None,
        };
    }
    None
}

/// The bytes from a place on, as far as they are looked at.
fn ends(file: &mut File, from: SeekFrom) -> Option<Vec<u8>> {
    file.seek(from).ok()?;
    let mut bytes = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
