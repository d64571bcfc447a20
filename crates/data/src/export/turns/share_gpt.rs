//! Conversations as ShareGPT has them: `from` and `value`, and a call as the text of its function.

use serde_json::{Value, json};
use tunesmith_sentence::say;

use super::{Reason, unthought, unweighted};
use crate::Message;

/// Messages in ShareGPT's format.
pub(in crate::export) fn share_gpt(messages: &[Message]) -> Result<Value, Reason> {
    let turn = |message: &Message| {
        if message.weight == Some(0.0) && message.role == "assistant" {
            return Err(unweighted());
        }
        if message.tool_call_id.is_some() || message.name.is_some() {
            return Err(say!(
                "export-sharegpt-tool-named",
                "a message in it has the name of its speaker or the number of a call, for which ShareGPT has no place"
            ));
        }
        let from = match message.role.as_str() {
            "user" => "human",
            "assistant" if message.tool_calls.is_some() => "function_call",
            "assistant" => "gpt",
            "tool" => "observation",
            "function" => {
                return Err(say!(
                    "export-sharegpt-function",
                    "it speaks of functions in OpenAI's former words, for which ShareGPT has none"
                ));
            }
            same => same,
        };
        let value = match &message.tool_calls {
            Some(calls) => bare_calls(calls, &message.content)?.to_string(),
            None => message.content.clone(),
        };
        Ok(json!({"from": from, "value": value}))
    };
    unthought(messages)?;
    messages.iter().map(turn).collect()
}

/// Calls as `{"name", "arguments"}`, or a list of these.
fn bare_calls(calls: &Value, said: &str) -> Result<Value, Reason> {
    if !said.is_empty() {
        return Err(say!(
            "export-sharegpt-speaks-and-calls",
            "an answer in it speaks and calls a tool at once, for which ShareGPT has no place"
        ));
    }
    let bare = |call: &Value| {
        let function = call["function"].clone();
        let plain = json!({"type": "function", "function": function.clone()});
        let complete = function["arguments"].is_object() && function.as_object().is_some_and(|keys| keys.len() == 2);
        if complete && *call == plain {
            Ok(function)
        } else {
            Err(say!(
                "export-sharegpt-call-numbered",
                "a tool call in it has a number, for which ShareGPT has no place"
            ))
        }
    };
    let mut calls: Vec<Value> = calls.as_array().into_iter().flatten().map(bare).collect::<Result<_, _>>()?;
    Ok(if calls.len() == 1 { calls.remove(0) } else { calls.into() })
}
