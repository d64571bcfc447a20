//! Chat templates to choose from where a model brings none, each written for the model's tokenizer: its begin token once, and
//! behind every answer a token that ends it. They hold these tokens as text, so that they read the same in any program,
//! whatever a tokenizer's config names.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tokenizers::Tokenizer;
use tunesmith_protocol::TemplateName;

use super::Renderer;
use crate::template::{Conversation, Sources, Template};
use crate::{Message, RenderError};

/// A ready-made template, written for a model's tokenizer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadyMade {
    /// Which one it is.
    pub name: TemplateName,
    /// The template.
    pub text: String,
    /// The sample conversation as the model would see it.
    pub sample: String,
    /// Its markers that are not single tokens of the tokenizer.
    pub unknown_markers: Vec<String>,
    /// Whether a token ends an answer; else a model writes on until it is stopped.
    pub ends_answers: bool,
}

/// How a format is written down.
struct Format {
    /// What it puts around turns.
    markers: &'static [&'static str],
    /// The marker behind a turn; formats without one have the tokenizer's end token behind answers.
    end_of_turn: Option<&'static str>,
    /// The template, with the variables `begin` and `end`.
    body: &'static str,
}

/// What templates need to know of a tokenizer.
pub(super) struct KnownTokens<'a> {
    pub tokenizer: &'a Tokenizer,
    /// What the tokenizer itself puts before a text. Not the configured one: some name a token that they never put there.
    pub begin: Option<&'a str>,
    pub end_of_text: Option<u32>,
}

fn format_of(name: TemplateName) -> Format {
    match name {
        TemplateName::Chatml => Format {
            markers: &["<|im_start|>", "<|im_end|>"],
            end_of_turn: Some("<|im_end|>"),
            body: include_str!("ready_made/chatml.jinja"),
        },
        TemplateName::Llama3 => Format {
            markers: &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
            end_of_turn: Some("<|eot_id|>"),
            body: include_str!("ready_made/llama3.jinja"),
        },
        TemplateName::Gemma => Format {
            markers: &["<start_of_turn>", "<end_of_turn>"],
            end_of_turn: Some("<end_of_turn>"),
            body: include_str!("ready_made/gemma.jinja"),
        },
        TemplateName::Alpaca => {
            Format { markers: &[], end_of_turn: None, body: include_str!("ready_made/alpaca.jinja") }
        }
        TemplateName::Plain => Format { markers: &[], end_of_turn: None, body: include_str!("ready_made/plain.jinja") },
    }
}

impl KnownTokens<'_> {
    /// The template of a model for which none was chosen: ChatML if the tokenizer knows its markers, else plain lines.
    pub(super) fn standard(&self) -> String {
        let name =
            if self.unknown(TemplateName::Chatml).is_empty() { TemplateName::Chatml } else { TemplateName::Plain };
        self.write(name)
    }

    fn write(&self, name: TemplateName) -> String {
        let format = format_of(name);
        let begin = quoted(self.begin.unwrap_or_default());
        // Without a token to end an answer the marker is learned as the letters that it is.
        let end = self.end_of(&format);
        let end = quoted(end.as_deref().or(format.end_of_turn).unwrap_or_default());
        format!("{{% set begin = {begin} %}}\n{{% set end = {end} %}}\n{}", format.body)
    }

    /// The token that ends an answer.
    fn end_of(&self, format: &Format) -> Option<String> {
        let own = format.end_of_turn.filter(|marker| self.knows(marker)).map(str::to_owned);
        own.or_else(|| self.tokenizer.id_to_token(self.end_of_text?))
    }

    fn knows(&self, marker: &str) -> bool {
        self.tokenizer.token_to_id(marker).is_some()
    }

    fn unknown(&self, name: TemplateName) -> Vec<String> {
        let unknown = format_of(name).markers.iter().filter(|marker| !self.knows(marker));
        unknown.map(|marker| (*marker).to_owned()).collect()
    }

    fn offer(&self, name: TemplateName) -> Result<ReadyMade, RenderError> {
        let text = self.write(name);
        let sources = Sources { default: &text, tool_use: None };
        let template = Template::new(&sources, &BTreeMap::new()).map_err(RenderError::Render)?;
        let (messages, now) = (sample_conversation(), SystemTime::now().into());
        let sample = template.render(Conversation { messages: &messages, tools: &[], now }, true)?;
        let ends_answers = self.end_of(&format_of(name)).is_some();
        Ok(ReadyMade { name, sample, unknown_markers: self.unknown(name), ends_answers, text })
    }
}

impl ReadyMade {
    /// Which of them is used where none is chosen.
    pub fn standard(offered: &[Self]) -> TemplateName {
        let chatml = offered.iter().find(|one| one.name == TemplateName::Chatml);
        match chatml.is_some_and(|chatml| chatml.unknown_markers.is_empty()) {
            true => TemplateName::Chatml,
            false => TemplateName::Plain,
        }
    }

    /// Which of them a template is, whatever tokenizer it was written for.
    pub fn name_of(text: &str) -> Option<TemplateName> {
        let (begin, rest) = text.split_once('\n')?;
        let (end, body) = rest.split_once('\n')?;
        let is_written = begin.starts_with("{% set begin = ") && end.starts_with("{% set end = ");
        let is_it = |name: &TemplateName| format_of(*name).body.trim_end() == body.trim_end();
        TemplateName::ALL.into_iter().filter(|_| is_written).find(is_it)
    }
}

impl Renderer {
    /// The templates to choose from, for this tokenizer.
    ///
    /// # Errors
    ///
    /// When one of them cannot be rendered.
    pub fn ready_made(&self) -> Result<Vec<ReadyMade>, RenderError> {
        let format = &self.format;
        let begin = format.around[0].as_deref();
        let known = KnownTokens { tokenizer: &format.tokenizer, begin, end_of_text: format.end_of_text };
        TemplateName::ALL.into_iter().map(|name| known.offer(name)).collect()
    }
}

/// A short conversation that shows what a template makes of each role.
pub fn sample_conversation() -> Vec<Message> {
    vec![
        Message::new("system", "Answer in one word."),
        Message::new("user", "What colour is grass?"),
        Message::new("assistant", "Green."),
        Message::new("user", "And snow?"),
    ]
}

/// A text as Jinja and Python read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
