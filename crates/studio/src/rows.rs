//! Rows of a dataset as chat bubbles, with what a run would learn from marked.

use tunesmith_data::{Example, ImportedRow, Message, Renderer};
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
    Ok(RowsPage { total, rows: rows.into_iter().map(|row| bubbles(row, renderer.as_deref())).collect() })
}

fn bubbles(row: ImportedRow, renderer: Option<&Renderer>) -> Row {
    // A row that the template refuses still shows; the preview of the run says what is wrong with it.
    let tokens = renderer.and_then(|renderer| renderer.tokens(&row.example, LearnFrom::Assistant).ok());
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
