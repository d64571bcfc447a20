//! What a row means: a conversation or a text.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// system, user, assistant or tool.
    pub role: String,
    /// What it says. Empty beside tool calls means that nothing is said, null in OpenAI's words.
    pub content: String,
    /// The tools an assistant calls: a list of `{"type": "function", "function": {"name", "arguments"}}`, arguments as
    /// an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Value>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The name of the tool that speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 0 switches learning from this message off; null means 1. Only assistant messages are learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
}

impl Message {
    /// A message that is learned from if an assistant says it.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into(), ..Self::default() }
    }
}

/// What a row means, whatever file and columns it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Example {
    /// A conversation; answers are learned.
    Chat {
        /// Its messages, in order.
        messages: Vec<Message>,
        /// The tools the assistant may call, as JSON schemas.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tools: Vec<Value>,
    },
    /// Plain text; every next token is learned.
    Text {
        /// The text.
        text: String,
    },
}

impl Example {
    /// A conversation without tools.
    pub fn chat(messages: Vec<Message>) -> Self {
        Self::Chat { messages, tools: Vec::new() }
    }
}

/// An example and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportedRow {
    /// The file's name, or its whole path where two files share a name.
    pub file: String,
    /// The line it starts on, from 1.
    pub line: u64,
    /// What it means.
    pub example: Example,
}
