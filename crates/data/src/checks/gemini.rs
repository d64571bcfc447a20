//! Messages as Gemini's API has them: `parts` instead of a content, of which each is a text, a call or the result of one.

use serde_json::{Value, json};

use super::pieces::{self, Piece};

/// The messages of one `{"role", "parts"}`; any other value stays as it is. What is no text, call or result stays in the
/// content, where it is told as more than text.
pub(super) fn unfold(value: Value) -> Vec<Value> {
    let Value::Object(mut message) = value else { return vec![value] };
    if message.contains_key("content") || !message.get("parts").is_some_and(Value::is_array) {
        return vec![message.into()];
    }
    let Some(Value::Array(parts)) = message.shift_remove("parts") else { return vec![message.into()] };
    // Where nobody is named, the user speaks.
    message.entry("role").or_insert("user".into());
    pieces::messages(&message, parts.into_iter().map(piece))
}

fn piece(part: Value) -> Piece {
    if let Some(call) = named(&part, "functionCall", "function_call").filter(|call| names_function(call)) {
        let arguments = call.get("args").cloned().unwrap_or_else(|| json!({}));
        return Piece::Call(json!({"type": "function", "function": {"name": call["name"], "arguments": arguments}}));
    }
    if let Some(result) = named(&part, "functionResponse", "function_response") {
        let content = result.get("response").map_or_else(String::new, Value::to_string);
        return Piece::Result(json!({"role": "tool", "name": result["name"], "content": content}));
    }
    Piece::Content(part)
}

fn named<'a>(part: &'a Value, name: &str, other: &str) -> Option<&'a Value> {
    part.get(name).or_else(|| part.get(other)).filter(|value| value.is_object())
}

fn names_function(call: &Value) -> bool {
    call.get("name").is_some_and(Value::is_string)
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
