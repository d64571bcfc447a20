//! The text of tokens as they come, in whole characters only.

use crate::RenderError;
use crate::render::Render;

/// Tokens after which text that is still no whole character is given out as it is.
const LONGEST_CHARACTER: usize = 16;

/// Decodes token by token. Tokens are decoded together with those before them, because a token's text may depend on
/// its neighbour (a leading space, say), and one character may take several tokens.
///
/// Each token is one call of the renderer, which for a worker is one message and one reply. The worker keeps nothing
/// between them, so a stream goes on even if another worker has taken its place.
pub struct TextStream<'a> {
    renderer: &'a dyn Render,
    /// Tokens whose text was given out, as the context of those that come.
    context: Vec<u32>,
    /// Tokens whose text is still to be given out.
    waiting: Vec<u32>,
}

impl<'a> TextStream<'a> {
    pub(crate) fn new(renderer: &'a dyn Render) -> Self {
        Self { renderer, context: Vec::new(), waiting: Vec::new() }
    }

    /// Adds a token; returns the text that is complete now.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens, or the worker is lost.
    pub fn push(&mut self, id: u32) -> Result<Option<String>, RenderError> {
        self.waiting.push(id);
        let text = self.pending()?;
        let waits_long = self.waiting.len() >= LONGEST_CHARACTER;
        if text.is_empty() && waits_long {
            // Special tokens have no text, and need not be decoded again and again.
            self.waiting.clear();
        }
        if text.is_empty() || (text.ends_with('\u{FFFD}') && !waits_long) {
            return Ok(None);
        }
        self.context = std::mem::take(&mut self.waiting);
        Ok(Some(text))
    }

    /// What is left, once no token follows.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens, or the worker is lost.
    pub fn finish(&mut self) -> Result<Option<String>, RenderError> {
        let text = self.pending()?;
        self.context.clear();
        self.waiting.clear();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// The text that the waiting tokens add.
    fn pending(&self) -> Result<String, RenderError> {
        if self.waiting.is_empty() {
            Ok(String::new())
        } else {
            self.renderer.decode_after(&self.context, &self.waiting)
        }
    }
}

impl dyn Render + '_ {
    /// Decodes token by token.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream::new(self)
    }
}
