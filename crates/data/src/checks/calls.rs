//! Tool calls of a message, converted to the form that chat templates expect.

use serde_json::{Value, json};
use tunesmith_sentence::say;

use super::gemini;
use crate::record::{Object, Problem};

/// Whether a message calls a tool, as `tool_calls` or as the older `function_call`.
pub(super) fn has_call(object: &Object) -> bool {
    object
        .get("tool_calls")
        .is_some_and(|calls| !calls.is_null() && calls.as_array().is_none_or(|list| !list.is_empty()))
        || object.get("function_call").is_some_and(|call| !call.is_null())
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
        _ => {
            let what = say!(
                "row-call-no-json",
                "Message {number} is a function call that is not JSON with name and arguments",
                number
            );
            return Err(Problem::new("wrong_tool_calls", what));
        }
    };
    let function = |call: Value| json!({"type": "function", "function": call});
    object.insert("tool_calls".into(), calls.into_iter().map(function).collect());
    Ok(())
}

/// The calls as a list of `{"type": "function", "function": {"name", "arguments"}}`.
pub(super) fn called(number: usize, object: &mut Object) -> Result<Value, Problem> {
    let wrong = || {
        let what = say!(
            "row-calls-wrong",
            "Message {number} has “tool_calls” that are not a list of functions with name and arguments",
            number
        );
        Problem::new("wrong_tool_calls", what)
    };
    let mut calls = match object.shift_remove("tool_calls").filter(|calls| !calls.is_null()) {
        Some(calls) => calls,
        None => json!([{"type": "function", "function": object.shift_remove("function_call")}]),
    };
    for call in calls.as_array_mut().ok_or_else(wrong)? {
        let function = call.get_mut("function").and_then(Value::as_object_mut).ok_or_else(wrong)?;
        if function.get("name").is_none_or(|name| !name.is_string()) {
            return Err(wrong());
        }
        // OpenAI writes the arguments as the text of an object; the templates of open models expect the object.
        let parsed = function.get("arguments").and_then(Value::as_str).map(serde_json::from_str::<Object>);
        match parsed {
            Some(Ok(arguments)) => drop(function.insert("arguments".into(), Value::Object(arguments))),
            Some(Err(_)) => return Err(wrong()),
            None => {}
        }
    }
    Ok(calls)
}

/// The schemas of tools in the form that chat templates expect: OpenAI's older “functions” have no wrapper, and Gemini's
/// lie in one object.
pub(crate) fn tools(list: Vec<Value>, column: &str) -> Vec<Value> {
    let are_bare = column.trim().eq_ignore_ascii_case("functions");
    let in_form = |tool: Value| match are_bare && tool.get("function").is_none() {
        true => json!({"type": "function", "function": tool}),
        false => tool,
    };
    gemini::tools(list).into_iter().map(in_form).collect()
}
