//! What the user has to know of the home: damage that was found, and what was done about it. Each notice is a small file of
//! its own, so that one survives a damaged database and every process can tell one. Seen notices are kept, as what was told
//! once is not told again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_protocol::{ItemRef, Notice, Unlisted, WireError};
use tunesmith_sentence::Sentence;

use super::{entries, write_whole};
use crate::{errors, ids};

/// The longest file of a notice that is read.
const LONGEST: u64 = 1 << 20;

/// The notices of a home.
#[derive(Debug, Clone)]
pub(crate) struct Notices {
    folder: PathBuf,
}

/// A notice as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    seen: bool,
    notice: Notice,
}

impl Notices {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Tells of something, once: what was told of the same before is not told again, be it seen or not.
    pub fn tell(&self, what: &str, message: Sentence, hint: Sentence) {
        self.keep(what, message, hint, None);
    }

    /// Tells of damage to a file, once for each time that it was written.
    pub fn tell_of(&self, file: &Path, message: Sentence, hint: Sentence) {
        self.keep(&as_written(file), message, hint, None);
    }

    /// Tells, once, of something that is in no list, so that it can be deleted nonetheless.
    pub fn tell_unlisted(&self, what: &str, about: Unlisted, message: Sentence, hint: Sentence) {
        self.keep(what, message, hint, Some(about));
    }

    /// Takes back what was told of a thing that is no longer there. If it comes back, it is told anew.
    pub fn forget(&self, item: &ItemRef) {
        let is_about = |kept: &Kept| kept.notice.about.as_ref().is_some_and(|about| about.item == *item);
        for path in entries(&self.folder) {
            if read(&path).is_ok_and(|kept| is_about(&kept))
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!("a notice stays: {}: {error}", path.display());
            }
        }
    }

    fn keep(&self, what: &str, message: Sentence, hint: Sentence, about: Option<Unlisted>) {
        let id = ids::short_hash(what.as_bytes());
        let path = self.path(&id);
        if path.exists() {
            return;
        }
        tracing::error!("{message}");
        let notice = Notice { id, message, hint, told_ms: ids::now_ms(), about };
        if let Err(error) = write(&path, &Kept { seen: false, notice }) {
            tracing::error!("a notice could not be kept: {error}");
        }
    }

    /// What nobody has seen yet, the oldest first.
    pub fn list(&self) -> Vec<Notice> {
        let mut notices: Vec<Notice> = entries(&self.folder)
            .iter()
            .filter_map(|path| read(path).inspect_err(|error| tracing::warn!("a notice is not shown. {error}")).ok())
            .filter(|kept| !kept.seen)
            .map(|kept| kept.notice)
            .collect();
        notices.sort_by_key(|notice| notice.told_ms);
        notices
    }

    /// Somebody has seen it.
    ///
    /// # Errors
    /// There is no such notice, or it cannot be written.
    pub fn dismiss(&self, id: &str) -> Result<(), WireError> {
        let path = self.path(super::plain(id)?);
        let kept = read(&path)?;
        write(&path, &Kept { seen: true, ..kept }).or_else(|error| match error.code {
            // On a full disk it can still go; then it may be told again.
            tunesmith_protocol::ErrorCode::DiskFull => fs::remove_file(&path).map_err(errors::io(&path)),
            _ => Err(error),
        })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// A file as it was written last: written again, it is told anew.
pub(crate) fn as_written(file: &Path) -> String {
    let facts = fs::metadata(file).ok();
    let changed = facts.as_ref().and_then(|facts| facts.modified().ok());
    let length = facts.map(|facts| facts.len());
    format!("{} {length:?} {changed:?}", file.display())
}

fn read(path: &Path) -> Result<Kept, WireError> {
    let text = own_file::read(path, LONGEST).map_err(errors::io(path))?;
    serde_json::from_slice(&text).map_err(errors::damaged(path))
}

fn write(path: &Path, kept: &Kept) -> Result<(), WireError> {
    write_whole(path, &serde_json::to_vec(kept).map_err(errors::unwritable)?)
}
