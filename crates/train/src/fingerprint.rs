//! What rows and base model a run was started with, as hashes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};
use tunesmith_data::Tokens;
use tunesmith_protocol::Method;

use crate::TrainError;
use crate::files::{at, hex, names_in, sha256};

/// Weight files up to this size are hashed in full.
const WHOLE_BYTES: u64 = 256 << 20;
/// Of larger ones, this many samples of this size, evenly spread, so that a resume does not read 15 GB first.
const SAMPLES: u64 = 64;
const SAMPLE_BYTES: u64 = 1 << 20;

/// The hash of the rows, their masks and which of them are held out.
pub(crate) fn rows(training: &[Tokens], validation: &[Tokens]) -> String {
    let mut hash = Sha256::new();
    for rows in [training, validation] {
        hash.update((rows.len() as u64).to_le_bytes());
        for row in rows {
            hash.update((row.ids.len() as u64).to_le_bytes());
            row.ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
            hash.update(row.learn.iter().map(|learn| u8::from(*learn)).collect::<Vec<u8>>());
        }
    }
    hex(&hash.finalize())
}

/// The hash of what the run takes from the base folder: the config, and the weights unless they are made anew.
pub(crate) fn base(folder: &Path, method: Method) -> Result<String, TrainError> {
    let mut hash = Sha256::new();
    for name in names_in(folder)? {
        let weights = name.ends_with(".safetensors") && method != Method::Scratch;
        if weights || name == "config.json" {
            hash.update(&name);
            hash.update(file(&folder.join(&name))?);
        }
    }
    Ok(hex(&hash.finalize()))
}

fn file(path: &Path) -> Result<String, TrainError> {
    let length = path.metadata().map_err(at(path))?.len();
    if length <= WHOLE_BYTES {
        return Ok(sha256(path)?.0);
    }
    let (mut file, mut hash) = (File::open(path).map_err(at(path))?, Sha256::new());
    hash.update(length.to_le_bytes());
    let mut sample = vec![0; SAMPLE_BYTES as usize];
    for index in 0..SAMPLES {
        let start = (length - SAMPLE_BYTES) / (SAMPLES - 1) * index;
        file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut sample)).map_err(at(path))?;
        hash.update(&sample);
    }
    Ok(hex(&hash.finalize()))
}
