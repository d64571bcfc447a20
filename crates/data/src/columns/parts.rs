//! The parts of one row, taken out of it one by one.

use serde_json::Value;
use tunesmith_sentence::say;

use super::cells;
use super::shape::Shape;
use crate::record::{Object, Problem};

/// A row of a known shape, whose parts are taken out one by one.
pub(super) struct Parts<'a> {
    pub(super) shape: &'a Shape,
    pub(super) row: &'a mut Object,
}

impl Parts<'_> {
    /// The column of a part.
    pub(super) fn column(&self, part: &str) -> &str {
        self.shape.columns.get(part).map_or("", String::as_str)
    }

    /// Whether the row has a value for a part.
    pub(super) fn has(&self, part: &str) -> bool {
        self.shape.columns.get(part).and_then(|column| self.row.get(column)).is_some_and(|value| !value.is_null())
    }

    /// The value of a part; none if the row has none.
    pub(super) fn take(&mut self, part: &str) -> Option<Value> {
        let column = self.shape.columns.get(part)?;
        let sharing = self.shape.columns.values().filter(|other| *other == column).count();
        let value = if sharing > 1 { self.row.get(column).cloned() } else { self.row.shift_remove(column.as_str()) };
        value.filter(|value| !value.is_null())
    }

    /// The value of a part that must be there.
    pub(super) fn required(&mut self, part: &str) -> Result<Value, Problem> {
        self.take(part).ok_or_else(|| {
            let column = self.column(part);
            let what = say!("row-column-missing", "This row has nothing in the column “{column}”", column);
            Problem::new("missing_column", what)
        })
    }

    /// The problem of this kind for a part whose text is blank.
    pub(super) fn empty(&self, kind: &'static str, part: &str) -> Problem {
        let column = self.column(part);
        Problem::new(kind, say!("row-column-empty", "The column “{column}” is empty in this row", column))
    }

    /// The text of a part that must be there.
    pub(super) fn required_text(&mut self, part: &str) -> Result<String, Problem> {
        let value = self.required(part)?;
        cells::text(value, self.column(part))
    }

    /// The text of a part; none if it is absent or blank.
    pub(super) fn optional_text(&mut self, part: &str) -> Result<Option<String>, Problem> {
        let text = self.take(part).map(|value| cells::text(value, self.column(part))).transpose()?;
        Ok(text.filter(|text| !text.trim().is_empty()))
    }
}
