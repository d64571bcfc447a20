//! Turns dataset files into the tokens a model learns from: file → rows → examples → tokens. It makes numbers, not tensors,
//! and counts every row it cannot use.

mod checks;
mod checksummed_file;
mod columns;
mod counted_file;
mod error;
mod example;
mod export;
mod import;
mod inspect;
mod lengths;
mod local_renderer;
mod order;
pub mod own_file;
mod parquet_rows;
mod prepare;
mod question;
mod quoted;
mod record;
mod render;
mod render_worker;
mod repetition;
mod score;
mod source;
mod split;
mod template;
mod template_check;
mod templates;
mod text_stream;
mod tokens;
mod tokens_file;
mod words;
mod workbook_rows;
mod worker_limits;
mod xray;

pub use checks::check;
pub use columns::part_names;
pub use error::{ImportError, PrepareError, RenderError, RowsError, SplitError, TokensFileError, io_reason};
pub use example::{Example, ImportedRow, Message};
pub use export::{ExportKind, ExportedRow, Exporter, Others, Survey};
pub use import::{ImportOptions, Imported, Summary, Taken, import, import_into};
pub use inspect::{Inspection, RawRow, inspect};
pub use lengths::{Beyond, Bucket, Cuts, Length, LengthTable, Packing, Totals, suggested_epochs};
pub use local_renderer::{LONGEST_TEMPLATE, ReadyMade, Renderer, has_chat_template, sample_conversation};
pub use order::{draw, epoch_order};
pub use parquet_rows::serve_parquet;
pub use prepare::{Prepared, RefusedRow, RenderedRows, learned_in, prepare, render_rows};
pub use question::Question;
pub use render::Render;
pub use render_worker::{RenderWorker, serve_renderer};
pub use repetition::repeats;
pub use score::AnswerScore;
pub use source::read_tables_with;
pub use split::{
    RowKey, RowKeys, SplitRows, TYPED_IN, is_named_for_holding_out, row_key, split, split_by_names, split_keys,
};
pub use template_check::{Departure, DepartureKind, Departures, Hidden, HiddenPart, TemplateCheck};
pub use templates::{Template, template};
pub use text_stream::TextStream;
pub use tokens::{Rendered, Tokens};
pub use tokens_file::{read_tokens, write_tokens};
pub use words::{mix64, word_hash, word_hashes};
pub use workbook_rows::{serve_sheets, serve_workbook};
pub use xray::{Xray, XrayToken};
