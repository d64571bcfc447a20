//! The sample datasets that the data screen offers: written here from lists and patterns, so that they are ours, clean,
//! and the same on every machine.

pub mod pantry;
pub mod recipes;
pub mod support;
pub mod tables;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One row of a dataset file: `{"messages": [...]}`.
pub type Row = Value;

/// One sample dataset.
pub struct Sample {
    /// Its file name in `assets/samples`.
    pub file: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Every dataset file of `assets/samples`; the held-out rows share no user message with the training rows.
pub fn all() -> Vec<Sample> {
    let mut seen = HashSet::new();
    vec![
        Sample { file: "recipes.jsonl", rows: distinct(300, &mut seen, recipes::training) },
        Sample { file: "recipes-heldout.jsonl", rows: distinct(100, &mut seen, recipes::held_out) },
        Sample { file: "tables.jsonl", rows: distinct(200, &mut seen, tables::row) },
        Sample { file: "support.jsonl", rows: distinct(200, &mut seen, support::row) },
    ]
}

/// What the data screen shows for each dataset, as `samples.json`.
pub fn catalogue() -> Value {
    json!([
        { "id": "recipes", "title": "Recipe assistant", "file": "recipes.jsonl", "held_out": "recipes-heldout.jsonl", "rows": 300,
          "summary": "Turns a title and a messy ingredient list into the plain ingredient names" },
        { "id": "tables", "title": "Questions to SQL", "file": "tables.jsonl", "rows": 200,
          "summary": "Answers a question about a small table with one SQL query" },
        { "id": "support", "title": "Support persona", "file": "support.jsonl", "rows": 200,
          "summary": "Answers customers of a small bicycle shop, always in the same warm tone" },
    ])
}

/// Writes the datasets and their catalogue into `folder`.
pub fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for sample in all() {
        let path = folder.join(sample.file);
        fs::write(&path, lines(&sample.rows)).with_context(|| format!("could not write {}", path.display()))?;
    }
    fs::write(folder.join("samples.json"), format!("{:#}\n", catalogue()))?;
    Ok(())
}

/// The rows as JSON lines.
pub fn lines(rows: &[Row]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// A chat row.
pub(crate) fn chat(system: Option<&str>, user: &str, assistant: &str) -> Row {
    let system = system.map(|content| json!({ "role": "system", "content": content }));
    let turns = [json!({ "role": "user", "content": user }), json!({ "role": "assistant", "content": assistant })];
    json!({ "messages": system.into_iter().chain(turns).collect::<Vec<_>>() })
}

/// The first `count` rows of `make` whose user message was not seen before.
fn distinct(count: usize, seen: &mut HashSet<String>, make: fn(u64) -> Row) -> Vec<Row> {
    let user = |row: &Row| {
        let messages = row["messages"].as_array().into_iter().flatten();
        messages.filter(|message| message["role"] == "user").map(|message| message["content"].to_string()).collect()
    };
    (0..).map(make).filter(|row| seen.insert(user(row))).take(count).collect()
}
