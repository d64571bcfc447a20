//! Lists of messages as Python prints them, in the cell of a row.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunesmith_protocol::Format;

fuzz_target!(|bytes: &[u8]| {
    let cell = String::from_utf8_lossy(bytes);
    let row = serde_json::json!({"messages": cell, "tools": cell, "history": cell});
    tunesmith_fuzz::survive("rows.jsonl", row.to_string().as_bytes(), Format::Chat);
    let row = serde_json::json!({"chosen": cell, "rejected": cell, "prompt": cell});
    tunesmith_fuzz::survive("rows.jsonl", row.to_string().as_bytes(), Format::Preference);
});
