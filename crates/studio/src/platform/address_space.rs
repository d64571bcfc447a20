//! How much memory this process may map: `ulimit -v`, and `ulimit -d` for what it writes. Beyond it the system refuses memory, and
//! a program in Rust ends at once then.

use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::say;

use crate::format::byte_size;

/// The program with its libraries, its threads' stacks and heaps, and the starter model beside them.
const LEAST_BYTES: u64 = 1_000_000_000;

/// Whether this process may map what any command takes; to be called before one begins.
///
/// # Errors
/// It may not; the error says how much it may.
pub fn check_address_space() -> Result<(), WireError> {
    match limits().into_iter().flatten().min() {
        Some(allowed) if allowed < LEAST_BYTES => Err(WireError::new(
            ErrorCode::TooBig,
            say!(
                "system-address-space",
                "Tunesmith needs at least {needed} of address space, and this shell allows {allowed}",
                needed = byte_size(LEAST_BYTES),
                allowed = byte_size(allowed)
            ),
            say!("system-address-space-hint", "Raise the limit: ulimit -v unlimited, and ulimit -d unlimited"),
        )),
        _ => Ok(()),
    }
}

/// What this process may still map; none where nothing limits it.
pub(super) fn left_bytes() -> Option<u64> {
    let limits = limits();
    if limits == [None; 2] {
        return None;
    }
    let left = |(limit, used): (Option<u64>, u64)| Some(limit?.saturating_sub(used));
    limits.into_iter().zip(used()).filter_map(left).min()
}

/// What it may map at all, and what it may write.
#[cfg(target_os = "linux")]
fn limits() -> [Option<u64>; 2] {
    use rustix::process::{Resource, getrlimit};
    [Resource::As, Resource::Data].map(|resource| getrlimit(resource).current)
}

/// What it has mapped, and what it can write of that; 0 where the system does not say.
#[cfg(target_os = "linux")]
fn used() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmSize:", "VmData:"].map(|name| {
        let value = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = value.and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.unwrap_or_default() << 10
    })
}

/// Other systems have no such limits, or do not keep to them.
#[cfg(not(target_os = "linux"))]
fn limits() -> [Option<u64>; 2] {
    [None; 2]
}

#[cfg(not(target_os = "linux"))]
fn used() -> [u64; 2] {
    [0; 2]
}
