//! Finds the dataset files in a folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use tunesmith_sentence::{Sentence, say};

use crate::ImportError;
use crate::error::io_error;
use crate::quoted::quoted;

const EXTENSIONS: [&str; 15] = [
    "jsonl", "ndjson", "json", "csv", "tsv", "txt", "md", "parquet", "pq", "arrow", "xlsx", "xlsm", "xlsb", "xls",
    "ods",
];
/// Files that accompany datasets and hold no rows.
const BESIDE: [&str; 10] = [
    "readme",
    "license",
    "licence",
    "changelog",
    "citation",
    "notice",
    "dataset_info",
    "dataset_infos",
    "dataset_dict",
    "state",
];
/// A folder with more entries than this is refused.
const MOST_ENTRIES: usize = 100_000;
const DEEPEST: usize = 16;

/// The files to read, and what was left out.
pub(crate) struct Found {
    pub files: Vec<PathBuf>,
    /// A sentence for each folder with something that was left out.
    pub left_out: Vec<Sentence>,
}

/// Puts the dataset files below a folder in its place, sorted by their paths. Hidden, foreign and empty files, and folders
/// that are only linked to, are left out.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<Found, ImportError> {
    let mut found = Found { files: Vec::new(), left_out: Vec::new() };
    let mut known = HashSet::new();
    for path in paths {
        if !path.is_dir() {
            found.add(path.clone(), &mut known);
            continue;
        }
        let mut below = Below { files: Vec::new(), others: Vec::new(), seen: 0 };
        below.look(path, 0).map_err(|reason| ImportError::Unreadable { path: path.clone(), reason })?;
        if below.files.is_empty() {
            return Err(ImportError::Folder { path: path.clone() });
        }
        below.files.sort();
        for file in std::mem::take(&mut below.files) {
            found.add(file, &mut known);
        }
        // Several folders may have left out the same.
        let sentence = below.sentence(path).filter(|sentence| !found.left_out.contains(sentence));
        found.left_out.extend(sentence);
    }
    Ok(found)
}

impl Found {
    /// Adds a file that was not named before: rows that are there twice would count twice.
    fn add(&mut self, file: PathBuf, known: &mut HashSet<PathBuf>) {
        // What is not there is told when it is read.
        if known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
            return self.files.push(file);
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let twice = say!("import-file-named-again", "“{name}” is named more than once and read once", name);
        if !self.left_out.contains(&twice) {
            self.left_out.push(twice);
        }
    }
}

/// What lies below a folder.
struct Below {
    files: Vec<PathBuf>,
    others: Vec<PathBuf>,
    seen: usize,
}

impl Below {
    fn look(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            self.seen += 1;
            if self.seen > MOST_ENTRIES {
                let reason = say!("import-folder-too-full", "more than {limit} files lie in it", limit = MOST_ENTRIES);
                return Err(io_error(io::ErrorKind::Other, reason));
            }
            let path = entry.path();
            let name = entry.file_name();
            // Excel keeps a file of this kind beside a workbook that is open.
            let hidden = ['.', '~'].iter().any(|first| name.to_string_lossy().starts_with(*first));
            match entry.file_type()? {
                kind if kind.is_dir() && !hidden && depth < DEEPEST => self.look(&path, depth + 1)?,
                _ if !hidden && is_dataset(&path) && has_bytes(&path) => self.files.push(path),
                _ => self.others.push(path),
            }
        }
        Ok(())
    }

    /// What was left out of the folder; none if nothing was.
    fn sentence(mut self, folder: &Path) -> Option<Sentence> {
        self.others.sort();
        let name = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let files = || quoted(self.others.iter().map(name), 3);
        let left_out = || say!("import-folder-left-out", "Left out of the folder: {files}", files = files());
        (!self.others.is_empty()).then(left_out)
    }
}

/// Whether it is a file, or a link to one, that is not empty.
fn has_bytes(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0)
}

fn is_dataset(path: &Path) -> bool {
    let name = super::file_kind::name_unpacked(path).to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    // What Hugging Face's datasets has computed once lies beside the rows of a saved dataset.
    let is_cache = extension == "arrow" && stem.starts_with("cache-");
    EXTENSIONS.contains(&extension) && !BESIDE.contains(&stem) && !is_cache
}
