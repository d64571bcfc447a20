//! The messages of the whole workspace, and how they are said.

#[path = "sentence/listed.rs"]
mod listed;
#[path = "sentence/said.rs"]
mod said;
#[path = "sentence/sources.rs"]
mod sources;
