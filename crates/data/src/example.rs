//! What a row means: a conversation, a text, a preference, a judged answer or a label.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One message of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// system, user, assistant or tool.
    pub role: String,
    /// Its text. Empty beside tool calls means that there is none (null in OpenAI's format).
    pub content: String,
    /// The tools an assistant calls: a list of `{"type": "function", "function": {"name", "arguments"}}`, arguments as
    /// an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Value>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// What the assistant thinks before it says this, which a template may show apart from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The name of who speaks: of a tool, or of one of several users.
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
    /// Two answers to the same conversation, of which one is better.
    Preference {
        /// What both answer.
        prompt: Vec<Message>,
        /// The better answer.
        chosen: Vec<Message>,
        /// The worse one.
        rejected: Vec<Message>,
        /// The tools the assistant may call, as JSON schemas.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tools: Vec<Value>,
    },
    /// An answer that somebody has judged.
    Unpaired {
        /// What is answered.
        prompt: Vec<Message>,
        /// The answer.
        completion: Vec<Message>,
        /// Whether it is a good one.
        label: bool,
    },
    /// A text and the class, or the number, that belongs to it.
    Classification {
        /// The text.
        text: String,
        /// Its class.
        label: String,
    },
}

impl Example {
    /// A conversation without tools.
    pub fn chat(messages: Vec<Message>) -> Self {
        Self::Chat { messages, tools: Vec::new() }
    }

    /// What a run learns from it: a conversation or a text. Of two answers that is the better one, of judged answers the
    /// good ones, and a label is the answer to its text. Answers in a prompt are not learned, as in TRL. None for an answer
    /// judged bad.
    pub fn taught(&self) -> Option<Cow<'_, Self>> {
        let mut taught = match self {
            Self::Unpaired { label: false, .. } => return None,
            other => other.as_chat_or_text(),
        };
        if let Self::Preference { prompt, .. } | Self::Unpaired { prompt, .. } = self
            && let Self::Chat { messages, .. } = taught.to_mut()
        {
            for message in messages[..prompt.len()].iter_mut().filter(|message| message.role == "assistant") {
                message.weight.get_or_insert(0.0);
            }
        }
        Some(taught)
    }

    /// The bytes of all its texts.
    pub(crate) fn text_bytes(&self) -> usize {
        let thought = |message: &Message| message.reasoning_content.as_ref().map_or(0, String::len);
        let of = |messages: &[Message]| {
            messages.iter().map(|message| message.content.len() + thought(message)).sum::<usize>()
        };
        match self {
            Self::Chat { messages, .. } => of(messages),
            Self::Text { text } => text.len(),
            Self::Preference { prompt, chosen, rejected, .. } => of(prompt) + of(chosen) + of(rejected),
            Self::Unpaired { prompt, completion, .. } => of(prompt) + of(completion),
            Self::Classification { text, label } => text.len() + label.len(),
        }
    }

    /// The example as a conversation or a text, with the answer even if it is judged bad.
    pub(crate) fn as_chat_or_text(&self) -> Cow<'_, Self> {
        let joined = |prompt: &[Message], answer: &[Message]| [prompt, answer].concat();
        match self {
            Self::Chat { .. } | Self::Text { .. } => Cow::Borrowed(self),
            Self::Preference { prompt, chosen, tools, .. } => {
                Cow::Owned(Self::Chat { messages: joined(prompt, chosen), tools: tools.clone() })
            }
            Self::Unpaired { prompt, completion, .. } => Cow::Owned(Self::chat(joined(prompt, completion))),
            Self::Classification { text, label } => {
                Cow::Owned(Self::chat(vec![Message::new("user", text), Message::new("assistant", label)]))
            }
        }
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
    /// The columns that have no part in what it means, kept for the user.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}
