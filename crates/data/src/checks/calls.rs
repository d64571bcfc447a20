//! Tool calls of a message, converted to the form that chat templates expect.

use serde_json::{Value, json};
use tunesmith_sentence::say;

use super::{anthropic, gemini};
use crate::record::{Object, Problem};

/// OpenAI's older key, of one call.
const FUNCTION_CALL: &str = "function_call";

/// Whether a message calls a tool, as `tool_calls` or as the older `function_call`.
pub(super) fn has_call(object: &Object) -> bool {
    object.get("tool_calls").is_some_and(|calls| !is_none(calls))
        || object.get(FUNCTION_CALL).is_some_and(|call| !is_none(call))
}

/// Whether a value says that nothing is called.
fn is_none(calls: &Value) -> bool {
    match calls {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// ShareGPT writes calls as the text of `{"name", "arguments"}`, or of a list of these: turns it into `tool_calls`.
pub(super) fn from_text(number: usize, object: &mut Object) -> Result<(), Problem> {
    let calls = match object.shift_remove("value") {
        Some(Value::String(text)) => serde_json::from_str(&text).ok(),
        other => other,
    };
    let calls = match calls {
        Some(Value::Array(calls)) => calls,
        Some(call @ Value::Object(_)) => vec![call],
        _ => return Err(wrong_text(number)),
    };
    let calls: Option<Vec<Value>> = calls.into_iter().map(function).collect();
    let in_form = |function: Value| json!({"type": "function", "function": function});
    let calls = calls.ok_or_else(|| wrong_text(number))?;
    object.insert("tool_calls".into(), calls.into_iter().map(in_form).collect());
    Ok(())
}

/// The calls as a list of `{"type": "function", "function": {"name", "arguments"}}`.
pub(super) fn called(number: usize, object: &mut Object) -> Result<Value, Problem> {
    let calls = object.shift_remove("tool_calls").filter(|calls| !is_none(calls));
    let Some(calls) = calls else {
        let call = object.shift_remove(FUNCTION_CALL).unwrap_or_default();
        let function = function(call).ok_or_else(|| wrong_call(number))?;
        return Ok(json!([{"type": "function", "function": function}]));
    };
    let list = match calls {
        Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
        calls => calls,
    };
    let Value::Array(list) = list else { return Err(wrong_calls(number)) };
    list.into_iter().map(|call| in_form(call).ok_or_else(|| wrong_calls(number))).collect()
}

/// One call of a list; some write the function without the object around it.
fn in_form(call: Value) -> Option<Value> {
    let Value::Object(mut call) = call else { return None };
    if call.get("function").is_none_or(Value::is_null) && call.get("name").is_some_and(Value::is_string) {
        let id = call.shift_remove("id");
        call.shift_remove("type");
        let function = function(call.into())?;
        return Some(match id {
            Some(id) => json!({"id": id, "type": "function", "function": function}),
            None => json!({"type": "function", "function": function}),
        });
    }
    let called = function(call.get_mut("function")?.take())?;
    call.insert("function".into(), called);
    Some(call.into())
}

/// A function's name and its arguments as an object; none if it is something else.
fn function(value: Value) -> Option<Value> {
    let Value::Object(mut function) = value else { return None };
    function.get("name").filter(|name| name.is_string())?;
    // Llama writes the arguments as “parameters”.
    if function.get("arguments").is_none_or(Value::is_null)
        && let Some(parameters) = function.shift_remove("parameters")
    {
        function.insert("arguments".into(), parameters);
    }
    // OpenAI writes the arguments as the text of an object; the templates of open models expect the object.
    let arguments = match function.get("arguments") {
        Some(Value::Object(_)) => return Some(function.into()),
        None | Some(Value::Null) => Object::new(),
        Some(Value::String(text)) if text.trim().is_empty() => Object::new(),
        Some(Value::String(text)) => serde_json::from_str(text).ok()?,
        Some(_) => return None,
    };
    function.insert("arguments".into(), arguments.into());
    Some(function.into())
}

fn wrong_text(number: usize) -> Problem {
    let what = say!(
        "row-call-no-json",
        "Message {number} is a function call that is not JSON with name and arguments",
        number
    );
    Problem::new("wrong_tool_calls", what)
}

fn wrong_calls(number: usize) -> Problem {
    let what = say!(
        "row-calls-wrong",
        "Message {number} has “tool_calls” that are not a list of functions with name and arguments",
        number
    );
    Problem::new("wrong_tool_calls", what)
}

fn wrong_call(number: usize) -> Problem {
    let what = say!(
        "row-function-call-wrong",
        "Message {number} has a “function_call” that is not a function with name and arguments",
        number
    );
    Problem::new("wrong_tool_calls", what)
}

/// The schemas of tools in the form that chat templates expect: OpenAI's older “functions” have no wrapper, and Gemini's
/// lie in one object.
pub(crate) fn tools(list: Vec<Value>, column: &str) -> Vec<Value> {
    let are_bare = column.trim().eq_ignore_ascii_case("functions");
    let in_form = |tool: Value| match are_bare && tool.get("function").is_none() {
        true => json!({"type": "function", "function": tool}),
        false => anthropic::tool(tool),
    };
    gemini::tools(list).into_iter().map(in_form).collect()
}
