//! The keys of a message besides who says what: its weight, what was thought before it, and those that mean nothing here.

use serde_json::Value;
use tunesmith_sentence::say;

use crate::record::{Object, Problem};

/// Names of what an assistant thinks before it answers: those of DeepSeek and Qwen, of gpt-oss, and of OpenRouter.
const THOUGHTS: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// Names under which other tools switch learning from a message off: Together and Axolotl, and ms-swift.
const LEARN: [&str; 3] = ["train", "training", "loss"];

const KNOWN_KEYS: [&str; 9] =
    ["role", "content", "name", "function_call", "tool_calls", "tool_call_id", "weight", "from", "value"];

/// Remarks on the first key that is not used.
pub(super) fn remark_on_keys(number: usize, object: &Object, notes: &mut Vec<Problem>) {
    let is_known = |key: &str| match key {
        key if LEARN.contains(&key) => is_switch(object.get(key)),
        key => KNOWN_KEYS.contains(&key) || THOUGHTS.contains(&key),
    };
    if let Some(key) = object.keys().find(|key| !is_known(key)) {
        let what = say!("row-key-unknown", "Message {number} has the unknown key “{key}”; it is not used", number, key);
        notes.push(Problem::new("message_unrecognized_key", what));
    }
}

fn is_switch(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || switch(value).is_some())
}

/// Whether a message is to be learned, as other tools say it.
fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(learned) => Some(*learned),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        _ => None,
    }
}

/// The weight of a message, under OpenAI's name or another tool's.
pub(super) fn weight(number: usize, object: &Object) -> Result<Option<f32>, Problem> {
    let value = match object.get("weight") {
        None | Some(Value::Null) => {
            let is_off = |key: &&str| object.get(*key).and_then(switch) == Some(false);
            return Ok(LEARN.iter().any(is_off).then_some(0.0));
        }
        Some(value) => value,
    };
    match value.as_f64() {
        Some(0.0) => Ok(Some(0.0)),
        Some(1.0) => Ok(Some(1.0)),
        _ => {
            let weight = value.to_string();
            let what =
                say!("row-weight-wrong", "Message {number} has the weight {weight}; it must be 0 or 1", number, weight);
            Err(Problem::new("wrong_weight", what))
        }
    }
}

/// What the assistant thinks before it says this.
pub(super) fn thought(number: usize, role: &str, object: &mut Object, notes: &mut Vec<Problem>) -> Option<String> {
    let found = THOUGHTS.iter().filter_map(|key| Some((*key, object.shift_remove(*key)?)));
    let found: Vec<(&str, Value)> = found.filter(|(_, value)| !value.is_null() && value != "").collect();
    let (key, value) = found.into_iter().next()?;
    match value {
        Value::String(text) if role == "assistant" => Some(text),
        _ => {
            let what = say!(
                "row-thought-unused",
                "Message {number} has “{key}”, which is read only where it is a text of the assistant's; it is not used",
                number,
                key
            );
            notes.push(Problem::new("thought_unused", what));
            None
        }
    }
}
