//! How much memory a worker process may take: a limit on its address space that the system enforces. Only on Linux:
//! macOS ignores this limit and Windows has another one. There a worker is limited in time only, but its crash still does
//! not crash the program that asks.

use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The memory a template may take, and the most by which opening a tokenizer may exceed many times its file.
pub(crate) const MEMORY_BYTES: u64 = 512 << 20;
/// Text sent at once, in bytes: no more than can be answered well within the time and the memory above.
pub(crate) const TEXT_AT_ONCE: usize = 1 << 20;
/// Memory for what a request has beyond that, in bytes for each of its bytes: a single row may be longer. 100 to 300
/// were measured for rows of 4 and of 15 MB (`memory_of_long_texts` in the tests).
const PER_TEXT_BYTE: u64 = 512;

/// The memory that answering a request of this many bytes may take, in bytes.
pub(crate) fn memory_for(request: u64) -> u64 {
    MEMORY_BYTES + request.saturating_sub(TEXT_AT_ONCE as u64).saturating_mul(PER_TEXT_BYTE)
}

/// Address space for opening a tokenizer, in bytes per byte of its file: vocabulary and merges live in maps, and are
/// parsed by way of a tree. 9 to 16 were measured, for vocabularies of 260,000 and of 50,000 tokens.
#[cfg(target_os = "linux")]
const PER_TOKENIZER_BYTE: u64 = 24;

/// Limits what opening the folder's tokenizer may take by the size of its file.
#[cfg(target_os = "linux")]
pub(crate) fn for_a_tokenizer(folder: &Path) -> io::Result<()> {
    let size = std::fs::metadata(folder.join("tokenizer.json")).map_or(0, |data| data.len());
    limit(MEMORY_BYTES.saturating_add(size.saturating_mul(PER_TOKENIZER_BYTE)))
}

/// Limits what reading a table may take.
#[cfg(target_os = "linux")]
pub(crate) fn for_a_table() -> io::Result<()> {
    limit(MEMORY_BYTES)
}

/// Limits what the template may take on top of the tokenizer. Where the limit cannot be set the worker ends, rather than
/// going on without one.
#[cfg(target_os = "linux")]
pub(crate) fn for_a_template() {
    if limit(MEMORY_BYTES).is_err() {
        std::process::exit(1);
    }
}

/// The current limit, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn now() -> io::Result<u64> {
    Ok(getrlimit(Resource::As).current.unwrap_or(u64::MAX))
}

/// Raises the limit from what it was when the model was `opened` to what a request of this many bytes needs. It is never
/// lowered again, because the memory of a long text may not have been returned.
#[cfg(target_os = "linux")]
pub(crate) fn for_a_request(opened: u64, request: u64) -> io::Result<()> {
    let most = opened.saturating_add(memory_for(request) - MEMORY_BYTES);
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
pub(crate) fn for_a_tokenizer(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn for_a_table() -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn for_a_template() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now() -> io::Result<u64> {
    Ok(u64::MAX)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn for_a_request(_opened: u64, _request: u64) -> io::Result<()> {
    Ok(())
}
