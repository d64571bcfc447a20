//! The one renderer: the same template and tokenizer for training, chat and evaluation.

use std::path::Path;

use tunesmith_protocol::LearnFrom;

use crate::{Example, Message, RenderError};

/// The tokens of a row and which of them are learned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether token i is a target, predicted from the tokens before it; never true for the first.
    pub learn: Vec<bool>,
}

/// Tokenizer, chat template and special tokens of a model folder.
pub struct Renderer {
    end_tokens: Vec<u32>,
    vocabulary: usize,
}

impl Renderer {
    /// Opens a model folder: tokenizer.json, the chat template, and the end tokens of its configs.
    pub fn open(folder: &Path) -> Result<Self, RenderError> {
        Err(RenderError::Missing { path: folder.into() })
    }

    /// Whether the folder brings a chat template; without one a plain default is used.
    pub fn has_chat_template(&self) -> bool {
        false
    }

    /// The conversation as the text that is tokenised.
    pub fn render(&self, _messages: &[Message], _add_generation_prompt: bool) -> Result<String, RenderError> {
        Err(RenderError::Render(String::new()))
    }

    /// The tokens of an example and which of them are learned.
    pub fn tokens(&self, _example: &Example, _learn_from: LearnFrom) -> Result<Tokens, RenderError> {
        Err(RenderError::Render(String::new()))
    }

    /// The tokens after which the model writes its answer.
    pub fn prompt(&self, _messages: &[Message]) -> Result<Vec<u32>, RenderError> {
        Err(RenderError::Render(String::new()))
    }

    /// The text of tokens, without special tokens.
    pub fn decode(&self, _ids: &[u32]) -> Result<String, RenderError> {
        Err(RenderError::Tokenizer(String::new()))
    }

    /// Any of these ends a turn.
    pub fn end_tokens(&self) -> &[u32] {
        &self.end_tokens
    }

    /// Number of tokens, added ones included.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Decodes token by token.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream { renderer: self, ids: Vec::new() }
    }
}

/// Text of tokens as they come: only whole characters come out.
pub struct TextStream<'a> {
    renderer: &'a Renderer,
    ids: Vec<u32>,
}

impl TextStream<'_> {
    /// Adds a token; returns the text that is complete now.
    pub fn push(&mut self, id: u32) -> Result<Option<String>, RenderError> {
        self.ids.push(id);
        Ok(None)
    }

    /// What is left.
    pub fn finish(&mut self) -> Result<Option<String>, RenderError> {
        self.renderer.decode(&self.ids).map(Some)
    }
}
