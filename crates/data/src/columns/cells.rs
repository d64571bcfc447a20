//! Single values of a row as text. A number becomes its digits, so that a row means the same in CSV and in JSON.

use serde_json::Value;

use crate::record::{Problem, value_name};

/// The text of a value of this column.
pub(super) fn text(value: Value, column: &str) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        other => Err(Problem::new("not_text", format!("“{column}” is {} in this row, not text", value_name(&other)))),
    }
}
