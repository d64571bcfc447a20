//! Lists of messages as they lie in a column: a JSON list, or the text of one.

use serde_json::Value;

use super::literal;
use crate::Message;
use crate::source::{Bad, is_crowded, value_name};

/// Whether a value looks like a list of messages, and not like a text that happens to be in a column of that name.
pub(super) fn may_be_list(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => text.trim_start().starts_with('['),
        Some(Value::Number(_) | Value::Bool(_)) => false,
        _ => true,
    }
}

/// The messages that a value is: a list of them, the text of such a list, or a single one. Else the value itself.
pub(super) fn said(value: Value) -> Result<Vec<Value>, Value> {
    let is_message = |value: &Value| value.get("role").is_some() || value.get("from").is_some();
    match value {
        Value::Array(list) if list.iter().all(is_message) => Ok(list),
        Value::Object(_) if is_message(&value) => Ok(vec![value]),
        Value::String(text) => {
            let begins_as_list =
                text.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'));
            let list = if begins_as_list { parse(&text) } else { None };
            list.filter(|list| list.iter().all(is_message)).ok_or(Value::String(text))
        }
        other => Err(other),
    }
}

/// The list of messages of a row.
pub(super) fn list(value: Option<Value>, column: &str) -> Result<Vec<Value>, Bad> {
    let missing = |what: String| Err(Bad::new("missing_messages_list", what));
    match value {
        None | Some(Value::Null) => missing(format!("This row has no list “{column}”")),
        Some(Value::Array(list)) if list.is_empty() => missing(format!("The list “{column}” is empty in this row")),
        Some(Value::Array(list)) => Ok(list),
        Some(Value::String(text)) if text.trim().is_empty() => missing(format!("“{column}” is empty in this row")),
        Some(Value::String(text)) => match parse(&text) {
            Some(list) if list.is_empty() => missing(format!("The list “{column}” is empty in this row")),
            Some(list) => Ok(list),
            None => missing(format!("“{column}” is a text in this row that is not a list of messages in JSON")),
        },
        Some(other) => missing(format!("“{column}” is {} in this row, not a list of messages", value_name(&other))),
    }
}

fn parse(text: &str) -> Option<Vec<Value>> {
    if is_crowded(text.as_bytes()) {
        return None;
    }
    match serde_json::from_str(text).ok().or_else(|| literal::parse(text))? {
        Value::Array(list) => Some(list),
        _ => None,
    }
}

/// The tools that may be called in a row: a list of JSON schemas, or its text.
pub(super) fn tools(value: Option<Value>) -> Result<Vec<Value>, Bad> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => parse(&text),
        Some(Value::Array(list)) => Some(list),
        Some(_) => None,
    };
    list.filter(|list| list.iter().all(Value::is_object))
        .ok_or_else(|| Bad::new("wrong_tools", "“tools” is not a list of tools, each an object, in this row"))
}

/// Earlier turns of an instruction row: a list of [question, answer].
pub(super) fn history(value: Option<Value>) -> Result<Vec<Message>, Bad> {
    let wrong = || Bad::new("wrong_history", "“history” is not a list of [question, answer] in this row");
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => parse(&text).ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    let mut messages = Vec::new();
    for turn in &list {
        let (question, answer) = match turn.as_array().map(Vec::as_slice) {
            Some([Value::String(question), Value::String(answer)]) => (question, answer),
            _ => return Err(wrong()),
        };
        messages.push(Message::new("user", question));
        messages.push(Message::new("assistant", answer));
    }
    Ok(messages)
}
