//! A renderer in a process of its own. Chat templates and tokenizers come from strangers, and a process cannot bound its
//! own memory and time from within: a failed allocation ends it. So they run in a process that nothing else depends on,
//! under limits that the system enforces.
//!
//! The worker reads one request a line and writes one reply a line, both JSON. Its first line says its version, its
//! second whether the folder could be opened.

mod client;
mod messages;
mod process;
mod server;

pub use client::RenderWorker;
pub use server::serve_renderer;
