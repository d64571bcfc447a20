//! The renderer that works in this process. The same template and tokenizer make the tokens for training, chat and
//! evaluation.

mod answers;
mod departure;
mod difference;
mod folder;
mod format;
mod hidden;
mod mask;
mod ready_made;
mod render;
mod special_tokens;
mod templates;
mod tokenizer_calls;
mod turns;
mod xray;

use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};
use tunesmith_protocol::LearnFrom;

use crate::template::{Conversation, Moment};
use crate::text_stream::TextStream;
use crate::tokens::{Rendered, Tokens};
use crate::{Example, Message, RenderError};
use difference::difference;
use folder::Folder;
use format::TextFormat;
use tokenizer_calls::call;
use turns::Turns;

pub use ready_made::{ReadyMade, sample_conversation};
pub use templates::{LONGEST_TEMPLATE, has_chat_template};

/// Renders and tokenises with the chat template and the tokenizer of a model folder.
pub struct Renderer {
    format: TextFormat,
    has_chat_template: bool,
    /// What `strftime_now` tells; none is the time of each rendering.
    now: Option<SystemTime>,
}

impl Renderer {
    /// Opens a model folder: tokenizer.json; the chat template of chat_template.jinja or tokenizer_config.json; the
    /// end tokens of generation_config.json, config.json, tokenizer_config.json and the template.
    ///
    /// A folder without a chat template gets the one in the file `chosen`, where that is there. Otherwise it gets a plain one:
    /// ChatML if the tokenizer knows its tokens, else lines of `User: …` and `Assistant: …`, answers closed by the tokenizer's
    /// end token.
    ///
    /// # Errors
    ///
    /// When the folder or its tokenizer is missing, a file cannot be read, or the template has a mistake.
    pub fn open(folder: &Path, chosen: Option<&Path>) -> Result<Self, RenderError> {
        Self::open_with(folder, chosen, &mut || {})
    }

    /// The same; `before_template` is called once the tokenizer is read and the template comes next.
    pub(crate) fn open_with(
        folder: &Path,
        chosen: Option<&Path>,
        before_template: &mut dyn FnMut(),
    ) -> Result<Self, RenderError> {
        let Folder { tokenizer, template, has_chat_template, end_of_text, around, mut end_tokens } =
            Folder::read(folder, chosen, before_template)?;
        let now = SystemTime::now().into();
        let turns = Turns::learn(&template, &[], &tokenizer, &end_tokens, now);
        let some_tool = || json!({"type": "function", "function": {"name": "f", "description": "", "parameters": {}}});
        let tool_turns =
            template.has_tool_use().then(|| Turns::learn(&template, &[some_tool()], &tokenizer, &end_tokens, now));
        end_tokens.extend(turns.end_token);
        end_tokens.extend(tool_turns.as_ref().and_then(|turns| turns.end_token));
        end_tokens.sort_unstable();
        end_tokens.dedup();
        let format = TextFormat { tokenizer, template, turns, tool_turns, end_of_text, around, end_tokens };
        Ok(Self { format, has_chat_template, now: None })
    }

    /// Whether the folder brings a chat template; without one the chosen or a plain one is used.
    pub fn has_chat_template(&self) -> bool {
        self.has_chat_template
    }

    /// The same renderer with a fixed time, for templates that write the date.
    pub fn at(self, now: SystemTime) -> Self {
        Self { now: Some(now), ..self }
    }

    /// The conversation as the text that is tokenised.
    ///
    /// # Errors
    ///
    /// When the template refuses the conversation or fails on it.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        self.render_with(messages, &[], add_generation_prompt)
    }

    /// The same for a conversation in which `tools` (JSON schemas) may be called.
    ///
    /// # Errors
    ///
    /// When the template refuses the conversation or fails on it.
    pub fn render_with(
        &self,
        messages: &[Message],
        tools: &[Value],
        add_generation_prompt: bool,
    ) -> Result<String, RenderError> {
        self.format.write(Conversation { messages, tools, now: self.moment() }, add_generation_prompt)
    }

    /// The tokens of an example and which of them are learned. A text is learned whole, and ended by the end token.
    ///
    /// What is tokenised is the rendered text, as in `transformers`' `apply_chat_template(tokenize=True)`: a message that
    /// spells out a special token (`</s>`, `<|im_end|>`) becomes that token, wherever it stands. Rows and chats are
    /// alike in this, but a message can close its own turn, so do not rely on messages staying within their turns.
    ///
    /// # Errors
    ///
    /// When the example cannot be rendered or tokenised, or nothing of it is to be learned.
    pub fn tokens(&self, example: &Example, learn_from: LearnFrom) -> Result<Tokens, RenderError> {
        Ok(self.row(example, learn_from)?.tokens)
    }

    /// The same, with the messages that are learned.
    ///
    /// # Errors
    ///
    /// When the example cannot be rendered or tokenised, or nothing of it is to be learned.
    pub fn row(&self, example: &Example, learn_from: LearnFrom) -> Result<Rendered, RenderError> {
        match &*example.taught().ok_or(RenderError::NothingTaught)? {
            Example::Chat { messages, tools } => Ok(self.chat(messages, tools, learn_from)?.rendered),
            Example::Text { text } => {
                let (bare, doubled_tokens) = self.format.without_doubled(text);
                let tokens = self.ended(self.ids(bare, true)?);
                Ok(Rendered { tokens, learned_messages: vec![0], doubled_tokens, ..Rendered::default() })
            }
            // What is taught is a conversation or a text.
            _ => Err(RenderError::NothingTaught),
        }
    }

    fn chat(&self, messages: &[Message], tools: &[Value], learn_from: LearnFrom) -> Result<mask::Chat, RenderError> {
        mask::chat(&self.format, Conversation { messages, tools, now: self.moment() }, learn_from)
    }

    /// The tokens of a text, all learned, with the end token behind them.
    fn ended(&self, mut ids: Vec<u32>) -> Tokens {
        if let Some(end) = self.format.end_of_text
            && ids.last() != Some(&end)
        {
            ids.push(end);
        }
        let learn = (0..ids.len()).map(|index| index > 0).collect();
        Tokens { ids, learn }
    }

    /// The tokens after which the model writes its answer, in which it may call `tools` (JSON schemas).
    ///
    /// # Errors
    ///
    /// When the conversation cannot be rendered or tokenised.
    pub fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        self.ids(&self.render_with(messages, tools, true)?, false)
    }

    /// The text of tokens, without special tokens.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        call(|| self.format.tokenizer.decode(ids, true))
    }

    /// The text that `ids` add behind `context`. They are decoded together, because the text of a token may depend on the
    /// token before it.
    ///
    /// # Errors
    ///
    /// When the tokenizer fails on these tokens.
    pub fn decode_after(&self, context: &[u32], ids: &[u32]) -> Result<String, RenderError> {
        let before = self.decode(context)?;
        let all = self.decode(&[context, ids].concat())?;
        // As a rule the text of the context is how all begins; after bytes that were no character it may not be.
        let (start, _) = difference(&all, &before);
        Ok(all[start..].to_owned())
    }

    /// Any of these ends a turn.
    pub fn end_tokens(&self) -> &[u32] {
        &self.format.end_tokens
    }

    /// Number of tokens, added ones included.
    pub fn vocabulary(&self) -> usize {
        self.format.tokenizer.get_vocab_size(true)
    }

    /// Decodes token by token.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream::new(self)
    }

    fn moment(&self) -> Moment {
        self.now.unwrap_or_else(SystemTime::now).into()
    }

    /// The tokens of a text whose places in it do not matter.
    fn ids(&self, text: &str, special_tokens: bool) -> Result<Vec<u32>, RenderError> {
        let encoding = call(|| self.format.tokenizer.encode_fast(text, special_tokens))?;
        Ok(encoding.get_ids().to_vec())
    }
}
