//! Single values of a row as text. Numbers count as their digits, so that a row means the same as CSV and as JSON.

use serde_json::Value;

use crate::source::{Bad, value_name};

/// The text of a value of this column.
pub(super) fn text(value: Value, column: &str) -> Result<String, Bad> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        other => Err(Bad::new("not_text", format!("“{column}” is {} in this row, not text", value_name(&other)))),
    }
}
