//! Rows of a dataset as chat bubbles, with what a run would learn from marked.

use tunesmith_data::{Example, ImportedRow, Message, Render, Tokens};
use tunesmith_protocol::{DatasetRows, LearnFrom, Row, RowMessage, RowsPage, Split, WireError};

use crate::{Studio, datasets, models};

const ROWS_PER_PAGE: u32 = 200;

/// Some rows.
pub(crate) fn page(studio: &Studio, args: &DatasetRows) -> Result<RowsPage, WireError> {
    let dataset = datasets::get(studio, &args.dataset)?.dataset;
    let renderer = match &args.model {
        Some(model) => Some(studio.renderer(models::usable(studio, model)?.path.as_ref())?),
        None => None,
    };
    let path = studio.home.dataset(&args.dataset)?.rows(args.split);
    let rows: Vec<ImportedRow> = datasets::read_lines(&path, args.offset, u64::from(args.limit.min(ROWS_PER_PAGE)))?;
    let total = match args.split {
        Split::Training => dataset.training_rows,
        Split::Validation => dataset.validation_rows,
    };
    let tokens = tokens(&rows, renderer.as_deref());
    Ok(RowsPage { total, rows: rows.into_iter().zip(tokens).map(|(row, tokens)| bubbles(row, tokens)).collect() })
}

/// The tokens of each row; none without a model. A row that the template refuses still shows; the preview of the run
/// says what is wrong with it.
fn tokens(rows: &[ImportedRow], renderer: Option<&dyn Render>) -> Vec<Option<Tokens>> {
    let examples: Vec<Example> = rows.iter().map(|row| row.example.clone()).collect();
    match renderer.map(|renderer| renderer.rows(&examples, LearnFrom::Assistant)) {
        Some(Ok(tokens)) => tokens.into_iter().map(Result::ok).collect(),
        Some(Err(_)) | None => vec![None; rows.len()],
    }
}

fn bubbles(row: ImportedRow, tokens: Option<Tokens>) -> Row {
    let messages = match row.example {
        Example::Chat { messages, .. } => messages.into_iter().map(bubble).collect(),
        Example::Text { text } => vec![RowMessage { role: "text".into(), content: text, learned: true }],
    };
    Row {
        file: row.file,
        line: row.line,
        messages,
        tokens: tokens.as_ref().map(|tokens| tokens.ids.len() as u32),
        learned_tokens: tokens.map(|tokens| tokens.learn.iter().filter(|learned| **learned).count() as u32),
    }
}

fn bubble(message: Message) -> RowMessage {
    let learned = message.role == "assistant" && message.weight != Some(0.0);
    RowMessage { role: message.role, content: said(message.content, message.tool_calls), learned }
}

/// What a message says and the tools it calls, as a person reads it.
fn said(content: String, calls: Option<serde_json::Value>) -> String {
    match calls {
        Some(calls) if content.is_empty() => calls.to_string(),
        Some(calls) => format!("{content}\n{calls}"),
        None => content,
    }
}
