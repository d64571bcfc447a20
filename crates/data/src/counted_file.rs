//! A file that counts the bytes read from it, for how far a reader has come.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

/// The file, and where the count stands.
pub(crate) struct CountedFile {
    pub file: File,
    pub bytes: Rc<Cell<u64>>,
}

impl Read for CountedFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.bytes.set(self.bytes.get() + count as u64);
        Ok(count)
    }
}
