//! What earlier versions have left outside of the home: uploads in the system's temporary folder, where a killed server let them
//! lie. Today they are in the home.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{entries, is_own_folder, remove};

/// How the folders of uploads are called; letters and digits follow.
pub(super) const NAME: &str = "tunesmith-uploads-";
/// A server of an earlier version may still run: it has used its folder more recently than this.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes the uploads in a folder that others use as well, where they are this user's and nobody has used them for long.
pub(super) fn sweep(temporary: &Path) {
    entries(temporary).iter().filter(|path| is_left(path)).for_each(|path| remove(path));
}

/// Whether a server made this folder for its uploads, by its name. A link may lead anywhere, so it is none.
pub(super) fn are_uploads(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_named = |end: &str| !end.is_empty() && end.chars().all(|c| c.is_ascii_alphanumeric());
    name.strip_prefix(NAME).is_some_and(is_named) && is_own_folder(path)
}

fn is_left(path: &Path) -> bool {
    are_uploads(path)
        && fs::symlink_metadata(path).is_ok_and(|facts| is_ours(&facts) && is_old(&facts))
        && entries(path).iter().all(|entry| fs::symlink_metadata(entry).is_ok_and(|facts| is_old(&facts)))
}

fn is_old(facts: &Metadata) -> bool {
    let unused = facts.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    unused.is_some_and(|unused| unused > UNUSED)
}

#[cfg(unix)]
fn is_ours(facts: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(facts) == rustix::process::geteuid().as_raw()
}

/// Other systems have a temporary folder per user.
#[cfg(not(unix))]
fn is_ours(_facts: &Metadata) -> bool {
    true
}
