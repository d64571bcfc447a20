//! A first pass over all rows before any is written: which columns a table has, their types, and names for extra columns
//! that an import will not take for a part of the row.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cell_type::CellType;
use super::layout::ExportLayout;
use super::{ExportKind, names};
use crate::ImportedRow;

const NOTHING: &Value = &Value::Null;

/// What to do with extra columns, which have no part in what a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Where the kind of file has room for them.
    Keep,
    /// Never.
    Leave,
}

/// What was seen of the rows before they are written.
pub struct Survey {
    kind: ExportKind,
    keep: bool,
    layout: Option<ExportLayout>,
    cells: Vec<CellType>,
    others: Vec<(String, CellType)>,
    places: HashMap<String, usize>,
}

impl Survey {
    /// Nothing is seen yet.
    pub fn new(kind: ExportKind, others: Others) -> Self {
        let keep = others == Others::Keep && kind.has_room();
        Self { kind, keep, layout: None, cells: Vec::new(), others: Vec::new(), places: HashMap::new() }
    }

    /// Whether this kind of file needs the first pass at all.
    pub fn has_to_look(&self) -> bool {
        self.keep || self.kind == ExportKind::Parquet
    }

    /// Takes note of a row.
    pub fn see(&mut self, row: &ImportedRow) {
        let Ok((layout, cells)) = ExportLayout::cells_of(self.kind, self.layout, &row.example) else { return };
        self.layout = Some(layout);
        if self.kind == ExportKind::Parquet {
            self.cells.resize(cells.len(), CellType::Nothing);
            self.cells.iter_mut().zip(&cells).for_each(|(known, cell)| known.see(cell));
        }
        for (column, value) in row.extra.iter().filter(|_| self.keep) {
            let place = *self.places.entry(column.clone()).or_insert(self.others.len());
            if place == self.others.len() {
                self.others.push((column.clone(), CellType::Nothing));
            }
            self.others[place].1.see(value);
        }
    }

    pub(super) fn settled(self) -> (ExportKind, Columns) {
        let layout = self.layout.unwrap_or(ExportLayout::Messages);
        let columns: Vec<&str> = self.others.iter().map(|(column, _)| column.as_str()).collect();
        let names = names::beside(layout.columns(), &columns);
        let others = self.others.into_iter().zip(names);
        let others = others.map(|((column, cells), name)| Other { column, name, cells }).collect();
        (self.kind, Columns { cells: self.cells, others, places: self.places })
    }
}

/// The columns of a file.
pub(super) struct Columns {
    /// What the layout's columns hold; empty if no first pass was needed.
    cells: Vec<CellType>,
    others: Vec<Other>,
    /// The index of each extra column in `others`.
    places: HashMap<String, usize>,
}

struct Other {
    column: String,
    name: String,
    cells: CellType,
}

impl Columns {
    pub(super) fn other_names(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(|other| other.name.as_str())
    }

    pub(super) fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        let renamed = self.others.iter().filter(|other| other.name != other.column);
        renamed.map(|other| (other.column.as_str(), other.name.as_str()))
    }

    /// All columns of a table with what they hold.
    pub(super) fn typed(&self, layout: ExportLayout) -> Vec<(String, CellType)> {
        let own = layout.columns().iter().enumerate();
        let own = own.map(|(place, name)| ((*name).to_owned(), self.cells.get(place).cloned().unwrap_or_default()));
        own.chain(self.others.iter().map(|other| (other.name.clone(), other.cells.clone()))).collect()
    }

    /// The other columns that a row has, under their names in the file.
    pub(super) fn others_of(&self, extra: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
        extra.iter().filter_map(|(column, value)| {
            let place = *self.places.get(column)?;
            Some((self.others[place].name.clone(), value.clone()))
        })
    }

    /// The values of all other columns, null where a row has none.
    pub(super) fn others_in_order<'a>(&'a self, extra: &'a Map<String, Value>) -> impl Iterator<Item = &'a Value> {
        self.others.iter().map(|other| extra.get(&other.column).unwrap_or(NOTHING))
    }
}
