//! A row as an evaluation question: the messages up to the last answer, and that answer as the expected one. Asking the
//! model is left to others.

use serde_json::Value;
use tunesmith_protocol::LearnFrom;

use crate::{Example, Message, Render, RenderError, Rendered};

/// A conversation up to its last answer, and that answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// All before the answer.
    pub messages: Vec<Message>,
    /// The tools the assistant may call, as JSON schemas.
    pub tools: Vec<Value>,
    /// The answer; where it calls tools, what the model would have to write for that.
    pub expected: String,
}

impl Question {
    /// The question in an example. None for a text, for a conversation that begins with its last answer, and where the
    /// model's template does not show the calls that are the answer.
    ///
    /// # Errors
    ///
    /// When the answer calls tools and cannot be rendered.
    pub fn of(example: &Example, renderer: &dyn Render) -> Result<Option<Self>, RenderError> {
        let Some(taught) = example.taught() else { return Ok(None) };
        let Example::Chat { messages, tools } = &*taught else { return Ok(None) };
        let last = messages.iter().rposition(|message| message.role == "assistant").filter(|last| *last > 0);
        let Some(last) = last else { return Ok(None) };
        let answer = &messages[last];
        let expected = match answer.tool_calls {
            None => answer.content.clone(),
            Some(_) => written(&messages[..=last], tools, renderer)?,
        };
        let question = Self { messages: messages[..last].to_vec(), tools: tools.clone(), expected };
        Ok(Some(question).filter(|question| !question.expected.is_empty()))
    }
}

/// What the model learns to write as the last message, without special tokens, as its own answers are shown.
fn written(messages: &[Message], tools: &[Value], renderer: &dyn Render) -> Result<String, RenderError> {
    let mut messages = messages.to_vec();
    let last = messages.len() - 1;
    for (index, message) in messages.iter_mut().enumerate() {
        message.weight = (index < last).then_some(0.0);
    }
    let example = Example::Chat { messages, tools: tools.to_vec() };
    let rows = renderer.rows(&[example], LearnFrom::Assistant).map_err(|error| error.source)?;
    let Some(Rendered { tokens, .. }) = rows.into_iter().next().transpose()? else { return Ok(String::new()) };
    let learned = tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id);
    renderer.decode(&learned.collect::<Vec<u32>>())
}
