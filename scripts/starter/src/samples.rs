//! The sample datasets that the data screen offers: written here from lists and patterns, so that they are ours, clean,
//! and the same on every machine.

pub mod contacts;
pub mod pantry;
mod people;
pub mod recipes;
pub mod support;
pub mod tickets;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One row of a dataset file: `{"messages": [...]}`.
pub type Row = Value;

/// A sample dataset: its rows, rows that are never trained on, and how it is best tuned on the starter model.
pub struct Sample {
    /// Its id, which is also the name of its files in `assets/samples`.
    pub id: &'static str,
    title: &'static str,
    summary: &'static str,
    /// The rows to train on.
    pub rows: Vec<Row>,
    /// The rows that check what was learned. They share no user message with the others.
    pub held_out: Vec<Row>,
    epochs: f64,
    /// Whether an answer has a name or a word that no row to train on has.
    pub is_unseen: fn(&str) -> bool,
}

/// Rows to train on, and rows that check what was learned.
const ROWS: usize = 600;
const HELD_OUT_ROWS: usize = 100;

/// Every sample, in the order in which the data screen shows them.
pub fn all() -> Vec<Sample> {
    let mut seen = HashSet::new();
    let mut sample = |id, title, summary, epochs, [training, held_out]: [fn(u64) -> Row; 2], is_unseen| Sample {
        id,
        title,
        summary,
        rows: distinct(ROWS, &mut seen, training),
        held_out: distinct(HELD_OUT_ROWS, &mut seen, held_out),
        epochs,
        is_unseen,
    };
    vec![
        sample(
            "recipes",
            "Recipe assistant",
            "Turns a title and a messy ingredient list into the plain ingredient names",
            5.0,
            [recipes::training, recipes::held_out],
            recipes::is_unseen,
        ),
        sample(
            "tickets",
            "Tickets to JSON",
            "Sorts customer messages: category, urgency and product, as JSON",
            6.0,
            [tickets::training, tickets::held_out],
            tickets::is_unseen,
        ),
        sample(
            "contacts",
            "Contacts in one format",
            "Brings contacts, however they were noted down, into the form name | town | phone",
            5.0,
            [contacts::training, contacts::held_out],
            contacts::is_unseen,
        ),
        sample(
            "support",
            "Support persona",
            "Answers customers of a small bicycle shop, always in the same warm tone",
            5.0,
            [support::training, support::held_out],
            support::is_unseen,
        ),
    ]
}

impl Sample {
    /// The settings that suit it and the starter model; the others are as they always are.
    fn training(&self) -> Value {
        json!({
            "lora_rank": 16,
            "lora_alpha": 32.0,
            "learning_rate": 3e-3,
            "epochs": self.epochs,
            "batch_size": 4,
            "gradient_accumulation": 2,
            "max_length": 320,
        })
    }

    /// The run file: `tunesmith train ID.yaml`.
    fn run_file(&self) -> String {
        let Self { id, title, .. } = self;
        let settings: String = self
            .training()
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("  {name}: {value}\n"))
            .collect();
        format!(
            "# Tunes the starter model on the sample “{title}”: `tunesmith train {id}.yaml`\n\
             base_model: starter\ndata:\n  path: {id}.jsonl\ntraining:\n{settings}"
        )
    }
}

/// What the data screen shows of each sample and how it is tuned, as `samples.json`.
pub fn catalogue() -> Value {
    let entry = |sample: &Sample| {
        json!({
            "id": sample.id,
            "title": sample.title,
            "summary": sample.summary,
            "rows": sample.rows.len(),
            "model": "starter",
            "training": sample.training(),
        })
    };
    all().iter().map(entry).collect()
}

/// Every file of `assets/samples` that is made here, by its name.
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![("samples.json".to_owned(), format!("{:#}\n", catalogue()))];
    for sample in all() {
        files.push((format!("{}.jsonl", sample.id), lines(&sample.rows)));
        files.push((format!("{}-heldout.jsonl", sample.id), lines(&sample.held_out)));
        files.push((format!("{}.yaml", sample.id), sample.run_file()));
    }
    files
}

/// Writes them into `folder`.
pub fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, text) in files() {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
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
