//! Tables, under a header that makes rows of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| {
    tunesmith_fuzz::survive("rows.csv", bytes, Format::Auto);
    tunesmith_fuzz::survive("rows.tsv", &[b"prompt\tchosen\trejected\tlabel\n", bytes].concat(), Format::Auto);
});
