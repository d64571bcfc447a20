//! Facts about data.

#[path = "data/checks.rs"]
mod checks;
#[path = "data/columns.rs"]
mod columns;
#[path = "data/files.rs"]
mod files;
#[path = "data/folders.rs"]
mod folders;
#[path = "data/hostile.rs"]
mod hostile;
#[path = "data/masks.rs"]
mod masks;
#[path = "data/preparation.rs"]
mod preparation;
#[path = "data/questions.rs"]
mod questions;
#[path = "data/real_models.rs"]
mod real_models;
#[path = "data/spans.rs"]
mod spans;
#[path = "data/speed.rs"]
mod speed;
#[path = "data/splits.rs"]
mod splits;
#[path = "data/support.rs"]
mod support;
#[path = "data/templates.rs"]
mod templates;
#[path = "data/token_ids.rs"]
mod token_ids;
#[path = "data/tokens_files.rs"]
mod tokens_files;
