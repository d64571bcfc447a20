//! The bytes of a dataset file as clean UTF-8 lines: unpacked, without a byte order mark, UTF-16 decoded, old Mac line
//! ends turned into today's; counted, so that progress and cancel work wherever the reader stands.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use super::unpacked::{Packing, Unpacked};

const CHUNK: usize = 128 << 10;

/// A dataset file being read.
pub(crate) struct Input<'a> {
    file: Unpacked,
    /// Bytes of the file on disk.
    size: u64,
    encoding: Encoding,
    /// The file has carriage returns and no line feed.
    old_mac: bool,
    raw: Vec<u8>,
    clean: Vec<u8>,
    position: usize,
    /// Whether the file ended within what was read so far.
    ended: bool,
    progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
}

impl<'a> Input<'a> {
    /// Opens the file and reads its head.
    pub(crate) fn open(path: &Path, progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>) -> io::Result<Self> {
        let mut input = Self {
            file: Unpacked::open(path)?,
            size: std::fs::metadata(path).map_or(u64::MAX, |data| if data.is_file() { data.len() } else { u64::MAX }),
            encoding: Encoding::Utf8,
            old_mac: false,
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
        input.old_mac = input.clean.contains(&b'\r') && !input.clean.contains(&b'\n');
        input.straighten();
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

    /// Whether the text is in UTF-16.
    pub(super) fn is_utf16(&self) -> bool {
        self.encoding != Encoding::Utf8
    }

    /// The bytes that are ready, after reading more if there are none; empty at the end of the file.
    pub(crate) fn ready(&mut self) -> io::Result<&[u8]> {
        while self.position == self.clean.len() && !self.ended {
            self.fill_raw()?;
            self.decode();
            self.straighten();
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
        // A packed file may give more once all of it was read; a pipe says that it ended only by giving no more.
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
        let Encoding::Utf16 { big_endian } = self.encoding else {
            std::mem::swap(&mut self.raw, &mut self.clean);
            return;
        };
        let unit = |pair: &[u8]| match big_endian {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        let half_pair = units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit));
        if half_pair && !self.ended {
            units.pop();
        }
        for character in char::decode_utf16(units.iter().copied()) {
            match character {
                Ok(character) => self.clean.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
                // No UTF-8 text has this byte, so the row becomes a problem.
                Err(_) => self.clean.push(0xFF),
            }
        }
        self.raw.drain(..units.len() * 2);
        if self.ended && !self.raw.is_empty() {
            self.raw.clear();
            self.clean.push(0xFF);
        }
    }

    fn straighten(&mut self) {
        if self.old_mac {
            self.clean.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
    }
}
