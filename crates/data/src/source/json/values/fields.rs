//! The fields of the object around lists of rows: those that are no list of rows are not read, and told.

use super::problems::fields_left_out;
use crate::record::Problem;

/// Fields are told up to this many.
const MOST_FIELDS: usize = 200;

#[derive(Default)]
pub(super) struct Fields {
    /// The field that is read now, unless its value is a list of rows.
    field: Option<String>,
    left_out: Vec<String>,
}

impl Fields {
    /// The value of this field begins.
    pub(super) fn begin(&mut self, name: &[u8]) {
        self.field = Some(String::from_utf8_lossy(name).into_owned());
    }

    /// The value is a list of rows, or was told of.
    pub(super) fn is_read(&mut self) {
        self.field = None;
    }

    /// The value has ended.
    pub(super) fn end(&mut self) {
        if let Some(field) = self.field.take().filter(|_| self.left_out.len() < MOST_FIELDS) {
            self.left_out.push(field);
        }
    }

    /// What to say of those that were not read.
    pub(super) fn remark(&self) -> Option<Problem> {
        (!self.left_out.is_empty()).then(|| fields_left_out(&self.left_out))
    }
}
