//! The bytes of a dataset file as UTF-8 lines: decompressed, decoded, without a byte order mark, with old Mac line ends
//! replaced. Counts the bytes read, so that progress and cancelling work in every reader.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use super::encoding::{Encoding, from_utf16, from_windows_1252};
use super::unpacked::{Packing, Unpacked};

const CHUNK: usize = 128 << 10;

/// A dataset file being read.
pub(crate) struct Input<'a> {
    file: Unpacked,
    /// Bytes of the file on disk.
    size: u64,
    encoding: Encoding,
    returns: Returns,
    /// What was read last ends with a carriage return.
    after_return: bool,
    raw: Vec<u8>,
    clean: Vec<u8>,
    position: usize,
    /// Whether the file ended within what was read so far.
    ended: bool,
    progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
}

/// What becomes of carriage returns.
#[derive(Clone, Copy, PartialEq)]
enum Returns {
    /// They stay.
    Kept,
    /// Those without a line feed become one.
    LineEnds,
    /// All become line feeds: the file begins with carriage returns and no line feed.
    OldMac,
}

impl<'a> Input<'a> {
    /// Opens the file and reads its head.
    pub(crate) fn open(path: &Path, progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>) -> io::Result<Self> {
        let mut input = Self {
            file: Unpacked::open(path)?,
            size: std::fs::metadata(path).map_or(u64::MAX, |data| if data.is_file() { data.len() } else { u64::MAX }),
            encoding: Encoding::Utf8,
            returns: Returns::Kept,
            after_return: false,
            raw: Vec::new(),
            clean: Vec::new(),
            position: 0,
            ended: false,
            progress,
        };
        while input.raw.len() < CHUNK && !input.ended {
            input.fill_raw()?;
        }
        let mark = match input.raw.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => 3,
            [0xFF, 0xFE, ..] => 2,
            [0xFE, 0xFF, ..] => 2,
            _ => 0,
        };
        if mark == 2 {
            input.encoding = Encoding::Utf16 { big_endian: input.raw[0] == 0xFE };
        }
        input.raw.drain(..mark);
        input.decode();
        if input.clean.contains(&b'\r') && !input.clean.contains(&b'\n') {
            input.returns = Returns::OldMac;
        }
        input.convert_line_ends();
        Ok(input)
    }

    /// The first bytes, decoded; they are read again.
    pub(crate) fn head(&self) -> &[u8] {
        &self.clean
    }

    /// Whether the head is all there is.
    pub(crate) fn is_whole(&self) -> bool {
        self.ended
    }

    pub(super) fn packing(&self) -> Option<Packing> {
        self.file.packing()
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Reads text that is not UTF-8 as Windows-1252 where that is plausible. To be called before anything is read.
    pub(super) fn allow_windows_1252(&mut self) {
        if self.encoding == Encoding::Utf8 {
            self.encoding = Encoding::Ascii;
            self.decode_clean();
        }
    }

    /// Makes line feeds of carriage returns that stand alone, for files in which no text holds one. To be called before
    /// anything is read.
    pub(super) fn end_lines_at_returns(&mut self) {
        if self.returns == Returns::Kept {
            self.returns = Returns::LineEnds;
            self.convert_line_ends();
        }
    }

    /// The bytes that are ready, after reading more if there are none; empty at the end of the file.
    pub(crate) fn ready(&mut self) -> io::Result<&[u8]> {
        while self.position == self.clean.len() && !self.ended {
            self.fill_raw()?;
            self.decode();
            self.convert_line_ends();
        }
        Ok(&self.clean[self.position..])
    }

    /// Takes `count` of the ready bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.position += count;
    }

    /// Reads a chunk behind what `raw` still holds.
    fn fill_raw(&mut self) -> io::Result<()> {
        let before = self.raw.len();
        self.raw.resize(before + CHUNK, 0);
        let count = loop {
            match self.file.read(&mut self.raw[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.raw.truncate(before + count);
        // A compressed file may give more bytes after all of it was read; a pipe ends only when it gives none.
        let all_read = self.file.packing().is_none() && self.size <= self.file.packed_bytes();
        self.ended = count == 0 || all_read;
        if (self.progress)(self.file.packed_bytes()).is_break() {
            return Err(io::Error::other("cancelled"));
        }
        Ok(())
    }

    /// Moves `raw` into `clean` as UTF-8; half a character stays behind.
    fn decode(&mut self) {
        self.clean.clear();
        self.position = 0;
        if let Encoding::Utf16 { big_endian } = self.encoding {
            let read = from_utf16(&self.raw, big_endian, self.ended, &mut self.clean);
            self.raw.drain(..read);
            return;
        }
        std::mem::swap(&mut self.raw, &mut self.clean);
        self.decode_clean();
    }

    fn decode_clean(&mut self) {
        if self.encoding == Encoding::Ascii {
            self.encoding = Encoding::of(&self.clean);
        }
        if self.encoding == Encoding::Windows1252 {
            self.clean = from_windows_1252(&self.clean);
        }
    }

    fn convert_line_ends(&mut self) {
        match self.returns {
            Returns::Kept => {}
            Returns::OldMac => self.clean.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n'),
            Returns::LineEnds => self.end_lines(),
        }
    }

    fn end_lines(&mut self) {
        let Some(last) = self.clean.last() else { return };
        let ends_with_return = *last == b'\r';
        // The carriage return before stays, as the first half of a line end.
        if self.after_return && self.clean[0] != b'\n' {
            self.clean.insert(0, b'\n');
        }
        self.after_return = ends_with_return;
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\r', &self.clean[at..]) {
            at += found + 1;
            if self.clean.get(at).is_some_and(|next| *next != b'\n') {
                self.clean[at - 1] = b'\n';
            }
        }
    }
}
