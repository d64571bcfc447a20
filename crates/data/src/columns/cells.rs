//! Single values of a row as text. A number becomes its digits, so that a row means the same in CSV and in JSON.

use serde_json::Value;
use tunesmith_sentence::say;

use crate::record::{Problem, value_name};

/// The text of a value of this column.
pub(super) fn text(value: Value, column: &str) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        other => {
            let kind = value_name(&other);
            let what = say!("row-cell-no-text", "“{column}” is {kind} in this row, not text", column, kind);
            Err(Problem::new("not_text", what))
        }
    }
}
