//! `tunesmith data`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tunesmith_data::{Example, ImportOptions, Imported, Rendered, RowsError, import};
use tunesmith_protocol::{Format, LearnFrom, WireError};

use crate::speaker::model_folder;
use crate::{Ended, Out};

/// Problems shown to people; scripts get all.
const PROBLEMS_SHOWN: usize = 10;
/// Rows tokenised at once.
const ROWS_AT_ONCE: usize = 512;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what dataset files hold: rows read, kept and dropped, and why
    Inspect(Inspect),
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// Dataset files: .jsonl, .json, .csv, .tsv, .txt
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The shape of a row
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatWord,
    /// Count tokens as this model does: an id of `tunesmith models list`, or a folder
    #[arg(long, value_name = "ID|DIR")]
    model: Option<String>,
    /// Count rows longer than this many tokens (with --model)
    #[arg(long, value_name = "N", default_value_t = 1024)]
    max_length: usize,
}

/// The words of `--format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatWord {
    /// Recognised from the rows
    Auto,
    /// messages: [{role, content}]
    Chat,
    /// instruction, input, output
    Instruction,
    /// prompt, completion
    Completion,
    /// text
    Text,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Auto => Self::Auto,
            FormatWord::Chat => Self::Chat,
            FormatWord::Instruction => Self::Instruction,
            FormatWord::Completion => Self::Completion,
            FormatWord::Text => Self::Text,
        }
    }
}

pub(crate) fn inspect(arguments: &Inspect, out: &Out) -> anyhow::Result<Ended> {
    let options = ImportOptions { format: arguments.format.into() };
    let imported =
        import(&arguments.files, &options, &mut |_, _| ControlFlow::Continue(())).map_err(WireError::from)?;
    let tokens = match &arguments.model {
        Some(model) => count_tokens(&imported, model, arguments.max_length)?,
        None => Value::Null,
    };
    let kept = imported.rows.len() as u64;
    out.json(&json!({
        "format": imported.format,
        "rows_read": imported.rows_read,
        "rows_kept": kept,
        "rows_dropped": imported.rows_read - kept,
        "problems": imported.problems,
        "tokens": tokens,
    }));
    if !out.is_json() {
        tell(&imported, &tokens, out);
    }
    Ok(Ended::Done)
}

fn tell(imported: &Imported, tokens: &Value, out: &Out) {
    let kept = imported.rows.len() as u64;
    out.line(format!("Format: {} ({})", imported.format.word(), imported.reason));
    out.line(format!("Rows: {} read, {kept} kept, {} dropped", imported.rows_read, imported.rows_read - kept));
    for because in imported.dropped_because() {
        out.line(format!("  {} dropped: {}", because.count, because.what));
    }
    for problem in imported.problems.iter().take(PROBLEMS_SHOWN) {
        out.line(format!("  {}:{}: {}", problem.file, problem.line, problem.message));
    }
    if imported.problems.len() > PROBLEMS_SHOWN {
        out.line(format!("  … and {} more; --json lists all", imported.problems.len() - PROBLEMS_SHOWN));
    }
    if let Value::Object(tokens) = tokens {
        let number = |name: &str| tokens.get(name).cloned().unwrap_or_default();
        out.line(format!("Tokens: {} in all, {} learned", number("total"), number("learned")));
        let (median, longest) = (number("median"), number("longest"));
        out.line(format!("Row length: median {median}, 95 % within {}, longest {longest}", number("p95")));
        out.line(format!("Longer than {} tokens: {} rows", number("max_length"), number("rows_too_long")));
        if number("hidden_calls") != 0 {
            out.line(format!("Tool calls that the chat template does not show: {}", number("hidden_calls")));
        }
    }
}

/// How long the rows are. Rows that the model's template refuses are counted, not fatal.
fn count_tokens(imported: &Imported, model: &str, max_length: usize) -> anyhow::Result<Value> {
    let renderer = tunesmith_studio::open_renderer(&model_folder(model)?)?;
    let (mut lengths, mut learned, mut hidden_calls, mut refused) = (Vec::new(), 0, 0, BTreeMap::new());
    for rows in imported.rows.chunks(ROWS_AT_ONCE) {
        let examples: Vec<Example> = rows.iter().map(|row| row.example.clone()).collect();
        let lost = |RowsError { row, source }| match row.and_then(|row| rows.get(row)) {
            Some(row) => WireError::invalid(format!("{}:{}: {source}", row.file, row.line), source.hint()),
            None => source.into(),
        };
        for row in renderer.rows(&examples, LearnFrom::Assistant).map_err(lost)? {
            match row {
                Ok(Rendered { tokens, hidden_calls: hidden, .. }) => {
                    hidden_calls += hidden;
                    lengths.push(tokens.ids.len());
                    learned += tokens.learned();
                }
                Err(error) => *refused.entry(error.to_string()).or_insert(0_u64) += 1,
            }
        }
    }
    lengths.sort_unstable();
    let at = |share: f64| {
        lengths.get(((lengths.len() as f64 - 1.0).max(0.0) * share).round() as usize).copied().unwrap_or(0)
    };
    Ok(json!({
        "total": lengths.iter().sum::<usize>(),
        "learned": learned,
        "shortest": at(0.0),
        "median": at(0.5),
        "p95": at(0.95),
        "longest": at(1.0),
        "max_length": max_length,
        "rows_too_long": lengths.iter().filter(|length| **length > max_length).count(),
        "hidden_calls": hidden_calls,
        "rows_refused": refused.values().sum::<u64>(),
        "refused_because": refused,
    }))
}
