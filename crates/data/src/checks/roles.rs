//! Who says a message: roles under all the names that services give them.

use serde_json::Value;
use tunesmith_sentence::say;

use super::calls;
use crate::quoted::shown;
use crate::record::{Object, Problem, value_name};

/// The role under the name that chat templates use.
pub(super) fn role(number: usize, object: &mut Object, notes: &mut Vec<Problem>) -> Result<String, Problem> {
    let share_gpt = object.contains_key("from") && !object.contains_key("role");
    let role = match object.shift_remove(if share_gpt { "from" } else { "role" }) {
        Some(Value::String(role)) => role,
        None | Some(Value::Null) => {
            let what = say!("row-message-no-role", "Message {number} has no role", number);
            return Err(Problem::new("message_missing_key", what));
        }
        Some(other) => {
            let kind = value_name(&other);
            let what = say!("row-role-no-text", "Message {number} has {kind} as its role", number, kind);
            return Err(Problem::new("unrecognized_role", what));
        }
    };
    if share_gpt && role == "function_call" {
        // Its text holds the calls.
        calls::from_text(number, object)?;
        return Ok("assistant".into());
    }
    let Some(known) = known_role(&role) else {
        let what = say!(
            "row-role-unknown",
            "Message {number} has the role “{role}”; known are system, developer, user, assistant and tool, and what other tools call them",
            number,
            role = shown(&role)
        );
        return Err(Problem::new("unrecognized_role", what));
    };
    match role.as_str() {
        "developer" => {
            // Open models know this role as system; their templates refuse the newer name.
            let what = say!("row-role-developer", "Message {number} has the role developer; read as system", number);
            notes.push(Problem::new("developer_role", what));
        }
        _ if role == known || share_gpt => {}
        _ => notes.push(read_as(number, &role, known)),
    }
    Ok(known.to_owned())
}

/// The role that a name means, whatever its case: today's names, ShareGPT's and those of other services.
pub(super) fn known_role(role: &str) -> Option<&'static str> {
    Some(match role.trim().to_ascii_lowercase().as_str() {
        "system" | "developer" | "system_prompt" => "system",
        "user" | "human" | "prompter" | "customer" | "client" | "person" | "usr" => "user",
        "assistant" | "gpt" | "chatgpt" | "gpt4" | "gpt-4" | "bot" | "chatbot" | "bing" | "bard" | "claude"
        | "gemini" | "llm" | "model" | "ai" | "agent" => "assistant",
        "tool" | "observation" | "function" | "ipython" | "environment" | "tool_response" | "tool_result"
        | "tool_output" | "function_response" | "function_result" => "tool",
        _ => return None,
    })
}

/// A remark that a role was read as another one, under the name of OpenAI's check.
fn read_as(number: usize, role: &str, known: &str) -> Problem {
    let what = say!("row-role-read-as", "Message {number} has the role “{role}”; read as {known}", number, role, known);
    Problem::new("unrecognized_role", what)
}
