//! The checks on conversations that OpenAI's data preparation guide names, under its names. A row that fails is
//! dropped; unknown keys are only remarked on.

mod calls;

use serde_json::Value;

use crate::checks::calls::{called, has_call};
use crate::source::{Bad, Object, value_name};
use crate::{Example, Message};

const KNOWN_KEYS: [&str; 9] =
    ["role", "content", "name", "function_call", "tool_calls", "tool_call_id", "weight", "from", "value"];

/// A row that somebody typed in, held to what an import accepts. The error says what is wrong with it.
pub fn check(example: Example) -> Result<Example, String> {
    let said = |text: &str, what: &str| match text.trim().is_empty() {
        true => Err(format!("The {what} is empty")),
        false => Ok(()),
    };
    let answered =
        |messages: &[Message], what: &str| said(&messages.iter().map(|m| m.content.as_str()).collect::<String>(), what);
    match example {
        Example::Chat { messages, tools } => {
            let list = messages.iter().map(|message| serde_json::to_value(message).unwrap_or_default()).collect();
            let messages = conversation(list, &mut Vec::new()).map_err(|bad| bad.message)?;
            Ok(Example::Chat { messages, tools })
        }
        Example::Text { text } => said(&text, "text").map(|()| Example::Text { text }),
        Example::Classification { text, label } => {
            said(&text, "text").and(said(&label, "label")).map(|()| Example::Classification { text, label })
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
pub(crate) fn conversation(list: Vec<Value>, notes: &mut Vec<Bad>) -> Result<Vec<Message>, Bad> {
    let messages = messages(list, notes)?;
    if !messages.iter().any(|message| message.role == "assistant") {
        let what = "No message in this row is the assistant's, so there is nothing to learn";
        return Err(Bad::new("example_missing_assistant_message", what));
    }
    if messages.iter().all(|message| message.role != "assistant" || message.weight == Some(0.0)) {
        notes.push(Bad::new(
            "nothing_learned",
            "All answers of this row have the weight 0, so nothing of it is learned",
        ));
    }
    Ok(messages)
}

/// Messages that need not hold an answer, checked; at least one.
pub(crate) fn messages(list: Vec<Value>, notes: &mut Vec<Bad>) -> Result<Vec<Message>, Bad> {
    let mut messages = Vec::with_capacity(list.len());
    for (number, value) in (1..).zip(list) {
        messages.extend(message(number, value, notes)?);
    }
    if messages.is_empty() {
        return Err(Bad::new("missing_messages_list", "A list of messages is empty in this row"));
    }
    Ok(messages)
}

/// One message; none for a system message that says nothing.
fn message(number: usize, value: Value, notes: &mut Vec<Bad>) -> Result<Option<Message>, Bad> {
    let Value::Object(mut object) = value else {
        let what = format!("Message {number} is {}, not an object with role and content", value_name(&value));
        return Err(Bad::new("message_missing_key", what));
    };
    remark_on_keys(number, &object, notes);
    let weight = weight(number, object.get("weight"))?;
    let role = role(number, &mut object, notes)?;
    let calls = has_call(&object);
    let content = match object.shift_remove("content").or_else(|| object.shift_remove("value")) {
        Some(content) => text(number, content)?,
        None if calls => String::new(),
        None => return Err(Bad::new("message_missing_key", format!("Message {number} has no content"))),
    };
    if calls {
        if role != "assistant" {
            let what = format!("Message {number} (role {role}) calls a tool, which only the assistant can");
            return Err(Bad::new("wrong_tool_calls", what));
        }
        // What is blank beside a call is nothing said.
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
        notes.push(Bad::new("speaker_name_unused", what));
    }
    // A tool may have nothing to say.
    if !content.trim().is_empty() || speaks_as_tool {
        return Ok(Some(Message { role, content, tool_call_id, name, weight, tool_calls: None }));
    }
    if role == "system" {
        notes.push(Bad::new("empty_system_message", format!("Message {number} is an empty system message; left out")));
        return Ok(None);
    }
    Err(Bad::new("missing_content", format!("Message {number} (role {role}) says nothing")))
}

fn remark_on_keys(number: usize, object: &Object, notes: &mut Vec<Bad>) {
    if let Some(key) = object.keys().find(|key| !KNOWN_KEYS.contains(&key.as_str())) {
        let what = format!("Message {number} has the unknown key “{key}”; it is not used");
        notes.push(Bad::new("message_unrecognized_key", what));
    }
}

/// The role under today's name.
fn role(number: usize, object: &mut Object, notes: &mut Vec<Bad>) -> Result<String, Bad> {
    let share_gpt = object.contains_key("from") && !object.contains_key("role");
    let role = match object.shift_remove(if share_gpt { "from" } else { "role" }) {
        Some(Value::String(role)) => role,
        None | Some(Value::Null) => {
            return Err(Bad::new("message_missing_key", format!("Message {number} has no role")));
        }
        Some(other) => {
            let what = format!("Message {number} has {} as its role", value_name(&other));
            return Err(Bad::new("unrecognized_role", what));
        }
    };
    if share_gpt && role == "function_call" {
        // What it says are the calls.
        calls::from_text(number, object)?;
        return Ok("assistant".into());
    }
    let Some(known) = known_role(&role) else {
        let what = format!(
            "Message {number} has the role “{role}”; known are system, developer, user, assistant, function and tool"
        );
        return Err(Bad::new("unrecognized_role", what));
    };
    match role.as_str() {
        "developer" => {
            // Open models know this role as system; their templates refuse the newer name.
            notes.push(Bad::new("developer_role", format!("Message {number} has the role developer; read as system")));
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

/// A remark on a role that others would not know, under the name of OpenAI's check.
fn read_as(number: usize, role: &str, known: &str) -> Bad {
    Bad::new("unrecognized_role", format!("Message {number} has the role “{role}”; read as {known}"))
}

fn weight(number: usize, value: Option<&Value>) -> Result<Option<f32>, Bad> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(0.0) => Ok(Some(0.0)),
            Some(1.0) => Ok(Some(1.0)),
            _ => {
                let what = format!("Message {number} has the weight {value}; it must be 0 or 1");
                Err(Bad::new("wrong_weight", what))
            }
        },
    }
}

/// The text of a message: a string, or the text parts of a list of parts.
fn text(number: usize, content: Value) -> Result<String, Bad> {
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
                        return Err(Bad::new("unsupported_content", what));
                    }
                }
            }
            Ok(text)
        }
        other => {
            let what = format!("Message {number} has {} as its content, not text", value_name(&other));
            Err(Bad::new("missing_content", what))
        }
    }
}
