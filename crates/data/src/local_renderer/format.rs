//! How a model turns conversations into text and text into tokens.

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
    /// What ends a plain text.
    pub end_of_text: Option<u32>,
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
            text += &self.turns.header;
        }
        Ok(text)
    }

    /// The tokens of a text with their byte offsets in it.
    pub(super) fn encode(&self, text: &str, special_tokens: bool) -> Result<Encoding, RenderError> {
        encode(&self.tokenizer, text, special_tokens)
    }
}
