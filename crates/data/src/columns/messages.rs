//! Lists of messages as they lie in a column: a JSON list, or the text of one.

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use super::literal;
use super::parts::Parts;
use crate::record::{Object, Problem, is_crowded, value_name};
use crate::{Message, checks};

/// Whether a value looks like a list of messages, and not like a text that happens to be in a column of that name.
pub(super) fn may_be_list(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => begins_as_list(text),
        Some(Value::Number(_) | Value::Bool(_)) => false,
        _ => true,
    }
}

/// Whether a value passes all checks of a conversation.
pub(super) fn is_conversation(value: &Value) -> bool {
    as_list(value.clone()).is_ok_and(|list| checks::conversation(list, &mut Vec::new()).is_ok())
}

/// Whether a text begins as JSON, Python and numpy write a list.
fn begins_as_list(text: &str) -> bool {
    let text = text.trim_start();
    ["[", "(", "array("].iter().any(|open| text.starts_with(open))
}

/// Whether a value has a speaker, as messages do.
pub(crate) fn is_message(value: &Value) -> bool {
    value.get("role").is_some() || value.get("from").is_some()
}

/// The messages in a value: a list of them, the text of such a list, or a single one. If it is none of these, the error is
/// the value itself.
pub(super) fn as_list(value: Value) -> Result<Vec<Value>, Value> {
    match value {
        Value::Array(list) if list.iter().all(is_message) => Ok(list),
        Value::Object(_) if is_message(&value) => Ok(vec![value]),
        Value::String(text) => {
            let list = if begins_as_list(&text) && text.contains('{') { parse(&text) } else { None };
            list.filter(|list| list.iter().all(is_message)).ok_or(Value::String(text))
        }
        other => Err(other),
    }
}

/// The list of messages of a row.
pub(super) fn list(value: Option<Value>, column: &str) -> Result<Vec<Value>, Problem> {
    let missing = |what: Sentence| Err(Problem::new("missing_messages_list", what));
    let no_items = || missing(say!("row-list-empty", "The list “{column}” is empty in this row", column));
    match value {
        None | Some(Value::Null) => missing(say!("row-list-missing", "This row has no list “{column}”", column)),
        Some(Value::Array(list)) if list.is_empty() => no_items(),
        Some(Value::Array(list)) => Ok(list),
        Some(Value::String(text)) if text.trim().is_empty() => {
            missing(say!("row-list-blank", "“{column}” is empty in this row", column))
        }
        Some(Value::String(text)) => match parse(&text) {
            Some(list) if list.is_empty() => no_items(),
            Some(list) => Ok(list),
            None => missing(unreadable(&text, column)),
        },
        Some(Value::Object(lists)) if side_by_side(&lists).is_some() => Ok(side_by_side(&lists).unwrap_or_default()),
        Some(other) => missing(say!(
            "row-list-wrong",
            "“{column}” is {kind} in this row, not a list of messages",
            column,
            kind = value_name(&other)
        )),
    }
}

/// The messages of `{"role": ["user", …], "content": ["Hi", …]}`: so Hugging Face's datasets write a sequence of objects.
fn side_by_side(lists: &Object) -> Option<Vec<Value>> {
    let lists: Vec<(&String, &Vec<Value>)> =
        lists.iter().map(|(key, list)| Some((key, list.as_array()?))).collect::<Option<_>>()?;
    let length = lists.first()?.1.len();
    let is_speaker = |key: &str| key == "role" || key == "from";
    if !lists.iter().any(|(key, _)| is_speaker(key)) || lists.iter().any(|(_, list)| list.len() != length) {
        return None;
    }
    let at = |row: usize| {
        let cells = lists.iter().map(|(key, list)| ((*key).clone(), list[row].clone()));
        Value::Object(cells.filter(|(_, value)| !value.is_null()).collect())
    };
    Some((0..length).map(at).collect())
}

/// Why a text is no list of messages.
fn unreadable(text: &str, column: &str) -> Sentence {
    if begins_as_list(text) && !text.trim_end().ends_with([']', ')']) {
        return say!(
            "row-list-cut",
            "“{column}” breaks off after {letters} characters in this row, in the middle of its list; Excel cuts cells at 32,767",
            column,
            letters = text.chars().count()
        );
    }
    say!(
        "row-list-unreadable",
        "“{column}” is a text in this row that is not a list of messages, neither as JSON nor as Python prints it",
        column
    )
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

/// The tools that may be called in a row.
pub(super) fn tools(parts: &mut Parts) -> Result<Vec<Value>, Problem> {
    let value = parts.take("tools");
    tools_in(value, parts.column("tools"))
}

/// The same in the value of this column: a list of JSON schemas, or its text.
pub(super) fn tools_in(value: Option<Value>, column: &str) -> Result<Vec<Value>, Problem> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => parse(&text),
        Some(Value::Array(list)) => Some(list),
        Some(_) => None,
    };
    let objects = list.filter(|list| list.iter().all(Value::is_object));
    objects.map(|list| checks::tools(list, column)).ok_or_else(|| checks::not_objects(column))
}

/// Whether a value holds earlier turns: many other things are called history.
pub(super) fn is_history(value: &Value) -> bool {
    history(Some(value.clone()), &mut Vec::new()).is_ok()
}

/// Earlier turns of a row: messages, or pairs of a question and its answer.
pub(super) fn history(value: Option<Value>, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let wrong = || {
        let what = say!(
            "row-history-wrong",
            "“history” is neither a list of messages nor one of [question, answer] in this row"
        );
        Problem::new("wrong_history", what)
    };
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => parse(&text).ok_or_else(wrong)?,
        Some(Value::Object(lists)) => side_by_side(&lists).ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    if list.is_empty() {
        return Ok(Vec::new());
    }
    if !list.iter().all(|turn| is_message(turn) || checks::is_pair(turn)) {
        return Err(wrong());
    }
    checks::messages(list, notes)
}
