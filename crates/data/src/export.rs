//! Writes rows as files of other tools, one by one. A row that a kind of file cannot hold is left out and counted, never
//! changed into something else. The columns of each kind are in `layout`, what must be known of all rows beforehand in
//! `survey`.

mod cell_type;
mod kind;
mod layout;
mod names;
mod parquet;
mod survey;
mod turns;

use std::io::{self, Write};

use serde_json::{Map, Value};
use tunesmith_protocol::LeftOut;
use tunesmith_sentence::Sentence;

use self::parquet::ParquetRows;
use crate::ImportedRow;
pub use kind::ExportKind;
use layout::ExportLayout;
use survey::Columns;
pub use survey::{Others, Survey};

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportedRow {
    /// It is written.
    Written,
    /// It is left out, because of this.
    LeftOut(Sentence),
}

/// Writes rows to a file of one kind.
pub struct Exporter<W: Write + Send> {
    kind: ExportKind,
    columns: Columns,
    /// The writer, until the first row is written: its layout is that of all rows.
    waiting: Option<W>,
    open: Option<(ExportLayout, Sink<W>)>,
    written: u64,
    /// How many rows are left out, by why.
    left_out: Vec<LeftOut>,
}

enum Sink<W: Write + Send> {
    Lines(W),
    Csv(Box<csv::Writer<W>>),
    Parquet(Box<ParquetRows<W>>),
}

impl<W: Write + Send> Exporter<W> {
    /// Nothing is written yet. The survey has seen the rows that will follow, if it had to.
    pub fn new(survey: Survey, writer: W) -> Self {
        let (kind, columns) = survey.settled();
        Self { kind, columns, waiting: Some(writer), open: None, written: 0, left_out: Vec::new() }
    }

    /// Writes a row, or says why this kind of file cannot hold it.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub fn row(&mut self, row: &ImportedRow) -> io::Result<ExportedRow> {
        let first = self.open.as_ref().map(|(layout, _)| *layout);
        let converted = ExportLayout::cells_of(self.kind, first, &row.example);
        let has_nul =
            || self.kind == ExportKind::Csv && self.columns.others_in_order(&row.extra).any(cell_type::has_nul);
        match converted.and_then(|cells| if has_nul() { Err(turns::nul()) } else { Ok(cells) }) {
            Ok((layout, cells)) => {
                self.open(layout)?;
                let Some((_, sink)) = &mut self.open else { return Err(lost()) };
                sink.write(layout, cells, &self.columns, &row.extra)?;
                self.written += 1;
                Ok(ExportedRow::Written)
            }
            Err(why) => {
                match self.left_out.iter_mut().find(|known| known.why == why) {
                    Some(known) => known.count += 1,
                    None => self.left_out.push(LeftOut { why: why.clone(), count: 1 }),
                }
                Ok(ExportedRow::LeftOut(why))
            }
        }
    }

    /// Rows written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Why rows were left out, the most frequent reason first.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let mut counts = self.left_out.clone();
        counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        counts
    }

    /// Columns that are written under another name, with that name.
    pub fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.renamed()
    }

    /// Writes what is left, and gives the writer back.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub fn finish(mut self) -> io::Result<W> {
        // A file without rows has columns all the same.
        self.open(ExportLayout::Messages)?;
        let Some((_, sink)) = self.open else { return Err(lost()) };
        let mut writer = match sink {
            Sink::Lines(writer) => writer,
            Sink::Csv(writer) => writer.into_inner().map_err(|error| error.into_error())?,
            Sink::Parquet(rows) => rows.finish()?,
        };
        writer.flush()?;
        Ok(writer)
    }

    fn open(&mut self, layout: ExportLayout) -> io::Result<()> {
        if let Some(writer) = self.waiting.take() {
            self.open = Some((layout, Sink::new(self.kind, layout, &self.columns, writer)?));
        }
        Ok(())
    }
}

/// The error for writing on after the file could not be begun.
/// What the disk has said, such as that it is full: csv would wrap it so that nobody sees it any more.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn lost() -> io::Error {
    io::Error::other("nothing can be written after an error")
}

impl<W: Write + Send> Sink<W> {
    fn new(kind: ExportKind, layout: ExportLayout, columns: &Columns, writer: W) -> io::Result<Self> {
        Ok(match kind {
            ExportKind::Csv => {
                let mut writer = csv::Writer::from_writer(writer);
                let names = layout.columns().iter().copied().chain(columns.other_names());
                writer.write_record(names).map_err(io_error)?;
                Self::Csv(Box::new(writer))
            }
            ExportKind::Parquet => Self::Parquet(Box::new(ParquetRows::new(columns.typed(layout), writer)?)),
            _ => Self::Lines(writer),
        })
    }

    /// Writes the cells of a row, null where there is nothing, and its other columns as far as they are kept.
    fn write(
        &mut self,
        layout: ExportLayout,
        cells: Vec<Value>,
        columns: &Columns,
        extra: &Map<String, Value>,
    ) -> io::Result<()> {
        match self {
            Self::Lines(writer) => {
                let named = layout.columns().iter().map(|column| (*column).to_owned()).zip(cells);
                let row: Value = named.chain(columns.others_of(extra)).filter(|(_, cell)| !cell.is_null()).collect();
                serde_json::to_writer(&mut *writer, &row)?;
                writer.write_all(b"\n")
            }
            Self::Csv(writer) => {
                let cells = cells.iter().chain(columns.others_in_order(extra));
                let texts = cells.map(|cell| cell_type::text_of(cell).unwrap_or_default().into_owned());
                writer.write_record(texts).map_err(io_error)
            }
            Self::Parquet(rows) => {
                rows.push(cells.into_iter().chain(columns.others_in_order(extra).cloned()).collect())
            }
        }
    }
}
