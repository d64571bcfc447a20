//! Messages as Gemini's API has them: `parts` instead of a content, of which each is a text, a call or the result of one.

use serde_json::{Value, json};

use super::pieces::{self, Piece};
use crate::record::Object;

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
    pieces::messages(message, parts.into_iter().map(piece))
}

fn piece(part: Value) -> Piece {
    let Value::Object(mut part) = part else { return Piece::Content(part) };
    // It only proves who thought it.
    part.shift_remove("thoughtSignature");
    if let Some(call) = take(&mut part, ["functionCall", "function_call"], names_function) {
        return called(call, part);
    }
    match take(&mut part, ["functionResponse", "function_response"], |_| true) {
        Some(result) => Piece::Result(returned(result, part)),
        None => Piece::Content(part.into()),
    }
}

/// The object under the first of these names, if it `fits`.
fn take(part: &mut Object, names: [&str; 2], fits: fn(&Object) -> bool) -> Option<Object> {
    let name = names.into_iter().find(|name| part.get(*name).and_then(Value::as_object).is_some_and(fits))?;
    match part.shift_remove(name) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn names_function(call: &Object) -> bool {
    call.get("name").is_some_and(Value::is_string)
}

fn called(mut call: Object, mut rest: Object) -> Piece {
    let arguments = call.shift_remove("args").unwrap_or_else(|| json!({}));
    let function = json!({"name": call.shift_remove("name"), "arguments": arguments});
    let id = call.shift_remove("id").filter(|id| !id.is_null());
    rest.extend(call);
    let called = match id {
        Some(id) => json!({"id": id, "type": "function", "function": function}),
        None => json!({"type": "function", "function": function}),
    };
    Piece::Call(called, rest)
}

/// A message of its own; what else it and its part say is told as not used.
fn returned(mut result: Object, rest: Object) -> Object {
    let content = result.shift_remove("response").map_or_else(String::new, |response| response.to_string());
    let mut message = Object::from_iter([("role".to_owned(), "tool".into())]);
    message.extend(result.shift_remove("name").map(|name| ("name".to_owned(), name)));
    message.insert("content".into(), content.into());
    message.extend(result.shift_remove("id").map(|id| ("tool_call_id".to_owned(), id)));
    for (key, value) in result.into_iter().chain(rest) {
        message.entry(key).or_insert(value);
    }
    message
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
