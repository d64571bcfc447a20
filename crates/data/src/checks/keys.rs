//! The keys of a message besides who says what: its weight, what was thought before it, and those that mean nothing here.

use serde_json::Value;
use tunesmith_sentence::say;

use crate::quoted::quoted;
use crate::record::{Object, Problem};

/// Names of what an assistant thinks before it answers: those of DeepSeek and Qwen, of gpt-oss, and of OpenRouter.
const THOUGHTS: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// Names under which other tools switch learning from a message off: Together and Axolotl, and ms-swift.
const LEARN: [&str; 3] = ["train", "training", "loss"];

/// The most keys that a remark names.
const MOST_NAMES: usize = 8;

/// Remarks on what is left of a message once all that is used was taken out of it.
pub(super) fn remark_on_rest(number: usize, rest: &Object, notes: &mut Vec<Problem>) {
    let unused: Vec<&String> = rest.iter().filter(|(_, value)| says_something(value)).map(|(key, _)| key).collect();
    let keys = quoted(unused.iter(), MOST_NAMES);
    let what = match unused.len() {
        0 => return,
        1 => say!("row-key-unused", "Message {number} has the key {keys}, which is not used", number, keys),
        _ => say!("row-keys-unused", "Message {number} has the keys {keys}, which are not used", number, keys),
    };
    notes.push(Problem::unused_keys(what, &unused));
}

/// The same of what a part of a message holds besides its text.
pub(super) fn remark_on_part(number: usize, part: &Value, used: &[&str], notes: &mut Vec<Problem>) {
    let keys = part.as_object().into_iter().flatten();
    let is_rest = |(key, value): &(&String, &Value)| !used.contains(&key.as_str()) && says_something(value);
    let unused: Vec<&String> = keys.filter(is_rest).map(|(key, _)| key).collect();
    if unused.is_empty() {
        return;
    }
    let keys = quoted(unused.iter(), MOST_NAMES);
    let what = say!(
        "row-part-keys-unused",
        "Message {number} holds {keys} beside the text of a part, of which only the text is used",
        number,
        keys
    );
    notes.push(Problem::unused_keys(what, &unused));
}

/// A key without a value says nothing.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
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
pub(super) fn weight(number: usize, object: &mut Object) -> Result<Option<f32>, Problem> {
    let value = match object.shift_remove("weight") {
        None | Some(Value::Null) => {
            let mut is_off = false;
            for key in LEARN {
                let Some(learned) = object.get(key).and_then(switch) else { continue };
                object.shift_remove(key);
                is_off |= !learned;
            }
            return Ok(is_off.then_some(0.0));
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
    let says_something = |key: &&str| object.get(*key).is_some_and(|value| !value.is_null() && value != "");
    let key = THOUGHTS.into_iter().find(says_something)?;
    let value = object.shift_remove(key)?;
    // Some write the same twice, under two names.
    for other in THOUGHTS {
        if object.get(other) == Some(&value) {
            object.shift_remove(other);
        }
    }
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
