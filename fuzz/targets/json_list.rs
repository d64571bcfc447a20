//! JSON lists, lists in an object, and values over several lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| tunesmith_fuzz::survive("rows.json", bytes, Format::Auto));
