//! Calls as Anthropic's API has them: parts of a message's content, of which each is a text, a call or the result of one.

use serde_json::{Value, json};

use super::pieces::{self, Piece};
use crate::record::Object;

/// The messages of one whose content has calls or results; any other value stays as it is.
pub(super) fn unfold(value: Value) -> Vec<Value> {
    let Value::Object(mut message) = value else { return vec![value] };
    let is_apart = |part: &Value| is(part, "tool_use") || is(part, "tool_result");
    let parts = match message.get_mut("content") {
        Some(Value::Array(parts)) if parts.iter().any(is_apart) => std::mem::take(parts),
        _ => return vec![message.into()],
    };
    pieces::messages(message, parts.into_iter().map(piece))
}

fn is(part: &Value, kind: &str) -> bool {
    part.get("type").and_then(Value::as_str) == Some(kind)
}

fn piece(part: Value) -> Piece {
    match part {
        Value::Object(call)
            if call.get("type") == Some(&"tool_use".into()) && call.get("name").is_some_and(Value::is_string) =>
        {
            called(call)
        }
        Value::Object(result) if result.get("type") == Some(&"tool_result".into()) => Piece::Result(returned(result)),
        other => Piece::Content(other),
    }
}

/// A call; what else it says is told as not used.
fn called(mut call: Object) -> Piece {
    let arguments = call.shift_remove("input").unwrap_or_else(|| json!({}));
    let function = json!({"name": call.shift_remove("name"), "arguments": arguments});
    call.shift_remove("type");
    let called = match call.shift_remove("id") {
        Some(id) => json!({"id": id, "type": "function", "function": function}),
        None => json!({"type": "function", "function": function}),
    };
    Piece::Call(called, call)
}

fn returned(mut result: Object) -> Object {
    result.shift_remove("type");
    let content = result.shift_remove("content").unwrap_or_else(|| "".into());
    let id = result.shift_remove("tool_use_id");
    // What else it says, such as whether the call failed, is told as not used.
    result.insert("role".into(), "tool".into());
    result.insert("content".into(), content);
    result.extend(id.map(|id| ("tool_call_id".to_owned(), id)));
    result
}

/// The schema of a tool as OpenAI writes it; any other value stays as it is.
pub(super) fn tool(mut tool: Value) -> Value {
    let Some(schema) = tool.as_object_mut().filter(|tool| tool.contains_key("name") && !tool.contains_key("function"))
    else {
        return tool;
    };
    let Some(parameters) = schema.shift_remove("input_schema") else { return tool };
    schema.insert("parameters".into(), parameters);
    json!({"type": "function", "function": tool})
}
