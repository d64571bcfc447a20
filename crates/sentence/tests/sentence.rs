//! The messages of the whole workspace, and how they are said.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

#[path = "sentence/io_reason.rs"]
mod io_reason;
#[path = "sentence/listed.rs"]
mod listed;
#[path = "sentence/said.rs"]
mod said;
#[path = "sentence/sources.rs"]
mod sources;
