//! The bytes of a file, decompressed if it is gzip or Zstandard, whatever its name says. Decompression bombs are refused.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use tunesmith_sentence::say;

use crate::counted_file::CountedFile;
use crate::error::io_error;

const CHUNK: usize = 64 << 10;

/// The size up to which any file may be unpacked, in bytes.
const HARMLESS: u64 = 256 << 20;
/// The compression ratio up to which larger files may be unpacked. gzip shrinks logs and tables to a tenth; Zstandard, where
/// every row has the same prompt, to a fiftieth. Only files made to fill a disk shrink further.
const MOST_TIMES: u64 = 200;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
        }
    }

    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A decompression bomb, of which `ImportError::Bomb` tells the user.
#[derive(Debug, thiserror::Error)]
#[error("a decompression bomb")]
pub(crate) struct Bomb;

impl Bomb {
    /// Whether `unpacked` bytes out of `packed` ones are too many.
    pub(crate) fn is(unpacked: u64, packed: u64) -> bool {
        unpacked > HARMLESS && unpacked / MOST_TIMES > packed
    }
}

/// A file whose unpacked bytes are read.
pub(super) struct Unpacked {
    reader: Box<dyn Read>,
    packing: Option<Packing>,
    packed_bytes: Rc<Cell<u64>>,
    unpacked_bytes: u64,
}

impl Unpacked {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let unpacked = Self::begin(path)?;
        if unpacked.packing.is_some() {
            Self::begin(path)?.look_ahead()?;
        }
        Ok(unpacked)
    }

    fn begin(path: &Path) -> io::Result<Self> {
        let packed_bytes = Rc::new(Cell::new(0));
        let counted = CountedFile { file: File::open(path)?, bytes: packed_bytes.clone() };
        let mut file = BufReader::with_capacity(CHUNK, counted);
        let packing = Packing::of(file.fill_buf()?);
        let reader: Box<dyn Read> = match packing {
            None => Box::new(file),
            Some(Packing::Gzip) => Box::new(Members { decoder: Some(GzDecoder::new(file)) }),
            Some(Packing::Zstd) => Box::new(zstd::stream::read::Decoder::with_buffer(file)?),
        };
        Ok(Self { reader, packing, packed_bytes, unpacked_bytes: 0 })
    }

    /// Unpacks ahead until it is clear whether the file is a bomb, which is faster than reading its rows.
    fn look_ahead(mut self) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        while self.packed_bytes() <= HARMLESS / MOST_TIMES {
            match self.read(&mut chunk) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) => return Err(error),
                // Damaged data is reported once the rows before it are read.
                Err(_) => break,
            }
        }
        Ok(())
    }

    pub(super) fn packing(&self) -> Option<Packing> {
        self.packing
    }

    /// Bytes of the file read so far.
    pub(super) fn packed_bytes(&self) -> u64 {
        self.packed_bytes.get()
    }
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(packing) = self.packing else { return self.reader.read(out) };
        let count = self.reader.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ if packing == Packing::Zstd && error.to_string().contains("too much memory") => {
                let what = say!(
                    "import-window-too-large",
                    "it is packed with a window of more than 128 MB, which takes as much memory to unpack"
                );
                io_error(io::ErrorKind::Unsupported, what)
            }
            _ => {
                let what = say!(
                    "import-packing-damaged",
                    "its {packing} data is damaged, or the file was cut ({error})",
                    packing = packing.name(),
                    error
                );
                io_error(io::ErrorKind::InvalidData, what)
            }
        })?;
        self.unpacked_bytes += count as u64;
        if Bomb::is(self.unpacked_bytes, self.packed_bytes()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Bomb));
        }
        Ok(count)
    }
}

/// The members of a gzip file, one after another. Zeros may follow the last one: tapes and block devices fill up with them.
struct Members<R> {
    /// None once the file has ended.
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let count = decoder.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            let Some(mut file) = self.decoder.take().map(GzDecoder::into_inner) else { break };
            if skip_zeros(&mut file)? {
                self.decoder = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

/// Skips zeros; whether anything follows them.
fn skip_zeros(file: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let ready = file.fill_buf()?;
        if ready.is_empty() {
            return Ok(false);
        }
        let (zeros, all) = (ready.iter().take_while(|byte| **byte == 0).count(), ready.len());
        file.consume(zeros);
        if zeros < all {
            return Ok(true);
        }
    }
}
