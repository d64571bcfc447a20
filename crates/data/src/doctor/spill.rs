//! Where sketches and band keys lie while rows stream by: in files of a scratch folder, which go with the last user.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::sketch::BANDS;

/// The sketches of one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sketches {
    /// Of the whole row.
    pub row: Vec<u32>,
    /// Of its answers.
    pub answers: Vec<u32>,
}

/// A row in a band: its key, and its place among the rows seen.
pub(super) type Entry = (u64, u32);

/// The files.
pub(super) struct Spill {
    folder: PathBuf,
    bands: Vec<BufWriter<File>>,
    sketches: BufWriter<File>,
    /// Where each row's sketches begin, in numbers, and how many are of the whole row; none for rows left out.
    places: Vec<Option<(u64, u16, u16)>>,
    end: u64,
}

impl Spill {
    pub(super) fn new(scratch: &Path) -> io::Result<Self> {
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
        Ok(Self { bands, sketches, folder, places: Vec::new(), end: 0 })
    }

    /// Adds the row at `index`.
    pub(super) fn add(&mut self, index: u32, keys: &[u64; BANDS], sketches: &Sketches) -> io::Result<()> {
        for (band, key) in self.bands.iter_mut().zip(keys) {
            band.write_all(&key.to_le_bytes())?;
            band.write_all(&index.to_le_bytes())?;
        }
        for number in sketches.row.iter().chain(&sketches.answers) {
            self.sketches.write_all(&number.to_le_bytes())?;
        }
        let (row, answers) = (sketches.row.len(), sketches.answers.len());
        self.places.resize(self.places.len().max(index as usize + 1), None);
        self.places[index as usize] = Some((self.end, row as u16, answers as u16));
        self.end += (row + answers) as u64;
        Ok(())
    }

    /// All rows in a band, by key and then by place.
    pub(super) fn band(&mut self, band: usize) -> io::Result<Vec<Entry>> {
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
    pub(super) fn sketches(&mut self, index: u32) -> io::Result<Sketches> {
        let Some((start, row, answers)) = self.places.get(index as usize).copied().flatten() else {
            return Ok(Sketches::default());
        };
        self.sketches.flush()?;
        let file = self.sketches.get_mut();
        file.seek(SeekFrom::Start(start * 4))?;
        let mut bytes = vec![0; (usize::from(row) + usize::from(answers)) * 4];
        file.read_exact(&mut bytes)?;
        let mut numbers = bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let row = numbers.by_ref().take(row.into()).collect();
        Ok(Sketches { row, answers: numbers.collect() })
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // What stays behind lies in a scratch folder.
        fs::remove_dir_all(&self.folder).ok();
    }
}
