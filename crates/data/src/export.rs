//! Writes rows as the files of other tools, one by one. What a kind of file cannot say is left out and named, never bent
//! into something else. What a row is in each kind is in `layout`.

mod layout;
mod parquet;
mod turns;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use tunesmith_protocol::Count;

use self::parquet::ParquetRows;
use crate::ImportedRow;
use layout::Layout;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// JSON lines in the shape that rows have here: `messages`, or `text`, or `prompt`, `chosen` and `rejected`, and so on.
    Chat,
    /// JSON lines of `conversations` with `from` and `value`.
    ShareGpt,
    /// JSON lines of `instruction`, `input`, `output`, `system` and `history`.
    Alpaca,
    /// JSON lines of `prompt` and `completion` as text: one question and one answer.
    Completion,
    /// JSON lines of `prompt` and `completion` as lists of messages.
    CompletionLists,
    /// A table of `system`, `prompt`, `completion` and `tools`, or of the columns of another shape. What is more than one
    /// question and one answer stands in its cells as lists of messages.
    Csv,
    /// The rows of the first kind in Apache Parquet; lists are JSON text.
    Parquet,
    /// JSON lines that OpenAI takes for fine-tuning: conversations in allowed keys.
    OpenAi,
}

impl ExportKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Chat,
        Self::ShareGpt,
        Self::Alpaca,
        Self::Completion,
        Self::CompletionLists,
        Self::Csv,
        Self::Parquet,
        Self::OpenAi,
    ];

    /// Its name in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::ShareGpt => "sharegpt",
            Self::Alpaca => "alpaca",
            Self::Completion => "completion",
            Self::CompletionLists => "completion_lists",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::OpenAi => "openai",
        }
    }

    /// The kind of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What its files' names end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            _ => "jsonl",
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is written.
    Written,
    /// It is left out, because of this.
    CannotBeSaid(&'static str),
}

/// Writes rows to a file of one kind.
pub struct Exporter<W: Write + Send> {
    kind: ExportKind,
    /// Until the first row that can be said, which decides the columns of all.
    waiting: Option<W>,
    open: Option<(Layout, Sink<W>)>,
    written: u64,
    left_out: BTreeMap<&'static str, u64>,
}

enum Sink<W: Write + Send> {
    Lines(W),
    Csv(Box<csv::Writer<W>>),
    Parquet(Box<ParquetRows<W>>),
}

impl<W: Write + Send> Exporter<W> {
    /// Nothing is written yet.
    pub fn new(kind: ExportKind, writer: W) -> Self {
        Self { kind, waiting: Some(writer), open: None, written: 0, left_out: BTreeMap::new() }
    }

    /// Writes a row, or says why this kind of file cannot say it. Columns that have no part in what a row means are not
    /// written.
    pub fn row(&mut self, row: &ImportedRow) -> io::Result<Said> {
        let layout = Layout::of(self.kind, &row.example);
        let cells = layout.and_then(|layout| Ok((layout, layout.cells(&row.example)?)));
        let cells = cells.and_then(|(layout, cells)| match self.open {
            Some((first, _)) if first != layout => Err("it has another shape than the first row, and so other columns"),
            _ => Ok((layout, cells)),
        });
        match cells {
            Ok((layout, cells)) => {
                self.open(layout)?.write(layout.columns(), cells)?;
                self.written += 1;
                Ok(Said::Written)
            }
            Err(why) => {
                *self.left_out.entry(why).or_default() += 1;
                Ok(Said::CannotBeSaid(why))
            }
        }
    }

    /// Rows written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Why rows were left out, the most frequent reason first.
    pub fn left_out(&self) -> Vec<Count> {
        let count = |(what, count): (&&'static str, &u64)| Count { what: (*what).into(), count: *count };
        let mut counts: Vec<Count> = self.left_out.iter().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        counts
    }

    /// Writes what is left, and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        // A file without rows has columns all the same.
        self.open(Layout::Messages)?;
        let Some((_, sink)) = self.open else { return Err(lost()) };
        let mut writer = match sink {
            Sink::Lines(writer) => writer,
            Sink::Csv(writer) => writer.into_inner().map_err(|error| error.into_error())?,
            Sink::Parquet(rows) => rows.finish()?,
        };
        writer.flush()?;
        Ok(writer)
    }

    fn open(&mut self, layout: Layout) -> io::Result<&mut Sink<W>> {
        if let Some(writer) = self.waiting.take() {
            self.open = Some((layout, Sink::new(self.kind, layout, writer)?));
        }
        self.open.as_mut().map(|(_, sink)| sink).ok_or_else(lost)
    }
}

/// The writer is gone once it could not be begun with.
fn lost() -> io::Error {
    io::Error::other("nothing can be written after an error")
}

impl<W: Write + Send> Sink<W> {
    fn new(kind: ExportKind, layout: Layout, writer: W) -> io::Result<Self> {
        Ok(match kind {
            ExportKind::Csv => {
                let mut writer = csv::Writer::from_writer(writer);
                writer.write_record(layout.columns())?;
                Self::Csv(Box::new(writer))
            }
            ExportKind::Parquet => Self::Parquet(Box::new(ParquetRows::new(layout.columns(), writer)?)),
            _ => Self::Lines(writer),
        })
    }

    /// Writes the cells of a row, null where there is nothing.
    fn write(&mut self, columns: &[&str], cells: Vec<Value>) -> io::Result<()> {
        match self {
            Self::Lines(writer) => {
                let named = columns.iter().map(|column| (*column).to_owned()).zip(cells);
                let row: Value = named.filter(|(_, cell)| !cell.is_null()).collect();
                serde_json::to_writer(&mut *writer, &row)?;
                writer.write_all(b"\n")
            }
            Self::Csv(writer) => {
                let cells = cells.into_iter().map(|cell| text_of(cell).unwrap_or_default());
                Ok(writer.write_record(cells)?)
            }
            Self::Parquet(rows) => rows.push(cells.into_iter().map(text_of)),
        }
    }
}

/// A value as the text of a cell: lists and objects as JSON.
fn text_of(cell: Value) -> Option<String> {
    match cell {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
