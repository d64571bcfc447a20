//! Packed files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"\x1f\x8b") {
        tunesmith_fuzz::survive("rows.gz", bytes, Format::Auto);
    } else {
        tunesmith_fuzz::survive("rows.zst", &tunesmith_fuzz::beginning_with(b"\x28\xb5\x2f\xfd", bytes), Format::Auto);
    }
});
