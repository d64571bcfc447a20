//! The address space of a worker, bounded by the system. On Linux only: macOS ignores this limit and Windows has
//! another; there a worker is bounded in time, and a crash in it is still no crash of ours.

use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Address space for opening a tokenizer, in bytes per byte of its file: vocabulary and merges live in maps, and are
/// parsed by way of a tree. 9 to 16 were measured, for vocabularies of 260,000 and of 50,000 tokens.
#[cfg(target_os = "linux")]
const PER_TOKENIZER_BYTE: u64 = 24;

/// Limits what opening the folder's tokenizer may take by the size of its file.
#[cfg(target_os = "linux")]
pub(super) fn for_a_tokenizer(folder: &Path) -> io::Result<()> {
    let size = std::fs::metadata(folder.join("tokenizer.json")).map_or(0, |data| data.len());
    limit(super::MEMORY_BYTES.saturating_add(size.saturating_mul(PER_TOKENIZER_BYTE)))
}

/// Limits what reading a table may take.
#[cfg(target_os = "linux")]
pub(crate) fn for_a_table() -> io::Result<()> {
    limit(super::MEMORY_BYTES)
}

/// Limits what comes from now on. That it could not be set must not open the door: then the worker ends.
#[cfg(target_os = "linux")]
pub(super) fn for_a_template() {
    if limit(super::MEMORY_BYTES).is_err() {
        std::process::exit(1);
    }
}

/// The limit as it is, in bytes.
#[cfg(target_os = "linux")]
pub(super) fn now() -> io::Result<u64> {
    Ok(getrlimit(Resource::As).current.unwrap_or(u64::MAX))
}

/// Raises the limit that held when the model was `opened` to what a request of this many bytes needs. It is never
/// lowered again: what a long text took may not all have been given back.
#[cfg(target_os = "linux")]
pub(super) fn for_a_request(opened: u64, request: u64) -> io::Result<()> {
    let most = opened.saturating_add(super::memory_for(request) - super::MEMORY_BYTES);
    if most > now()? { set(most) } else { Ok(()) }
}

/// Lets this process take `bytes` more of address space than it has now.
#[cfg(target_os = "linux")]
fn limit(bytes: u64) -> io::Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let now_kb: u64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| io::Error::other("the system does not say how much memory this process has"))?;
    set((now_kb << 10).saturating_add(bytes))
}

/// Sets the limit, as far as whoever started this process permits.
#[cfg(target_os = "linux")]
fn set(bytes: u64) -> io::Result<()> {
    let maximum = getrlimit(Resource::As).maximum;
    let most = bytes.min(maximum.unwrap_or(u64::MAX));
    setrlimit(Resource::As, Rlimit { current: Some(most), maximum })?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn for_a_tokenizer(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn for_a_table() -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn for_a_template() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn now() -> io::Result<u64> {
    Ok(u64::MAX)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn for_a_request(_opened: u64, _request: u64) -> io::Result<()> {
    Ok(())
}
