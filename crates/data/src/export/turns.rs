//! Messages as each kind of file writes them, and why some cannot be written there. What an import would drop or change is
//! not written, as it would be lost when the file is read back.

use serde_json::{Map, Value, json};

use crate::Message;

/// Why a row is left out; continues “This row is left out: ”.
pub(super) type Reason = &'static str;

pub(super) const NUL: Reason = "it holds a NUL character, which tables cannot";
const BLANK: Reason = "a message in it says nothing";
const CALLS: Reason = "a tool is called in it, for which this kind of file has no place";
const WEIGHT: Reason = "some of its answers are not learned, which this kind of file cannot say";

/// Whether messages hold an answer and are all known.
pub(super) fn conversation(messages: &[Message]) -> Result<(), Reason> {
    known(messages)?;
    let answers = messages.iter().any(|message| message.role == "assistant");
    if answers { Ok(()) } else { Err("no message in it is the assistant's") }
}

/// Whether an import would accept these messages: known roles, no blank content.
pub(super) fn known(messages: &[Message]) -> Result<(), Reason> {
    for Message { role, content, tool_calls, weight, .. } in messages {
        let speaks_as_tool = matches!(role.as_str(), "tool" | "function");
        match role.as_str() {
            "system" | "user" | "assistant" | "tool" | "function" => {}
            _ => return Err("a message in it has an unknown role"),
        }
        match tool_calls {
            None if content.trim().is_empty() && !speaks_as_tool => return Err(BLANK),
            Some(_) if role != "assistant" => return Err("a tool is called in it by someone else than the assistant"),
            Some(calls) if !are_calls(calls) => return Err("its tool calls are not functions with name and arguments"),
            // The import takes blanks beside a call for no content.
            Some(_) if !content.is_empty() && content.trim().is_empty() => return Err(BLANK),
            _ => {}
        }
        if weight.is_some_and(|weight| weight != 0.0 && weight != 1.0) {
            return Err("a message in it has a weight other than 0 and 1");
        }
    }
    Ok(())
}

fn are_calls(calls: &Value) -> bool {
    let is_call = |call: &Value| call["function"]["name"].is_string() && !call["function"]["arguments"].is_string();
    calls.as_array().is_some_and(|calls| !calls.is_empty() && calls.iter().all(is_call))
}

/// Messages in our own format, with the weight as an integer.
pub(super) fn plain(messages: &[Message]) -> Result<Value, Reason> {
    let all = messages.iter().map(|message| {
        let mut said = json!({"role": message.role, "content": message.content});
        let mut add = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                said[key] = value;
            }
        };
        add("tool_calls", message.tool_calls.clone());
        add("tool_call_id", message.tool_call_id.clone().map(Value::from));
        add("name", message.name.clone().map(Value::from));
        add("weight", message.weight.map(|weight| (weight as u8).into()));
        said
    });
    Ok(all.collect())
}

/// A cell for a typed column, in which all objects have the same keys: the arguments of calls, which differ by tool, become
/// JSON text, as OpenAI writes them and an import reads them. So do tools, whose schemas all differ.
pub(super) fn typed(column: &str, cell: Value) -> Result<Value, Reason> {
    let Value::Array(mut messages) = cell else { return Ok(cell) };
    if column == "tools" {
        return Ok(Value::Array(messages).to_string().into());
    }
    for call in messages.iter_mut().filter_map(|message| message.get_mut("tool_calls")?.as_array_mut()).flatten() {
        match call.get_mut("function").and_then(|function| function.get_mut("arguments")) {
            Some(arguments) if arguments.is_object() => *arguments = arguments.to_string().into(),
            Some(_) => return Err("the arguments of a tool call in it are no object"),
            None => {}
        }
    }
    Ok(messages.into())
}

/// Tools as a list; null if there are none.
pub(super) fn tools(tools: &[Value]) -> Result<Value, Reason> {
    match tools {
        [] => Ok(Value::Null),
        tools if tools.iter().all(Value::is_object) => Ok(tools.into()),
        _ => Err("one of its tools is not an object"),
    }
}

/// The system prompt at the head, null if there is none, and the other messages.
pub(super) fn system_apart(messages: &[Message]) -> (Value, &[Message]) {
    match messages.split_first() {
        Some((first, rest)) if first.role == "system" => (first.content.as_str().into(), rest),
        _ => (Value::Null, messages),
    }
}

/// The system prompt, the question and the answer of a conversation that is no more than that.
pub(super) fn exchange(messages: &[Message]) -> Result<(Value, Value, Value), Reason> {
    let (system, turns) = system_apart(messages);
    let [question, answer] = turns else { return Err("it is not one question and one answer") };
    if (question.role.as_str(), answer.role.as_str()) != ("user", "assistant") {
        return Err("it is not one question and one answer");
    }
    if answer.tool_calls.is_some() {
        return Err(CALLS);
    }
    if answer.weight == Some(0.0) {
        return Err(WEIGHT);
    }
    for text in messages.iter().map(|message| &message.content) {
        if text.contains('\0') {
            return Err(NUL);
        }
        // Such a text would be read as messages.
        if text.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
            return Err("a text in it looks like a list of messages");
        }
    }
    Ok((system, question.content.as_str().into(), answer.content.as_str().into()))
}

/// Messages in ShareGPT's format.
pub(super) fn share_gpt(messages: &[Message]) -> Result<Value, Reason> {
    let turn = |message: &Message| {
        if message.weight == Some(0.0) && message.role == "assistant" {
            return Err(WEIGHT);
        }
        if message.tool_call_id.is_some() || message.name.is_some() {
            return Err("a tool in it is named or answers a numbered call, for which ShareGPT has no place");
        }
        let from = match message.role.as_str() {
            "user" => "human",
            "assistant" if message.tool_calls.is_some() => "function_call",
            "assistant" => "gpt",
            "tool" => "observation",
            "function" => return Err("it speaks of functions in OpenAI's former words, for which ShareGPT has none"),
            same => same,
        };
        let value = match &message.tool_calls {
            Some(calls) => bare_calls(calls, &message.content)?.to_string(),
            None => message.content.clone(),
        };
        Ok(json!({"from": from, "value": value}))
    };
    messages.iter().map(turn).collect()
}

/// Calls as `{"name", "arguments"}`, or a list of these.
fn bare_calls(calls: &Value, said: &str) -> Result<Value, Reason> {
    if !said.is_empty() {
        return Err("an answer in it speaks and calls a tool at once, for which ShareGPT has no place");
    }
    let bare = |call: &Value| {
        let function = call["function"].clone();
        let plain = json!({"type": "function", "function": function.clone()});
        let complete = function["arguments"].is_object() && function.as_object().is_some_and(|keys| keys.len() == 2);
        if complete && *call == plain {
            Ok(function)
        } else {
            Err("a tool call in it has a number, for which ShareGPT has no place")
        }
    };
    let mut calls: Vec<Value> = calls.as_array().into_iter().flatten().map(bare).collect::<Result<_, _>>()?;
    Ok(if calls.len() == 1 { calls.remove(0) } else { calls.into() })
}

/// Messages in the keys that OpenAI allows for fine-tuning.
pub(super) fn open_ai(messages: &[Message]) -> Result<Value, Reason> {
    if messages.last().is_none_or(|last| last.role != "assistant") {
        return Err("its last message is not the assistant's, as OpenAI requires");
    }
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
                return Err("a tool in it does not say which call it answers, as OpenAI requires");
            }
            if role == "function" && message.name.is_none() {
                return Err("a function in it has no name, as OpenAI requires");
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
            return Err("a tool call in it has no id, as OpenAI requires");
        }
        let only = |value: &Value, keys: &[&str]| {
            value.as_object().is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
        };
        let known = only(call, &["id", "type", "function"]) && only(function, &["name", "arguments"]);
        if !known || call["type"] != "function" || !function["arguments"].is_object() {
            return Err("a tool call in it has parts that OpenAI does not know");
        }
        let arguments = function["arguments"].to_string();
        Ok(json!({"id": id, "type": "function", "function": {"name": function["name"], "arguments": arguments}}))
    };
    calls.as_array().into_iter().flatten().map(numbered).collect()
}
