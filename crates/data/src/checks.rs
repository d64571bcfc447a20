//! The checks on conversations from OpenAI's data preparation guide, under the names it uses. A row that fails is dropped;
//! an unknown key is only a remark.

mod anthropic;
mod calls;
mod content;
mod gemini;
mod keys;
mod pairs;
mod pieces;
mod roles;
mod typed;

use serde_json::Value;
use tunesmith_sentence::say;

use crate::Message;
pub(crate) use crate::checks::calls::tools;
use crate::checks::calls::{called, has_call};
use crate::checks::content::{Content, content};
use crate::checks::keys::{remark_on_rest, thought, weight};
pub(crate) use crate::checks::pairs::is_pair;
use crate::checks::roles::role;
pub use crate::checks::typed::check;
pub(crate) use crate::checks::typed::not_objects;
use crate::record::{Object, Problem, value_name};

/// The messages of a conversation, checked.
pub(crate) fn conversation(list: Vec<Value>, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let messages = messages(list, notes)?;
    if !messages.iter().any(|message| message.role == "assistant") {
        let what = say!("row-no-answer", "No message in this row is the assistant's, so there is nothing to learn");
        return Err(Problem::new("example_missing_assistant_message", what));
    }
    if messages.iter().all(|message| message.role != "assistant" || message.weight == Some(0.0)) {
        let what =
            say!("row-nothing-learned", "All answers of this row have the weight 0, so nothing of it is learned");
        notes.push(Problem::new("nothing_learned", what));
    }
    Ok(messages)
}

/// Messages that need not hold an answer, checked; at least one.
pub(crate) fn messages(list: Vec<Value>, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let mut messages = Vec::with_capacity(list.len());
    if list.iter().any(|value| value.is_object() && is_pair(value)) {
        notes.push(read_as_turns());
    }
    let apart = |value| anthropic::unfold(value).into_iter().flat_map(gemini::unfold).flat_map(pairs::unfold);
    for (number, value) in (1..).zip(list.into_iter().flat_map(apart)) {
        messages.extend(message(number, value, notes)?);
    }
    if messages.is_empty() {
        let what = say!("row-messages-empty", "A list of messages is empty in this row");
        return Err(Problem::new("missing_messages_list", what));
    }
    Ok(messages)
}

/// One message; none for an empty system message.
fn message(number: usize, value: Value, notes: &mut Vec<Problem>) -> Result<Option<Message>, Problem> {
    let Value::Object(mut object) = value else { return Err(no_object(number, &value)) };
    let weight = weight(number, &mut object)?;
    let role = role(number, &mut object, notes)?;
    let calls = has_call(&object);
    let reasoning_content = thought(number, &role, &mut object, notes);
    let said = object.shift_remove("content").or_else(|| object.shift_remove("value"));
    let said = refusal(&role, said.as_ref(), &mut object).or(said);
    let Content { text: content, thought } = match said {
        Some(value) => content(number, &role, value, notes)?,
        None if calls => Content::default(),
        None => {
            let what = say!("row-message-no-content", "Message {number} has no content", number);
            return Err(Problem::new("message_missing_key", what));
        }
    };
    let reasoning_content = both_thoughts(reasoning_content, thought);
    if calls {
        let tool_calls = Some(calls_of_assistant(number, &role, &mut object)?);
        // Blanks beside a call are no content.
        let content = if content.trim().is_empty() { String::new() } else { content };
        let name = word(&mut object, "name");
        remark_on_rest(number, &object, notes);
        return Ok(Some(Message { role, content, tool_calls, reasoning_content, name, weight, tool_call_id: None }));
    }
    let speaks_as_tool = role == "tool";
    let tool_call_id = if speaks_as_tool { word(&mut object, "tool_call_id") } else { None };
    let name = word(&mut object, "name");
    remark_on_rest(number, &object, notes);
    // The result of a tool may be empty.
    match content.trim().is_empty() && !speaks_as_tool {
        true => silent(number, &role, notes),
        false => Ok(Some(Message { role, content, tool_call_id, name, reasoning_content, weight, tool_calls: None })),
    }
}

/// What the assistant says where it refuses: OpenAI writes that into a key of its own and leaves the content null, and reads
/// it so in rows to learn from. Beside a content it stays where it is and is told as not used.
fn refusal(role: &str, said: Option<&Value>, object: &mut Object) -> Option<Value> {
    let says_nothing = match said {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(parts)) => parts.is_empty(),
        Some(_) => false,
    };
    let refuses = object.get("refusal").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    if role == "assistant" && says_nothing && refuses { object.shift_remove("refusal") } else { None }
}

fn no_object(number: usize, value: &Value) -> Problem {
    let what = say!(
        "row-message-no-object",
        "Message {number} is {kind}, not an object with role and content",
        number,
        kind = value_name(value)
    );
    Problem::new("message_missing_key", what)
}

/// The tool calls of a message, which only an assistant can have.
fn calls_of_assistant(number: usize, role: &str, object: &mut Object) -> Result<Value, Problem> {
    if role == "assistant" {
        return called(number, object);
    }
    let what = say!(
        "row-call-not-assistant",
        "Message {number} (role {role}) calls a tool, which only the assistant can",
        number,
        role
    );
    Err(Problem::new("wrong_tool_calls", what))
}

/// The text or the number under a key; none where it is empty. Any other value stays where it is and is told as not used.
fn word(object: &mut Object, key: &str) -> Option<String> {
    let word = match object.get(key)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    object.shift_remove(key);
    Some(word).filter(|word| !word.is_empty())
}

/// What the assistant thinks, where a key and the parts of the content say it: both, unless they say the same.
fn both_thoughts(key: Option<String>, parts: Option<String>) -> Option<String> {
    match (key, parts) {
        (Some(key), Some(parts)) if key.trim() != parts.trim() => Some(format!("{key}\n\n{parts}")),
        (key, parts) => key.or(parts),
    }
}

fn read_as_turns() -> Problem {
    let what = say!(
        "row-pairs-read",
        "The turns of this row have keys that say who speaks, such as “user” and “assistant”; read as messages"
    );
    Problem::new("pairs_read", what)
}

/// What becomes of a message without text: a system message is left out, any other makes the row unusable.
fn silent(number: usize, role: &str, notes: &mut Vec<Problem>) -> Result<Option<Message>, Problem> {
    if role == "system" {
        let what = say!("row-system-empty", "Message {number} is an empty system message; left out", number);
        notes.push(Problem::new("empty_system_message", what));
        return Ok(None);
    }
    let what = say!("row-message-silent", "Message {number} (role {role}) says nothing", number, role);
    Err(Problem::new("missing_content", what))
}
