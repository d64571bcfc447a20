//! Keeps sketches and band keys in files of a scratch folder, which is removed on drop.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sketch::{ANSWERS, BANDS, ROW};

/// The sketches of one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sketches {
    /// Of the whole row.
    pub row: Vec<u32>,
    /// Of its answers.
    pub answers: Vec<u32>,
}

/// A row in a band: its key and its index.
pub(crate) type BandEntry = (u64, u32);

/// Where the sketches of a row lie in the file: their start, counted in numbers, and the lengths of both. Packed into eight
/// bytes, because there may be millions of rows.
#[derive(Clone, Copy)]
struct SketchLocation(NonZeroU64);

// The longest sketches fit into a byte.
const _: () = assert!(ROW <= u8::MAX as usize);
const _: () = assert!(ANSWERS <= u8::MAX as usize);

impl SketchLocation {
    /// None where there are no numbers.
    fn new(start: u64, sketches: &Sketches) -> Option<Self> {
        let (row, answers) = (sketches.row.len() as u64, sketches.answers.len() as u64);
        NonZeroU64::new((start << 16) | (row << 8) | answers).map(Self)
    }

    fn start(self) -> u64 {
        self.0.get() >> 16
    }

    /// Numbers of the whole row, and of its answers.
    fn counts(self) -> (usize, usize) {
        let [.., row, answers] = self.0.get().to_be_bytes();
        (row.into(), answers.into())
    }
}

/// The files.
pub(crate) struct Spill {
    folder: PathBuf,
    bands: Vec<BufWriter<File>>,
    sketches: BufWriter<File>,
    /// Where the sketches of each row lie; none for rows left out.
    locations: Vec<Option<SketchLocation>>,
    end: u64,
}

impl Spill {
    pub(crate) fn new(scratch: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("doctor-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = scratch.join(name);
        fs::create_dir_all(&folder)?;
        let file = |name: String| {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(true).open(folder.join(name)).map(BufWriter::new)
        };
        let bands = (0..BANDS).map(|band| file(format!("band-{band}"))).collect::<io::Result<_>>()?;
        let sketches = file("sketches".into())?;
        Ok(Self { bands, sketches, folder, locations: Vec::new(), end: 0 })
    }

    /// Adds the row at `index`.
    pub(crate) fn add(&mut self, index: u32, keys: &[u64; BANDS], sketches: &Sketches) -> io::Result<()> {
        for (band, key) in self.bands.iter_mut().zip(keys) {
            band.write_all(&key.to_le_bytes())?;
            band.write_all(&index.to_le_bytes())?;
        }
        for number in sketches.row.iter().chain(&sketches.answers) {
            self.sketches.write_all(&number.to_le_bytes())?;
        }
        self.locations.resize(self.locations.len().max(index as usize + 1), None);
        self.locations[index as usize] = SketchLocation::new(self.end, sketches);
        self.end += (sketches.row.len() + sketches.answers.len()) as u64;
        Ok(())
    }

    /// All rows in a band, by key and then by place.
    pub(crate) fn band(&mut self, band: usize) -> io::Result<Vec<BandEntry>> {
        let file = &mut self.bands[band];
        file.flush()?;
        let file = file.get_mut();
        let count = file.metadata()?.len() / 12;
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::new(file);
        let mut entries = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let (mut key, mut index) = ([0; 8], [0; 4]);
            file.read_exact(&mut key)?;
            file.read_exact(&mut index)?;
            entries.push((u64::from_le_bytes(key), u32::from_le_bytes(index)));
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// The sketches of a row; empty if it has none.
    pub(crate) fn sketches(&mut self, index: u32) -> io::Result<Sketches> {
        let Some(location) = self.locations.get(index as usize).copied().flatten() else {
            return Ok(Sketches::default());
        };
        let (row, answers) = location.counts();
        self.sketches.flush()?;
        let file = self.sketches.get_mut();
        file.seek(SeekFrom::Start(location.start() * 4))?;
        let mut bytes = vec![0; (row + answers) * 4];
        file.read_exact(&mut bytes)?;
        let mut numbers = bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let row = numbers.by_ref().take(row).collect();
        Ok(Sketches { row, answers: numbers.collect() })
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // If it cannot be removed, it still lies in a scratch folder.
        fs::remove_dir_all(&self.folder).ok();
    }
}
