//! Whether the files of a model are still the same.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tunesmith_protocol::WireError;

use crate::errors;
use crate::format::hex;
use crate::home::{ModelFiles, entries};

/// Path, size and time of each file that is read of a model.
pub(crate) type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Size and time of each file that is read of a model: another one in the same folder shows here.
pub(crate) fn stamp(folder: &Path) -> Stamp {
    entries(folder).into_iter().filter(|path| is_part_of_a_model(path)).map(stamp_of).collect()
}

/// The same with the chat template that was chosen for it.
pub(crate) fn stamp_with_template(files: &ModelFiles) -> Stamp {
    let mut stamp = stamp(&files.folder);
    stamp.extend(files.template.clone().map(stamp_of));
    stamp
}

fn stamp_of(path: PathBuf) -> (PathBuf, u64, Option<SystemTime>) {
    let facts = std::fs::metadata(&path).ok();
    (path, facts.as_ref().map_or(0, |facts| facts.len()), facts.and_then(|facts| facts.modified().ok()))
}

/// A hash that tells models apart without reading gigabytes: all of the small files, and of each weight file its size,
/// its header and its end. Another chat template makes another model of it, also one that was chosen.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn fingerprint(files: &ModelFiles) -> Result<String, WireError> {
    const SMALL: u64 = 16 << 20;
    const PART: u64 = 1 << 20;
    let mut hash = Sha256::new();
    let own = entries(&files.folder).into_iter().filter(|path| is_part_of_a_model(path));
    for path in &own.chain(files.template.clone()).collect::<Vec<_>>() {
        let mut read = || {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            let chosen = files.template.as_ref() == Some(path);
            let name = if chosen { "chat_template.jinja".as_ref() } else { path.file_name().unwrap_or_default() };
            hash.update(name.as_encoded_bytes());
            hash.update(length.to_le_bytes());
            let mut bytes = Vec::new();
            file.by_ref().take(if length <= SMALL { SMALL } else { PART }).read_to_end(&mut bytes)?;
            hash.update(&bytes);
            if length > SMALL {
                bytes.clear();
                file.seek(SeekFrom::Start(length - PART))?;
                file.read_to_end(&mut bytes)?;
                hash.update(&bytes);
            }
            Ok(())
        };
        read().map_err(errors::io(path))?;
    }
    Ok(hex(&hash.finalize()))
}

fn is_part_of_a_model(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    path.is_file() && matches!(extension, "safetensors" | "json" | "jinja" | "model" | "txt")
}
