//! How many files this process may have open.

use tunesmith_protocol::WireError;
#[cfg(unix)]
use tunesmith_sentence::say;

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

/// A training has its files, those of its model, the database, the log, the socket and pipes to workers open.
#[cfg(unix)]
const LEAST: u64 = 48;

/// Whether this process may have enough files open.
///
/// # Errors
/// It may not.
pub fn check_open_files() -> Result<(), WireError> {
    #[cfg(unix)]
    if let Some(most) = raise_open_files().filter(|most| *most < LEAST) {
        return Err(WireError::invalid(
            say!(
                "system-few-files",
                "This process may have only {most} files open, and Tunesmith needs {least}",
                most,
                least = LEAST
            ),
            say!("system-few-files-hint", "Raise the limit before starting it: ulimit -n 1024"),
        ));
    }
    Ok(())
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn raise_open_files() -> Option<u64> {
    None
}
