//! Rows of a dataset as chat bubbles, with what a run would learn from marked. Which ones is left to `search`.

use tunesmith_data::{Example, ImportedRow, Message, Render, Rendered, TemplateCheck};
use tunesmith_protocol::{
    Cell, DatasetRow, DatasetRows, FullRow, LearnFrom, Row, RowMessage, RowsPage, Split, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::store::{RowReader, RowRef};
use crate::errors;
use crate::planning::told;

pub(super) const ROWS_PER_PAGE: u32 = 200;

impl Datasets {
    /// Some of the rows that are asked for.
    pub fn rows(&self, args: &DatasetRows) -> Result<RowsPage, WireError> {
        let dataset = self.get(&args.dataset)?;
        let folder = self.home.dataset(&args.dataset)?;
        let all = self.entries(&dataset)?;
        let renderer = match &args.model {
            Some(model) => Some(self.models.renderer(&self.models.usable(model)?)?),
            None => None,
        };
        let found = self.search(&dataset, &all, args)?;
        let some = found.iter().skip(args.offset as usize).take(args.limit.min(ROWS_PER_PAGE) as usize);
        let mut reader = RowReader::open(&folder.rows())?;
        let mut rows = Vec::new();
        for &number in some {
            rows.push((number, reader.row(&all[number as usize])?));
        }
        let rendered = renderer.map(|renderer| rendered(&rows, &*renderer));
        let rows = rows.into_iter().enumerate().map(|(index, (number, row))| {
            let rendered = rendered.as_ref().map(|rendered| rendered[index].as_ref());
            bubbles(number.into(), all[number as usize].split(), row, rendered)
        });
        Ok(RowsPage { total: found.len() as u64, rows: rows.collect() })
    }

    /// One row with all it has.
    pub fn whole_row(&self, args: &DatasetRow) -> Result<FullRow, WireError> {
        let (entry, row) = self.row(&args.dataset, args.row)?;
        let example = serde_json::to_value(&row.example).map_err(errors::unwritable)?;
        Ok(FullRow { row: bubbles(args.row, entry.split(), row, None), example })
    }

    /// One row of the version in use.
    pub(super) fn row(&self, dataset: &str, number: u64) -> Result<(RowRef, ImportedRow), WireError> {
        let facts = self.get(dataset)?;
        let all = self.entries(&facts)?;
        let entry = all.get(number as usize).ok_or_else(|| no_row(number, all.len()))?;
        Ok((*entry, RowReader::open(&self.home.dataset(dataset)?.rows())?.row(entry)?))
    }
}

pub(crate) fn no_row(number: u64, rows: usize) -> WireError {
    WireError::invalid(
        say!(
            "dataset-row-missing",
            "There is no row {row}: this version has {rows}",
            row = number.saturating_add(1),
            rows
        ),
        say!("dataset-row-missing-hint", "The dataset was changed meanwhile; look at it again"),
    )
}

/// What a model makes of each row. A row that the template refuses still shows; the preview of the run says what is
/// wrong with it.
fn rendered(rows: &[(u32, ImportedRow)], renderer: &dyn Render) -> Vec<Option<Rendered>> {
    let examples: Vec<Example> = rows.iter().map(|(_, row)| row.example.clone()).collect();
    match renderer.rows(&examples, LearnFrom::Assistant) {
        Ok(rendered) => rendered.into_iter().map(Result::ok).collect(),
        Err(_) => vec![None; rows.len()],
    }
}

/// A row with what a model would learn of it marked; nothing where it makes nothing of it. Without a model that is what
/// any model may learn.
pub(crate) fn bubbles(number: u64, split: Split, row: ImportedRow, rendered: Option<Option<&Rendered>>) -> Row {
    let mut messages = messages(&row.example);
    if let Some(rendered) = rendered {
        let learned = |index| rendered.is_some_and(|rendered| rendered.learned_messages.contains(&index));
        messages.iter_mut().enumerate().for_each(|(index, message)| message.learned = learned(index));
    }
    let rendered = rendered.flatten();
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Row {
        number,
        split,
        file: row.file,
        line: row.line,
        messages,
        extra: row.extra.iter().map(|(column, found)| Cell { column: column.clone(), value: value(found) }).collect(),
        tokens: rendered.map(|rendered| rendered.tokens.ids.len() as u32),
        learned_tokens: rendered.map(|rendered| rendered.tokens.learned() as u32),
        remarks: rendered.map(remarks).unwrap_or_default(),
    }
}

/// What the model's template makes of a row besides its tokens.
fn remarks(rendered: &Rendered) -> Vec<Sentence> {
    let mut check = TemplateCheck::default();
    check.add(0, rendered);
    told(&check, &|_| say!("run-place-this-row", "this row"))
}

/// What a row says and who says it, as a person reads it, in the order in which it is rendered. Both answers of a preference have roles of their own.
pub(super) fn messages(example: &Example) -> Vec<RowMessage> {
    let under = |role: &str, learned: bool, messages: &[Message]| -> Vec<RowMessage> {
        messages.iter().map(|message| RowMessage { role: role.into(), learned, ..bubble(message) }).collect()
    };
    match example {
        Example::Chat { messages, .. } => messages.iter().map(bubble).collect(),
        Example::Text { text } => vec![plain("text", text, true)],
        Example::Preference { prompt, chosen, rejected, .. } => {
            let prompt = prompt.iter().map(|message| RowMessage { learned: false, ..bubble(message) });
            prompt.chain(under("chosen", true, chosen)).chain(under("rejected", false, rejected)).collect()
        }
        Example::Unpaired { prompt, completion, label } => {
            let prompt = prompt.iter().map(|message| RowMessage { learned: false, ..bubble(message) });
            prompt.chain(under(if *label { "chosen" } else { "rejected" }, *label, completion)).collect()
        }
        Example::Classification { text, label } => vec![plain("text", text, false), plain("label", label, true)],
    }
}

fn plain(role: &str, text: &str, learned: bool) -> RowMessage {
    RowMessage { role: role.into(), content: text.into(), reasoning: None, learned }
}

fn bubble(message: &Message) -> RowMessage {
    let learned = message.role == "assistant" && message.weight != Some(0.0);
    let reasoning = message.reasoning_content.clone();
    RowMessage { role: message.role.clone(), content: text_of(message), reasoning, learned }
}

/// What a message says and the tools it calls.
fn text_of(message: &Message) -> String {
    match &message.tool_calls {
        Some(calls) if message.content.is_empty() => calls.to_string(),
        Some(calls) => format!("{}\n{calls}", message.content),
        None => message.content.clone(),
    }
}
