//! Facts about the command line: the real program, on a home of its own and a tiny model.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

#[path = "cli/ask.rs"]
mod ask;
#[path = "cli/chat_templates.rs"]
mod chat_templates;
#[path = "cli/home.rs"]
mod home;
#[path = "cli/inspect.rs"]
mod inspect;
#[path = "cli/language.rs"]
mod language;
#[path = "cli/odd_files.rs"]
mod odd_files;
#[path = "cli/parquet.rs"]
mod parquet_files;
#[path = "cli/queue.rs"]
mod queue;
#[path = "cli/shell.rs"]
mod shell;
#[path = "cli/streams.rs"]
mod streams;
#[path = "cli/studio.rs"]
mod studio;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/train.rs"]
mod train;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/workbooks.rs"]
mod workbooks;
#[path = "cli/worker.rs"]
mod worker;
