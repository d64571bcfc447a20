//! Files that are no dataset, told by their first bytes.

use tunesmith_sentence::{Sentence, say};

/// First bytes, and the name of what begins with them.
type Foreign = (&'static [u8], fn() -> Sentence);

/// The first bytes of files that hold no readable rows, and what such files are.
const FOREIGN: [Foreign; 14] = [
    (b"PAR1", || say!("file-packed-parquet", "a packed Parquet file")),
    (b"PARE", || say!("file-encrypted-parquet", "an encrypted Parquet file")),
    (b"ARROW1", || say!("file-packed-arrow", "a packed Arrow file")),
    (b"\x1f\x8b", || say!("file-gzip-within", "a gzip file within another")),
    (b"\x28\xb5\x2f\xfd", || say!("file-zstandard-within", "a Zstandard file within another")),
    (b"PK\x03\x04", || say!("file-zip", "a ZIP archive or an Office document")),
    (b"BZh", || say!("file-bzip2", "a bzip2 archive")),
    (b"\xfd7zXZ", || say!("file-xz", "an xz archive")),
    (b"%PDF", || say!("file-pdf", "a PDF document")),
    (b"SQLite format 3", || say!("file-sqlite", "an SQLite database")),
    (b"GGUF", || say!("file-gguf", "a GGUF model")),
    (b"\x89PNG", picture),
    (b"\xff\xd8\xff", picture),
    (b"version https://git-lfs.github.com/", lfs_pointer),
];

/// What a file is that begins like this and holds no readable rows; none if it may hold some.
pub(super) fn foreign(head: &[u8]) -> Option<Sentence> {
    if is_tar(head) {
        return Some(say!("file-tar", "a tar archive"));
    }
    FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| name())
}

/// Whether the bytes have the magic word of a tar archive.
fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn lfs_pointer() -> Sentence {
    say!("file-lfs-pointer", "a Git LFS pointer in the place of the file itself, which `git lfs pull` fetches")
}

fn picture() -> Sentence {
    say!("file-picture", "a picture")
}
