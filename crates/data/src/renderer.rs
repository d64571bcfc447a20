//! The one renderer: the same template and tokenizer make the tokens for training, chat and evaluation.

mod answers;
mod folder;
mod mask;
mod stream;
mod turns;
mod xray;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;
use tokenizers::{Encoding, Tokenizer};
use tunesmith_protocol::LearnFrom;

use crate::template::{Conversation, Moment, Template};
use crate::{Example, Message, RenderError};
use folder::Folder;
pub use stream::TextStream;
use turns::Turns;

/// The tokens of a row and which of them are learned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether token i is a target, predicted from the tokens before it; never true for the first.
    pub learn: Vec<bool>,
}

impl Tokens {
    /// Number of learned tokens.
    pub fn learned(&self) -> u64 {
        self.learn.iter().filter(|learn| **learn).count() as u64
    }

    /// The answers: each run of learned tokens, from its first one to behind its last.
    pub fn learned_spans(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        self.learn.chunk_by(|one, next| one == next).filter_map(move |run| {
            let span = from..from + run.len();
            from = span.end;
            run[0].then_some(span)
        })
    }
}

/// What a model makes of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// Its tokens.
    pub tokens: Tokens,
    /// The messages that are learned, from 0, in any part; a text is one message.
    pub learned_messages: Vec<usize>,
    /// Calls of tools that the template does not show, so that no model can learn them from it.
    pub hidden_calls: u64,
}

/// Tokenizer, chat template and special tokens of a model folder.
pub struct Renderer {
    tokenizer: Tokenizer,
    template: Template,
    has_chat_template: bool,
    turns: Turns,
    /// What ends a plain text.
    end_of_text: Option<u32>,
    end_tokens: Vec<u32>,
    /// What `strftime_now` tells; none is the time of each rendering.
    now: Option<SystemTime>,
}

impl Renderer {
    /// Opens a model folder: tokenizer.json; the chat template of chat_template.jinja or tokenizer_config.json; the
    /// end tokens of generation_config.json, config.json, tokenizer_config.json and the template.
    ///
    /// A folder without a chat template gets a plain one: ChatML if the tokenizer knows its tokens, else lines of
    /// `User: …` and `Assistant: …`, answers closed by the tokenizer's end token.
    pub fn open(folder: &Path) -> Result<Self, RenderError> {
        Self::open_with(folder, &mut || {})
    }

    /// The same; `before_template` is called once the tokenizer is read and the template comes next.
    pub(crate) fn open_with(folder: &Path, before_template: &mut dyn FnMut()) -> Result<Self, RenderError> {
        let Folder { tokenizer, template, has_chat_template, end_of_text, mut end_tokens } =
            Folder::read(folder, before_template)?;
        let turns = Turns::learn(&template, &tokenizer, &end_tokens, SystemTime::now().into());
        end_tokens.extend(turns.end_token);
        end_tokens.sort_unstable();
        end_tokens.dedup();
        Ok(Self { tokenizer, template, has_chat_template, turns, end_of_text, end_tokens, now: None })
    }

    /// Whether the folder brings a chat template; without one a plain default is used.
    pub fn has_chat_template(&self) -> bool {
        self.has_chat_template
    }

    /// The same renderer at a moment that does not pass, for templates that write the date.
    pub fn at(self, now: SystemTime) -> Self {
        Self { now: Some(now), ..self }
    }

    /// The conversation as the text that is tokenised.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        self.render_with(messages, &[], add_generation_prompt)
    }

    /// The same for a conversation in which `tools` (JSON schemas) may be called.
    pub fn render_with(
        &self,
        messages: &[Message],
        tools: &[Value],
        add_generation_prompt: bool,
    ) -> Result<String, RenderError> {
        self.write(Conversation { messages, tools, now: self.moment() }, add_generation_prompt)
    }

    fn write(&self, conversation: Conversation<'_>, add_generation_prompt: bool) -> Result<String, RenderError> {
        let mut text = self.template.render(conversation, add_generation_prompt)?;
        if add_generation_prompt {
            text += &self.turns.header;
        }
        Ok(text)
    }

    /// The tokens of an example and which of them are learned. A text is learned whole, and ended by the end token.
    ///
    /// What is tokenised is the rendered text, as in `transformers`' `apply_chat_template(tokenize=True)`: a message that
    /// spells out a special token (`</s>`, `<|im_end|>`) becomes that token, wherever it stands. Rows and chats are
    /// alike in this, but a message can close its own turn, so nothing that matters may rest on turns being kept apart.
    pub fn tokens(&self, example: &Example, learn_from: LearnFrom) -> Result<Tokens, RenderError> {
        Ok(self.row(example, learn_from)?.tokens)
    }

    /// The same, with what is learned of the messages.
    pub fn row(&self, example: &Example, learn_from: LearnFrom) -> Result<Rendered, RenderError> {
        match &*example.taught().ok_or(RenderError::NothingTaught)? {
            Example::Chat { messages, tools } => Ok(self.chat(messages, tools, learn_from)?.rendered),
            Example::Text { text } => {
                let tokens = self.ended(self.ids(text, true)?);
                Ok(Rendered { tokens, learned_messages: vec![0], hidden_calls: 0 })
            }
            // What is taught is a conversation or a text.
            _ => Err(RenderError::NothingTaught),
        }
    }

    fn chat(&self, messages: &[Message], tools: &[Value], learn_from: LearnFrom) -> Result<mask::Chat, RenderError> {
        mask::chat(self, Conversation { messages, tools, now: self.moment() }, learn_from)
    }

    /// The tokens of a text, all learned, with the end token behind them.
    fn ended(&self, mut ids: Vec<u32>) -> Tokens {
        if let Some(end) = self.end_of_text
            && ids.last() != Some(&end)
        {
            ids.push(end);
        }
        let learn = (0..ids.len()).map(|index| index > 0).collect();
        Tokens { ids, learn }
    }

    /// The tokens after which the model writes its answer, in which it may call `tools` (JSON schemas).
    pub fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        self.ids(&self.render_with(messages, tools, true)?, false)
    }

    /// The text of tokens, without special tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        tokenizer_call(|| self.tokenizer.decode(ids, true))
    }

    /// Any of these ends a turn.
    pub fn end_tokens(&self) -> &[u32] {
        &self.end_tokens
    }

    /// Number of tokens, added ones included.
    pub fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
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
        let encoding = tokenizer_call(|| self.tokenizer.encode_fast(text, special_tokens))?;
        Ok(encoding.get_ids().to_vec())
    }

    fn encode(&self, text: &str, special_tokens: bool) -> Result<Encoding, RenderError> {
        encode(&self.tokenizer, text, special_tokens)
    }
}

/// The tokens of a text with their places in it, in bytes.
fn encode(tokenizer: &Tokenizer, text: &str, special_tokens: bool) -> Result<Encoding, RenderError> {
    tokenizer_call(|| tokenizer.encode(text, special_tokens))
}

/// A tokenizer comes from a stranger's file; where one brings the library to a panic, that is an error like others.
fn tokenizer_call<T>(call: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, RenderError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| RenderError::Tokenizer(error.to_string())),
        Err(_) => Err(RenderError::Tokenizer("its rules contradict each other".into())),
    }
}
