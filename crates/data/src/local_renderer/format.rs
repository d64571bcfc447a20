//! How a model turns conversations into text and text into tokens.

use serde_json::Value;
use tokenizers::{Encoding, Tokenizer};

use super::tokenizer_calls::encode;
use super::turns::Turns;
use crate::RenderError;
use crate::template::{Conversation, Template};

/// Tokenizer, chat template, and what they put around an answer.
pub(super) struct TextFormat {
    pub tokenizer: Tokenizer,
    pub template: Template,
    pub turns: Turns,
    /// The same where tools may be called, for a model that has a template of its own for that.
    pub tool_turns: Option<Turns>,
    /// What ends a plain text.
    pub end_of_text: Option<u32>,
    /// What the tokenizer itself puts before a text, and behind it.
    pub around: [Option<String>; 2],
    /// Any of these ends a turn.
    pub end_tokens: Vec<u32>,
}

impl TextFormat {
    /// The conversation as the text that is tokenised.
    pub(super) fn write(
        &self,
        conversation: Conversation<'_>,
        add_generation_prompt: bool,
    ) -> Result<String, RenderError> {
        let mut text = self.template.render(conversation, add_generation_prompt)?;
        if add_generation_prompt {
            text += &self.turns(conversation.tools).header;
        }
        Ok(text)
    }

    /// A text without the tokens that the tokenizer puts around it anyway, and how many of them it had: whoever wrote the
    /// text had another tokenizer in mind, and a token that stands there twice would be learned so.
    pub(super) fn without_doubled<'a>(&self, text: &'a str) -> (&'a str, u64) {
        let [first, last] = self.around.each_ref().map(|token| token.as_deref().filter(|token| !token.is_empty()));
        let without_first = first.and_then(|token| text.strip_prefix(token)).unwrap_or(text);
        let without_last = last.and_then(|token| without_first.strip_suffix(token)).unwrap_or(without_first);
        let doubled = [without_first.len() < text.len(), without_last.len() < without_first.len()];
        (without_last, doubled.into_iter().map(u64::from).sum())
    }

    /// What is put around an answer in a conversation with these tools.
    pub(super) fn turns(&self, tools: &[Value]) -> &Turns {
        self.tool_turns.as_ref().filter(|_| !tools.is_empty()).unwrap_or(&self.turns)
    }

    /// The tokens of a text with their byte offsets in it.
    pub(super) fn encode(&self, text: &str, special_tokens: bool) -> Result<Encoding, RenderError> {
        encode(&self.tokenizer, text, special_tokens)
    }
}
