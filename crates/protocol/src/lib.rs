//! The vocabulary that the engine, the studio, the shell and the screen share: settings, commands, events and
//! error codes. Data only; it uses no other crate of the workspace.

mod bindings;
mod chat;
mod chat_templates;
mod commands;
mod dataset_edits;
mod datasets;
mod error;
mod evaluation;
mod events;
mod host_paths;
mod jobs;
mod library;
mod rows;
mod runs;
mod settings;
mod system;
mod tokens;

pub use chat::*;
pub use chat_templates::*;
pub use commands::*;
pub use dataset_edits::*;
pub use datasets::*;
pub use error::{ErrorCode, WireError};
pub use evaluation::*;
pub use events::*;
pub use host_paths::{AnyPath, PathPolicy, ReadPath, WritePath, user_home, with_tilde, with_user_home};
pub use jobs::*;
pub use library::*;
pub use rows::*;
pub use runs::*;
pub use settings::*;
pub use system::*;
pub use tokens::*;

/// Derives what every type that crosses a wire needs, and puts it into the generated TypeScript.
macro_rules! wire {
    ($($(#[$meta:meta])* pub $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
        $(#[$meta])*
        pub $kind $name $body
    )*};
}
pub(crate) use wire;
