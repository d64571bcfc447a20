//! The content of a message: a text, or a list of parts. Parts of a text are joined, and those that hold what the assistant
//! thinks are kept apart from what it says.

use serde_json::Value;
use tunesmith_sentence::say;

use super::keys::remark_on_part;
use crate::quoted::shown;
use crate::record::{Problem, value_name};

/// What a message says.
#[derive(Default)]
pub(super) struct Content {
    pub text: String,
    /// What the assistant thinks before it says this.
    pub thought: Option<String>,
}

/// The types of parts that are text: OpenAI's chat and responses, and Anthropic's messages. Bedrock and Gemini name none.
const TEXT: [&str; 3] = ["text", "input_text", "output_text"];
/// The type and the key of OpenAI's part in which the assistant refuses.
const REFUSAL: &str = "refusal";
/// The types of parts that are thoughts: Anthropic's, and LangChain's.
const THOUGHT: [&str; 2] = ["thinking", "reasoning"];

/// What of a part is read: its type, and what it says. A signature only proves who thought it.
const USED: [&str; 8] = ["type", "text", REFUSAL, "thought", "thinking", "reasoning", "signature", "thoughtSignature"];

/// The content of a message.
pub(super) fn content(number: usize, role: &str, value: Value, notes: &mut Vec<Problem>) -> Result<Content, Problem> {
    match value {
        Value::String(text) => Ok(Content { text, thought: None }),
        Value::Null => Ok(Content::default()),
        Value::Array(parts) => joined(number, role, &parts, notes),
        other => {
            let kind = value_name(&other);
            let what =
                say!("row-content-no-text", "Message {number} has {kind} as its content, not text", number, kind);
            Err(Problem::new("missing_content", what))
        }
    }
}

fn joined(number: usize, role: &str, parts: &[Value], notes: &mut Vec<Problem>) -> Result<Content, Problem> {
    let (mut text, mut thoughts) = (String::new(), Vec::new());
    for part in parts {
        if let Some(thought) = thought_in(part).filter(|_| role == "assistant") {
            thoughts.push(thought);
        } else if let Some(part) = text_in(part) {
            text += part;
        } else {
            return Err(no_text(number, part));
        }
        remark_on_part(number, part, &USED, notes);
    }
    let thought = Some(thoughts.join("\n\n")).filter(|thought| !thought.is_empty());
    Ok(Content { text, thought })
}

/// What is wrong with a part that is no text. It is named by its type, or by its first key where it has none.
fn no_text(number: usize, part: &Value) -> Problem {
    let key = || part.as_object().and_then(|part| part.keys().next()).map(String::as_str);
    let kind = part.get("type").and_then(Value::as_str).or_else(key);
    if let Some(kind @ ("functionCall" | "function_call" | "tool_use")) = kind {
        let what =
            say!("row-call-no-name", "Message {number} has a “{kind}” without the name of a function", number, kind);
        return Problem::new("wrong_tool_calls", what);
    }
    let what = match kind {
        Some(kind) => say!(
            "row-message-part-no-text",
            "Message {number} holds a part “{kind}”, and only text can be learned",
            number,
            kind = shown(kind)
        ),
        None => {
            say!("row-message-more-than-text", "Message {number} holds more than text, which cannot be learned", number)
        }
    };
    Problem::new("unsupported_content", what)
}

fn text_in(part: &Value) -> Option<&str> {
    let kind = part.get("type").and_then(Value::as_str);
    if kind == Some(REFUSAL) {
        return part.get(REFUSAL).and_then(Value::as_str);
    }
    let is_text = kind.is_none_or(|kind| TEXT.contains(&kind));
    part.get("text").and_then(Value::as_str).filter(|_| is_text && thought_in(part).is_none())
}

/// What the assistant thinks, in a part that says so. Gemini marks a text as a thought.
fn thought_in(part: &Value) -> Option<&str> {
    let text = |key: &str| part.get(key).and_then(Value::as_str);
    match text("type") {
        Some(kind) if THOUGHT.contains(&kind) => text(kind).or(text("text")),
        None if part.get("thought") == Some(&Value::Bool(true)) => text("text"),
        _ => None,
    }
}
