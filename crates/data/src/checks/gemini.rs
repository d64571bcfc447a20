//! Messages as Gemini's API has them: `parts` instead of a content, of which each is a text, a call or the result of one.

use serde_json::{Value, json};

/// The messages of one `{"role", "parts"}`; any other value stays as it is. What is no text, call or result stays in the
/// content, where it is told as more than text.
pub(super) fn unfold(value: Value) -> Vec<Value> {
    let Value::Object(mut message) = value else { return vec![value] };
    if message.contains_key("content") || !message.get("parts").is_some_and(Value::is_array) {
        return vec![message.into()];
    }
    let Some(Value::Array(parts)) = message.shift_remove("parts") else { return vec![message.into()] };
    let (mut content, mut calls, mut results) = (Vec::new(), Vec::new(), Vec::new());
    for mut part in parts {
        if let Some(call) = named(&mut part, "functionCall", "function_call") {
            let arguments = call.get("args").cloned().unwrap_or_else(|| json!({}));
            calls.push(json!({"type": "function", "function": {"name": call["name"], "arguments": arguments}}));
        } else if let Some(result) = named(&mut part, "functionResponse", "function_response") {
            let content = result["response"].to_string();
            results.push(json!({"role": "tool", "name": result["name"], "content": content}));
        } else {
            content.push(part);
        }
    }
    if content.is_empty() && calls.is_empty() && !results.is_empty() {
        return results;
    }
    // Where nobody is named, the user speaks.
    message.entry("role").or_insert("user".into());
    message.insert("content".into(), content.into());
    if !calls.is_empty() {
        message.insert("tool_calls".into(), calls.into());
    }
    std::iter::once(message.into()).chain(results).collect()
}

fn named(part: &mut Value, name: &str, other: &str) -> Option<Value> {
    let part = part.as_object_mut()?;
    part.shift_remove(name).or_else(|| part.shift_remove(other)).filter(Value::is_object)
}

/// The schemas of a list of Gemini's tools, as OpenAI writes them.
pub(super) fn tools(list: Vec<Value>) -> Vec<Value> {
    let declared = |mut tool: Value| match named_list(&mut tool) {
        Some(list) => list.into_iter().map(|function| json!({"type": "function", "function": function})).collect(),
        None => vec![tool],
    };
    list.into_iter().flat_map(declared).collect()
}

fn named_list(tool: &mut Value) -> Option<Vec<Value>> {
    let tool = tool.as_object_mut()?;
    let list = tool.shift_remove("functionDeclarations").or_else(|| tool.shift_remove("function_declarations"))?;
    list.as_array().cloned()
}
