//! Turns whose keys say who speaks, `{"user": "Hi", "assistant": "Hello"}`, and pairs of a question and its answer.

use serde_json::{Value, json};

use super::roles::known_role;

/// The messages of such a turn; any other value stays as it is.
pub(super) fn unfold(value: Value) -> Vec<Value> {
    match said(&value) {
        Some(mut messages) => {
            // A turn is one question and one answer, in whatever order its keys stand.
            messages.sort_by_key(|(role, _)| ["system", "user", "assistant"].iter().position(|one| one == role));
            messages.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect()
        }
        None => vec![value],
    }
}

/// Whether a value is such a turn.
pub(crate) fn is_pair(value: &Value) -> bool {
    said(value).is_some()
}

fn said(value: &Value) -> Option<Vec<(&'static str, String)>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(pair) => match pair.as_slice() {
            [question, answer] => Some(vec![("user", text(question)?), ("assistant", text(answer)?)]),
            _ => None,
        },
        Value::Object(turn)
            if !turn.is_empty() && !["role", "from", "content"].iter().any(|key| turn.contains_key(*key)) =>
        {
            let spoken = turn.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
            let messages: Vec<(&str, String)> =
                spoken.map(|(key, value)| Some((speaker(key)?, text(value)?))).collect::<Option<_>>()?;
            (!messages.is_empty()).then_some(messages)
        }
        _ => None,
    }
}

/// Who says what lies under this key.
fn speaker(key: &str) -> Option<&'static str> {
    match key.trim().to_ascii_lowercase().as_str() {
        "input" | "question" | "prompt" | "instruction" | "query" => Some("user"),
        "output" | "answer" | "response" | "completion" | "reply" => Some("assistant"),
        other => known_role(other).filter(|role| *role != "tool"),
    }
}
