//! Conversations in the keys that OpenAI takes for fine-tuning.

use serde_json::{Map, Value, json};
use tunesmith_sentence::say;

use super::{Reason, unthought};
use crate::Message;

/// Messages in the keys that OpenAI allows for fine-tuning.
pub(in crate::export) fn open_ai(messages: &[Message]) -> Result<Value, Reason> {
    if messages.last().is_none_or(|last| last.role != "assistant") {
        return Err(say!(
            "export-openai-ends-without-answer",
            "its last message is not the assistant's, as OpenAI requires"
        ));
    }
    unthought(messages)?;
    messages.iter().map(open_ai_message).collect()
}

fn open_ai_message(message: &Message) -> Result<Value, Reason> {
    let mut said = Map::new();
    said.insert("role".into(), message.role.as_str().into());
    match (&message.tool_calls, message.role.as_str()) {
        (Some(calls), _) => {
            let content = Some(message.content.as_str()).filter(|content| !content.is_empty());
            said.insert("content".into(), content.into());
            said.insert("tool_calls".into(), numbered_calls(calls)?);
        }
        (None, role) => {
            if role == "tool" && message.tool_call_id.is_none() {
                return Err(say!(
                    "export-openai-tool-without-call",
                    "a tool in it does not say which call it answers, as OpenAI requires"
                ));
            }
            if role == "function" && message.name.is_none() {
                return Err(say!("export-openai-function-unnamed", "a function in it has no name, as OpenAI requires"));
            }
            said.insert("content".into(), message.content.as_str().into());
        }
    }
    let texts = [("tool_call_id", &message.tool_call_id), ("name", &message.name)];
    said.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into()))));
    if let Some(weight) = message.weight.filter(|_| message.role == "assistant") {
        said.insert("weight".into(), (weight as u8).into());
    }
    Ok(said.into())
}

/// Calls with their ids, and arguments as the text of an object.
fn numbered_calls(calls: &Value) -> Result<Value, Reason> {
    let numbered = |call: &Value| {
        let (id, function) = (&call["id"], &call["function"]);
        if !id.is_string() {
            return Err(say!("export-openai-call-without-id", "a tool call in it has no id, as OpenAI requires"));
        }
        let only = |value: &Value, keys: &[&str]| {
            value.as_object().is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
        };
        let known = only(call, &["id", "type", "function"]) && only(function, &["name", "arguments"]);
        if !known || call["type"] != "function" || !function["arguments"].is_object() {
            return Err(say!("export-openai-call-parts", "a tool call in it has parts that OpenAI does not know"));
        }
        let arguments = function["arguments"].to_string();
        Ok(json!({"id": id, "type": "function", "function": {"name": function["name"], "arguments": arguments}}))
    };
    calls.as_array().into_iter().flatten().map(numbered).collect()
}
