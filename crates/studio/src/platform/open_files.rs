//! How many files this process may have open.

/// More than Tunesmith needs; a limit without an end makes some libraries slow.
#[cfg(unix)]
const ENOUGH: u64 = 8192;

/// Raises how many files this process may have open as far as the system lets it; to be called when a program starts. What
/// systems give a process at first, 256 or 1,024, is little for connections and a training together.
///
/// Returns how many it may have now; none where the system does not say.
#[cfg(unix)]
pub fn raise_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current?;
    let wanted = limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if wanted <= current {
        return Some(current);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }) {
        Ok(()) => Some(wanted),
        Err(error) => {
            tracing::debug!("no more files may be open than {current}: {error}");
            Some(current)
        }
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn raise_open_files() -> Option<u64> {
    None
}
