//! Numbers and bytes as people read them.

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A size, e.g. `1.4 GB`.
pub(crate) fn byte_size(bytes: u64) -> String {
    match bytes as f64 {
        small if small < 1e6 => format!("{:.0} kB", (small / 1e3).ceil()),
        middle if middle < 1e9 => format!("{:.0} MB", middle / 1e6),
        large => format!("{:.1} GB", large / 1e9),
    }
}
