//! From a dropped file to the tokens a model learns from: file → rows → examples → tokens. Yields numbers, never
//! tensors, and keeps count of every row it cannot use.

mod checks;
mod columns;
mod error;
mod example;
mod import;
mod order;
mod prepare;
mod question;
mod render;
mod renderer;
mod score;
mod source;
mod split;
mod template;
mod tokens_file;
mod worker;

pub use error::{ImportError, PrepareError, RenderError, RowsError, SplitError, TokensFileError};
pub use example::{Example, ImportedRow, Message};
pub use import::{ImportOptions, Imported, import};
pub use order::epoch_order;
pub use prepare::{Prepared, prepare};
pub use question::Question;
pub use render::Render;
pub use renderer::{Rendered, Renderer, TextStream, Tokens};
pub use score::ListScore;
pub use split::{SplitRows, split};
pub use tokens_file::{read_tokens, write_tokens};
pub use worker::{RenderWorker, serve_renderer};
