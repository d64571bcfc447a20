//! The checks on conversations from OpenAI's data preparation guide, under the names it uses. A row that fails is dropped;
//! an unknown key is only a remark.

mod calls;
mod content;
mod gemini;
mod keys;
mod pairs;
mod roles;

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

pub(crate) use crate::checks::calls::tools;
use crate::checks::calls::{called, has_call};
use crate::checks::content::{Content, content};
use crate::checks::keys::{remark_on_rest, thought, weight};
pub(crate) use crate::checks::pairs::is_pair;
use crate::checks::roles::role;
use crate::record::{Object, Problem, value_name};
use crate::{Example, Message};

/// Checks a row that somebody typed in by the rules of an import.
///
/// # Errors
///
/// A sentence that says what is wrong with the row.
pub fn check(example: Example) -> Result<Example, Sentence> {
    let blank = |text: &str| text.trim().is_empty();
    let silent = |messages: &[Message]| messages.iter().all(|message| blank(&message.content));
    match example {
        Example::Chat { messages, tools } => {
            let list = messages.iter().map(|message| serde_json::to_value(message).unwrap_or_default()).collect();
            let messages = conversation(list, &mut Vec::new()).map_err(|problem| problem.message)?;
            Ok(Example::Chat { messages, tools })
        }
        Example::Text { text } | Example::Classification { text, .. } if blank(&text) => {
            Err(say!("row-text-empty", "The text is empty"))
        }
        Example::Classification { label, .. } if blank(&label) => Err(say!("row-label-empty", "The label is empty")),
        Example::Preference { chosen, .. } if silent(&chosen) => {
            Err(say!("row-chosen-empty", "The chosen answer is empty"))
        }
        Example::Preference { rejected, .. } if silent(&rejected) => {
            Err(say!("row-rejected-empty", "The rejected answer is empty"))
        }
        Example::Unpaired { completion, .. } if silent(&completion) => {
            Err(say!("row-answer-empty", "The answer is empty"))
        }
        fine => Ok(fine),
    }
}

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
    for (number, value) in (1..).zip(list.into_iter().flat_map(gemini::unfold).flat_map(pairs::unfold)) {
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
        Some(value) => content(number, &role, value)?,
        None if calls => Content::default(),
        None => {
            let what = say!("row-message-no-content", "Message {number} has no content", number);
            return Err(Problem::new("message_missing_key", what));
        }
    };
    let reasoning_content = reasoning_content.or(thought);
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

/// The text under a key; none where it is empty.
fn word(object: &mut Object, key: &str) -> Option<String> {
    let value = object.shift_remove(key)?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
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
