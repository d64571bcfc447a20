//! Rows of a dataset as chat bubbles, with what a run would learn from marked.

use tunesmith_data::{Example, ImportedRow, Message, Render, Rendered};
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
    let rendered = renderer.map(|renderer| rendered(&rows, &*renderer));
    let rows = rows.into_iter().enumerate();
    let rows = rows.map(|(index, row)| bubbles(row, rendered.as_ref().map(|rendered| rendered[index].as_ref())));
    Ok(RowsPage { total, rows: rows.collect() })
}

/// What a model makes of each row. A row that the template refuses still shows; the preview of the run says what is
/// wrong with it.
fn rendered(rows: &[ImportedRow], renderer: &dyn Render) -> Vec<Option<Rendered>> {
    let examples: Vec<Example> = rows.iter().map(|row| row.example.clone()).collect();
    match renderer.rows(&examples, LearnFrom::Assistant) {
        Ok(rendered) => rendered.into_iter().map(Result::ok).collect(),
        Err(_) => vec![None; rows.len()],
    }
}

/// A row with what a model would learn of it marked; nothing where it makes nothing of it. Without a model that is what
/// any model may learn.
fn bubbles(row: ImportedRow, rendered: Option<Option<&Rendered>>) -> Row {
    let learned = |index: usize, may_be: bool| match rendered {
        Some(rendered) => rendered.is_some_and(|rendered| rendered.learned_messages.contains(&index)),
        None => may_be,
    };
    let bubble = |(index, message): (usize, Message)| RowMessage {
        learned: learned(index, message.role == "assistant" && message.weight != Some(0.0)),
        role: message.role,
        content: said(message.content, message.tool_calls),
    };
    let messages = match row.example {
        Example::Chat { messages, .. } => messages.into_iter().enumerate().map(bubble).collect(),
        Example::Text { text } => vec![RowMessage { role: "text".into(), content: text, learned: learned(0, true) }],
    };
    let rendered = rendered.flatten();
    Row {
        file: row.file,
        line: row.line,
        messages,
        tokens: rendered.map(|rendered| rendered.tokens.ids.len() as u32),
        learned_tokens: rendered.map(|rendered| rendered.tokens.learned() as u32),
        hidden_calls: rendered.map_or(0, |rendered| rendered.hidden_calls as u32),
    }
}

/// What a message says and the tools it calls, as a person reads it.
fn said(content: String, calls: Option<serde_json::Value>) -> String {
    match calls {
        Some(calls) if content.is_empty() => calls.to_string(),
        Some(calls) => format!("{content}\n{calls}"),
        None => content,
    }
}
