//! Messages as each kind of file writes them, and why some cannot be written there. What an import would drop or change is
//! not written, as it would be lost when the file is read back.

mod open_ai;
mod share_gpt;

use serde_json::{Value, json};
use tunesmith_sentence::{Sentence, say};

use crate::Message;
use crate::columns::repeats_text;
pub(super) use open_ai::open_ai;
pub(super) use share_gpt::share_gpt;

/// Why a row is left out; continues “This row is left out: ”.
pub(super) type Reason = Sentence;

/// The reason for a text that no table can hold.
pub(super) fn nul() -> Reason {
    say!("export-nul", "it holds a NUL character, which tables cannot")
}

fn blank() -> Reason {
    say!("export-message-blank", "a message in it says nothing")
}

fn unweighted() -> Reason {
    say!("export-answers-not-learned", "some of its answers are not learned, which this kind of file cannot say")
}

/// Refuses messages with what the assistant thought, which most kinds of files have no place for.
fn unthought(messages: &[Message]) -> Result<(), Reason> {
    match messages.iter().any(|message| message.reasoning_content.is_some()) {
        true => {
            Err(say!("export-thought", "an answer in it has a reasoning, for which this kind of file has no place"))
        }
        false => Ok(()),
    }
}

fn no_exchange() -> Reason {
    say!("export-no-exchange", "it is not one question and one answer")
}

/// Whether messages hold an answer and are all known.
pub(super) fn conversation(messages: &[Message]) -> Result<(), Reason> {
    known(messages)?;
    let answers = messages.iter().any(|message| message.role == "assistant");
    if answers { Ok(()) } else { Err(say!("export-no-answer", "no message in it is the assistant's")) }
}

/// Whether an import would accept these messages: known roles, no blank content.
pub(super) fn known(messages: &[Message]) -> Result<(), Reason> {
    for Message { role, content, tool_calls, weight, .. } in messages {
        let speaks_as_tool = matches!(role.as_str(), "tool" | "function");
        match role.as_str() {
            "system" | "user" | "assistant" | "tool" | "function" => {}
            _ => return Err(say!("export-role-unknown", "a message in it has an unknown role")),
        }
        match tool_calls {
            None if content.trim().is_empty() && !speaks_as_tool => return Err(blank()),
            Some(_) if role != "assistant" => {
                return Err(say!(
                    "export-call-not-assistant",
                    "a tool is called in it by someone else than the assistant"
                ));
            }
            Some(calls) if !are_calls(calls) => {
                return Err(say!("export-calls-wrong", "its tool calls are not functions with name and arguments"));
            }
            // The import takes blanks beside a call for no content.
            Some(_) if !content.is_empty() && content.trim().is_empty() => return Err(blank()),
            _ => {}
        }
        if weight.is_some_and(|weight| weight != 0.0 && weight != 1.0) {
            return Err(say!("export-weight-wrong", "a message in it has a weight other than 0 and 1"));
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
        add("reasoning_content", message.reasoning_content.clone().map(Value::from));
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
            Some(_) => {
                return Err(say!("export-arguments-no-object", "the arguments of a tool call in it are no object"));
            }
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
        _ => Err(say!("export-tool-no-object", "one of its tools is not an object")),
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
    let [question, answer] = turns else { return Err(no_exchange()) };
    if (question.role.as_str(), answer.role.as_str()) != ("user", "assistant") {
        return Err(no_exchange());
    }
    if answer.tool_calls.is_some() {
        return Err(say!("export-tool-called", "a tool is called in it, for which this kind of file has no place"));
    }
    if answer.weight == Some(0.0) {
        return Err(unweighted());
    }
    unthought(messages)?;
    if messages.iter().any(|message| message.name.is_some()) {
        return Err(say!(
            "export-named",
            "a message in it has the name of its speaker, for which this kind of file has no place"
        ));
    }
    for text in messages.iter().map(|message| &message.content) {
        if text.contains('\0') {
            return Err(nul());
        }
        // Such a text would be read as messages.
        if text.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
            return Err(say!("export-text-like-list", "a text in it looks like a list of messages"));
        }
    }
    Ok((system, question.content.as_str().into(), answer.content.as_str().into()))
}

/// The same, where an import looks for the question at the head of the answer.
pub(super) fn only_exchange(messages: &[Message]) -> Result<(Value, Value, Value), Reason> {
    let cells = exchange(messages)?;
    match (cells.1.as_str(), cells.2.as_str()) {
        (Some(question), Some(answer)) if repeats_text(question, answer) => Err(say!(
            "export-prompt-repeated",
            "its answer begins with its question, which would be left out of it when the file is read"
        )),
        _ => Ok(cells),
    }
}
