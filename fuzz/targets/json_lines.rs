//! JSON Lines, with the shape recognised.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| tunesmith_fuzz::survive("rows.jsonl", bytes, Format::Auto));
