//! What every renderer can do, be it in this process (`local_renderer`) or in a worker process (`render_worker`).

use serde_json::Value;
use tunesmith_protocol::LearnFrom;

use crate::tokens::Rendered;
use crate::{Example, Message, ReadyMade, RenderError, RowsError, Xray};

/// A model's template and tokenizer, wherever they run.
pub trait Render: Send + Sync {
    /// The tokens of examples, in their order, or why one has none.
    ///
    /// # Errors
    ///
    /// When the renderer is lost over one of the examples.
    fn rows(
        &self,
        examples: &[Example],
        learn_from: LearnFrom,
    ) -> Result<Vec<Result<Rendered, RenderError>>, RowsError>;

    /// An example as the model sees it: the same tokens, and the text of each.
    ///
    /// # Errors
    ///
    /// When the example cannot be rendered or tokenised.
    fn xray(&self, example: &Example, learn_from: LearnFrom) -> Result<Xray, RenderError>;

    /// A conversation as the text that is tokenised.
    ///
    /// # Errors
    ///
    /// When the template refuses the conversation or fails on it.
    fn written(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError>;

    /// The templates to choose from, written for this tokenizer.
    ///
    /// # Errors
    ///
    /// When one of them cannot be rendered.
    fn ready_made(&self) -> Result<Vec<ReadyMade>, RenderError>;

    /// The tokens after which the model writes its answer, in which it may call `tools` (JSON schemas).
    ///
    /// # Errors
    ///
    /// When the conversation cannot be rendered or tokenised.
    fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError>;

    /// The text of tokens, without special tokens.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens.
    fn decode(&self, ids: &[u32]) -> Result<String, RenderError>;

    /// The text that `ids` add behind `context`, for decoding token by token.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens.
    fn decode_after(&self, context: &[u32], ids: &[u32]) -> Result<String, RenderError>;

    /// Any of these ends a turn.
    fn end_tokens(&self) -> &[u32];
}
