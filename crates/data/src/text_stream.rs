//! The text of tokens as they come, in whole characters only.

use crate::RenderError;
use crate::local_renderer::difference::difference;
use crate::render::Render;

/// Tokens after which text that is still no whole character is given out as it is.
const LONGEST_CHARACTER: usize = 16;

/// Decodes token by token. Tokens are decoded together with those before them, because a token's text may depend on
/// its neighbour (a leading space, say), and one character may take several tokens.
pub struct TextStream<'a> {
    renderer: &'a dyn Render,
    /// The tokens still needed: `given` of them only as context.
    ids: Vec<u32>,
    given: usize,
}

impl<'a> TextStream<'a> {
    pub(crate) fn new(renderer: &'a dyn Render) -> Self {
        Self { renderer, ids: Vec::new(), given: 0 }
    }

    /// Adds a token; returns the text that is complete now.
    pub fn push(&mut self, id: u32) -> Result<Option<String>, RenderError> {
        self.ids.push(id);
        let text = self.pending()?;
        let waiting = self.ids.len() - self.given;
        if text.is_empty() && waiting >= LONGEST_CHARACTER {
            // Special tokens have no text, and need not be decoded again and again.
            self.ids.truncate(self.given);
        }
        if text.is_empty() || (text.ends_with('\u{FFFD}') && waiting < LONGEST_CHARACTER) {
            return Ok(None);
        }
        self.ids.drain(..self.given);
        self.given = self.ids.len();
        Ok(Some(text))
    }

    /// What is left, once no token follows.
    pub fn finish(&mut self) -> Result<Option<String>, RenderError> {
        let text = self.pending()?;
        self.ids.clear();
        self.given = 0;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// The text that the tokens behind the context add.
    fn pending(&self) -> Result<String, RenderError> {
        let context = self.renderer.decode(&self.ids[..self.given])?;
        let all = self.renderer.decode(&self.ids)?;
        // As a rule the context is how all begins; after bytes that were no character it may not be.
        let (start, _) = difference(&all, &context);
        Ok(all[start..].to_owned())
    }
}

impl dyn Render + '_ {
    /// Decodes token by token.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream::new(self)
    }
}
