//! Facts about the server, over real sockets and with a small stand-in for the studio.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends by panicking")]

#[path = "server/answers.rs"]
mod answers;
#[path = "server/calls.rs"]
mod calls;
#[path = "server/client.rs"]
mod client;
#[path = "server/downloads.rs"]
mod downloads;
#[path = "server/events.rs"]
mod events;
#[path = "server/guard.rs"]
mod guard;
#[path = "server/limits.rs"]
mod limits;
#[path = "server/studio.rs"]
mod studio;
#[path = "server/uploads.rs"]
mod uploads;
