//! Single values of a row as text. Numbers count as their digits, so that a row means the same as CSV and as JSON.

use serde_json::Value;

use crate::source::{Bad, Object, value_name};

/// The text of a column that must be there.
pub(super) fn required_text(row: &Object, column: &str) -> Result<String, Bad> {
    match row.get(column) {
        None | Some(Value::Null) => {
            Err(Bad::new("missing_column", format!("This row has no “{column}”, which the other rows have")))
        }
        Some(value) => text(value, column),
    }
}

/// The text of a column; none if it is absent, null or blank.
pub(super) fn optional_text(row: &Object, column: &str) -> Result<Option<String>, Bad> {
    match row.get(column) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => Ok(Some(text(value, column)?).filter(|text| !text.trim().is_empty())),
    }
}

fn text(value: &Value, column: &str) -> Result<String, Bad> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        other => Err(Bad::new("not_text", format!("“{column}” is {} in this row, not text", value_name(other)))),
    }
}
