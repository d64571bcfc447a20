//! The checks on conversations from OpenAI's data preparation guide, under the names it uses. A row that fails is dropped;
//! an unknown key is only a remark.

mod calls;

use serde_json::Value;

use crate::checks::calls::{called, has_call};
use crate::record::{Object, Problem, value_name};
use crate::{Example, Message};

const KNOWN_KEYS: [&str; 9] =
    ["role", "content", "name", "function_call", "tool_calls", "tool_call_id", "weight", "from", "value"];

/// Checks a row that somebody typed in by the rules of an import.
///
/// # Errors
///
/// A sentence that says what is wrong with the row.
pub fn check(example: Example) -> Result<Example, String> {
    let filled = |text: &str, what: &str| match text.trim().is_empty() {
        true => Err(format!("The {what} is empty")),
        false => Ok(()),
    };
    let answered = |messages: &[Message], what: &str| {
        filled(&messages.iter().map(|m| m.content.as_str()).collect::<String>(), what)
    };
    match example {
        Example::Chat { messages, tools } => {
            let list = messages.iter().map(|message| serde_json::to_value(message).unwrap_or_default()).collect();
            let messages = conversation(list, &mut Vec::new()).map_err(|problem| problem.message)?;
            Ok(Example::Chat { messages, tools })
        }
        Example::Text { text } => filled(&text, "text").map(|()| Example::Text { text }),
        Example::Classification { text, label } => {
            filled(&text, "text").and(filled(&label, "label")).map(|()| Example::Classification { text, label })
        }
        Example::Preference { prompt, chosen, rejected, tools } => {
            answered(&chosen, "chosen answer").and(answered(&rejected, "rejected answer"))?;
            Ok(Example::Preference { prompt, chosen, rejected, tools })
        }
        Example::Unpaired { prompt, completion, label } => {
            answered(&completion, "answer").map(|()| Example::Unpaired { prompt, completion, label })
        }
    }
}

/// The messages of a conversation, checked.
pub(crate) fn conversation(list: Vec<Value>, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let messages = messages(list, notes)?;
    if !messages.iter().any(|message| message.role == "assistant") {
        let what = "No message in this row is the assistant's, so there is nothing to learn";
        return Err(Problem::new("example_missing_assistant_message", what));
    }
    if messages.iter().all(|message| message.role != "assistant" || message.weight == Some(0.0)) {
        notes.push(Problem::new(
            "nothing_learned",
            "All answers of this row have the weight 0, so nothing of it is learned",
        ));
    }
    Ok(messages)
}

/// Messages that need not hold an answer, checked; at least one.
pub(crate) fn messages(list: Vec<Value>, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let mut messages = Vec::with_capacity(list.len());
    for (number, value) in (1..).zip(list) {
        messages.extend(message(number, value, notes)?);
    }
    if messages.is_empty() {
        return Err(Problem::new("missing_messages_list", "A list of messages is empty in this row"));
    }
    Ok(messages)
}

/// One message; none for an empty system message.
fn message(number: usize, value: Value, notes: &mut Vec<Problem>) -> Result<Option<Message>, Problem> {
    let Value::Object(mut object) = value else {
        let what = format!("Message {number} is {}, not an object with role and content", value_name(&value));
        return Err(Problem::new("message_missing_key", what));
    };
    remark_on_keys(number, &object, notes);
    let weight = weight(number, object.get("weight"))?;
    let role = role(number, &mut object, notes)?;
    let calls = has_call(&object);
    let content = match object.shift_remove("content").or_else(|| object.shift_remove("value")) {
        Some(content) => text(number, content)?,
        None if calls => String::new(),
        None => return Err(Problem::new("message_missing_key", format!("Message {number} has no content"))),
    };
    if calls {
        if role != "assistant" {
            let what = format!("Message {number} (role {role}) calls a tool, which only the assistant can");
            return Err(Problem::new("wrong_tool_calls", what));
        }
        // Blanks beside a call are no content.
        let content = if content.trim().is_empty() { String::new() } else { content };
        let tool_calls = Some(called(number, &mut object)?);
        return Ok(Some(Message { role, content, tool_calls, weight, ..Message::default() }));
    }
    let speaks_as_tool = matches!(role.as_str(), "tool" | "function");
    let mut word = |key: &str| object.shift_remove(key).and_then(|value| value.as_str().map(str::to_owned));
    let (tool_call_id, name) = if speaks_as_tool { (word("tool_call_id"), word("name")) } else { (None, None) };
    if !speaks_as_tool && let Some(name) = word("name").filter(|name| !name.is_empty()) {
        let what =
            format!("Message {number} names its speaker, “{name}”, which chat templates do not show; it is not used");
        notes.push(Problem::new("speaker_name_unused", what));
    }
    // The result of a tool may be empty.
    if !content.trim().is_empty() || speaks_as_tool {
        return Ok(Some(Message { role, content, tool_call_id, name, weight, tool_calls: None }));
    }
    if role == "system" {
        notes.push(Problem::new(
            "empty_system_message",
            format!("Message {number} is an empty system message; left out"),
        ));
        return Ok(None);
    }
    Err(Problem::new("missing_content", format!("Message {number} (role {role}) says nothing")))
}

fn remark_on_keys(number: usize, object: &Object, notes: &mut Vec<Problem>) {
    if let Some(key) = object.keys().find(|key| !KNOWN_KEYS.contains(&key.as_str())) {
        let what = format!("Message {number} has the unknown key “{key}”; it is not used");
        notes.push(Problem::new("message_unrecognized_key", what));
    }
}

/// The role under the name that chat templates use.
fn role(number: usize, object: &mut Object, notes: &mut Vec<Problem>) -> Result<String, Problem> {
    let share_gpt = object.contains_key("from") && !object.contains_key("role");
    let role = match object.shift_remove(if share_gpt { "from" } else { "role" }) {
        Some(Value::String(role)) => role,
        None | Some(Value::Null) => {
            return Err(Problem::new("message_missing_key", format!("Message {number} has no role")));
        }
        Some(other) => {
            let what = format!("Message {number} has {} as its role", value_name(&other));
            return Err(Problem::new("unrecognized_role", what));
        }
    };
    if share_gpt && role == "function_call" {
        // Its text holds the calls.
        calls::from_text(number, object)?;
        return Ok("assistant".into());
    }
    let Some(known) = known_role(&role) else {
        let what = format!(
            "Message {number} has the role “{role}”; known are system, developer, user, assistant, function and tool"
        );
        return Err(Problem::new("unrecognized_role", what));
    };
    match role.as_str() {
        "developer" => {
            // Open models know this role as system; their templates refuse the newer name.
            notes.push(Problem::new(
                "developer_role",
                format!("Message {number} has the role developer; read as system"),
            ));
        }
        _ if role == known || share_gpt => {}
        _ => notes.push(read_as(number, &role, known)),
    }
    Ok(known.to_owned())
}

/// The role that a name means, whatever its case: today's names, ShareGPT's and those of other services.
fn known_role(role: &str) -> Option<&'static str> {
    Some(match role.trim().to_ascii_lowercase().as_str() {
        "system" | "developer" => "system",
        "user" | "human" => "user",
        "assistant" | "gpt" | "chatgpt" | "bot" | "model" | "ai" => "assistant",
        "tool" | "observation" => "tool",
        "function" => "function",
        _ => return None,
    })
}

/// A remark that a role was read as another one, under the name of OpenAI's check.
fn read_as(number: usize, role: &str, known: &str) -> Problem {
    Problem::new("unrecognized_role", format!("Message {number} has the role “{role}”; read as {known}"))
}

fn weight(number: usize, value: Option<&Value>) -> Result<Option<f32>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(0.0) => Ok(Some(0.0)),
            Some(1.0) => Ok(Some(1.0)),
            _ => {
                let what = format!("Message {number} has the weight {value}; it must be 0 or 1");
                Err(Problem::new("wrong_weight", what))
            }
        },
    }
}

/// The text of a message: a string, or the text parts of a list of parts.
fn text(number: usize, content: Value) -> Result<String, Problem> {
    match content {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Array(parts) => {
            let mut text = String::new();
            for part in &parts {
                match (part.get("type").and_then(Value::as_str), part.get("text")) {
                    (Some("text") | None, Some(Value::String(part))) => text += part,
                    _ => {
                        let what = format!("Message {number} holds more than text, which cannot be learned");
                        return Err(Problem::new("unsupported_content", what));
                    }
                }
            }
            Ok(text)
        }
        other => {
            let what = format!("Message {number} has {} as its content, not text", value_name(&other));
            Err(Problem::new("missing_content", what))
        }
    }
}
