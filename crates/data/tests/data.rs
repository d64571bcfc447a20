//! Facts about data.

#![expect(clippy::expect_used, reason = "a test ends by panicking")]

#[path = "data/checks.rs"]
mod checks;
#[path = "data/columns.rs"]
mod columns;
#[path = "data/dropped.rs"]
mod dropped;
#[path = "data/equal.rs"]
mod equal;
#[path = "data/exports.rs"]
mod exports;
#[path = "data/files.rs"]
mod files;
#[path = "data/folders.rs"]
mod folders;
#[path = "data/heavy.rs"]
mod heavy;
#[path = "data/hostile.rs"]
mod hostile;
#[path = "data/inspections.rs"]
mod inspections;
#[path = "data/json_files.rs"]
mod json_files;
#[path = "data/judged.rs"]
mod judged;
#[path = "data/lengths.rs"]
mod lengths;
#[path = "data/masks.rs"]
mod masks;
#[path = "data/nothing_lost.rs"]
mod nothing_lost;
#[path = "data/own_templates.rs"]
mod own_templates;
#[path = "data/packed.rs"]
mod packed;
#[path = "data/parquet.rs"]
mod parquet_files;
#[path = "data/preparation.rs"]
mod preparation;
#[path = "data/questions.rs"]
mod questions;
#[path = "data/ready_made.rs"]
mod ready_made;
#[path = "data/real_models.rs"]
mod real_models;
#[path = "data/repetition.rs"]
mod repetition;
#[path = "data/round_trips.rs"]
mod round_trips;
#[path = "data/score.rs"]
mod score;
#[path = "data/sentences.rs"]
mod sentences;
#[path = "data/shapes.rs"]
mod shapes;
#[path = "data/spans.rs"]
mod spans;
#[path = "data/speed.rs"]
mod speed;
#[path = "data/splits.rs"]
mod splits;
#[path = "data/streams.rs"]
mod streams;
#[path = "data/support.rs"]
mod support;
#[path = "data/tables.rs"]
mod tables;
#[path = "data/template_check.rs"]
mod template_check;
#[path = "data/templates.rs"]
mod templates;
#[path = "data/text_streams.rs"]
mod text_streams;
#[path = "data/token_ids.rs"]
mod token_ids;
#[path = "data/tokens_files.rs"]
mod tokens_files;
#[path = "data/workbook.rs"]
mod workbook;
#[path = "data/workbooks.rs"]
mod workbooks;
#[path = "data/xray.rs"]
mod xray;
