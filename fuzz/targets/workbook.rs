//! Workbooks of Excel, in this process: a panic of the library is caught, and what asks for all memory would end a worker.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| {
    std::panic::set_hook(Box::new(|_| {}));
    tunesmith_fuzz::survive("rows.xlsx", &tunesmith_fuzz::beginning_with(b"PK\x03\x04", bytes), Format::Auto);
});
