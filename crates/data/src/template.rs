//! Chat templates: Jinja with the settings, filters and functions of `transformers`.

mod clock;
mod errors;
mod json;
mod python;

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, Serde, Value};
use minijinja::{AutoEscape, Environment};
use tunesmith_sentence::Sentence;

pub(crate) use clock::Moment;

use crate::{Message, RenderError};
use errors::{failure, mistake, raise_exception};

/// The work one rendering may do: an instruction costs 1, data 1 per 64 bytes, so this also bounds memory (128 MB).
const FUEL: u64 = 2_000_000;

const NAME: &str = "chat";
const TOOL_USE: &str = "tool_use";

/// Names under which templates look for what an assistant thought, the commonest first.
const THOUGHT_KEYS: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// What a template renders.
#[derive(Clone, Copy)]
pub(crate) struct Conversation<'a> {
    pub messages: &'a [Message],
    /// JSON schemas. Where there are none, the template gets `none` rather than an empty list: many distinguish the two.
    pub tools: &'a [serde_json::Value],
    /// The time that `strftime_now` returns. All renderings that are compared with each other must share it.
    pub now: Moment,
}

/// A chat template, ready to render.
pub(crate) struct Template {
    environment: Environment<'static>,
    /// The names under which the template, and the one for tools, look for what was thought.
    thought_keys: [&'static str; 2],
    has_tool_use: bool,
}

/// The texts of a model's chat templates.
pub(crate) struct Sources<'a> {
    pub default: &'a str,
    /// The one for conversations with tools, if the model has one of its own for them.
    pub tool_use: Option<&'a str>,
}

impl Template {
    /// Compiles a template; `special_tokens` are its variables (`bos_token`, `eos_token`, …). Fails with the mistake.
    pub(crate) fn new(sources: &Sources<'_>, special_tokens: &BTreeMap<String, String>) -> Result<Self, Sentence> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(mistake)?);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_unknown_method_callback(python::method);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(false);
        environment.set_formatter(python::write);
        environment.add_filter("string", python::string);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", raise_exception);
        environment.add_global("documents", Value::from(()));
        for (name, token) in special_tokens {
            environment.add_global(name.clone(), Value::from(token.as_str()));
        }
        for (name, source) in [(NAME, Some(sources.default)), (TOOL_USE, sources.tool_use)] {
            let Some(source) = source else { continue };
            environment.add_template_owned(name, python::plain_generation_blocks(source)).map_err(mistake)?;
        }
        let thought_keys = [sources.default, sources.tool_use.unwrap_or_default()].map(thought_key);
        Ok(Self { environment, thought_keys, has_tool_use: sources.tool_use.is_some() })
    }

    /// Whether conversations with tools have a template of their own.
    pub(crate) fn has_tool_use(&self) -> bool {
        self.has_tool_use
    }

    /// Renders a conversation.
    pub(crate) fn render(
        &self,
        conversation: Conversation<'_>,
        add_generation_prompt: bool,
    ) -> Result<String, RenderError> {
        let Conversation { messages, tools, now } = conversation;
        // As `transformers` chooses among several.
        let (name, thought_key) = match self.has_tool_use && !tools.is_empty() {
            true => (TOOL_USE, self.thought_keys[1]),
            false => (NAME, self.thought_keys[0]),
        };
        let seen = |message| Value::from_object(TemplateMessage::new(message, thought_key));
        let messages = messages.iter().map(seen).collect::<Vec<_>>();
        let tools = if tools.is_empty() { Value::from(()) } else { Value::from(Serde(tools)) };
        let variables = BTreeMap::from([
            ("messages", Value::from(messages)),
            ("tools", tools),
            ("add_generation_prompt", Value::from(add_generation_prompt)),
            ("strftime_now", Value::from_function(move |format: String| now.strftime(&format))),
        ]);
        let template = self.environment.get_template(name).map_err(failure)?;
        template.render(Value::from(variables)).map_err(failure)
    }
}

/// The name under which a template looks for what was thought.
fn thought_key(source: &str) -> &'static str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let names = |key: &str| {
        source.match_indices(key).any(|(at, _)| {
            let (before, after) = (&source[..at], &source[at + key.len()..]);
            before.ends_with(['.', '\'', '"']) && !after.starts_with(is_part)
        })
    };
    THOUGHT_KEYS.into_iter().find(|key| names(key)).unwrap_or(THOUGHT_KEYS[0])
}

/// A message as templates see it: a mapping of what it has, in this order.
#[derive(Debug)]
struct TemplateMessage(Vec<(&'static str, Value)>);

impl TemplateMessage {
    /// `thought_key` is the name under which the template looks for what the assistant thought.
    fn new(message: &Message, thought_key: &'static str) -> Self {
        let Message { role, content, tool_calls, tool_call_id, reasoning_content, name, weight: _ } = message;
        let mut fields = vec![("role", Value::from(role.as_str()))];
        // `transformers` leaves out what is null in a message, as the content beside calls is.
        if !content.is_empty() || tool_calls.is_none() {
            fields.push(("content", Value::from(content.as_str())));
        }
        fields.extend(reasoning_content.as_deref().map(|thought| (thought_key, Value::from(thought))));
        fields.extend(tool_calls.as_ref().map(|calls| ("tool_calls", Value::from(Serde(calls)))));
        fields.extend(tool_call_id.as_deref().map(|id| ("tool_call_id", Value::from(id))));
        fields.extend(name.as_deref().map(|name| ("name", Value::from(name))));
        Self(fields)
    }
}

impl Object for TemplateMessage {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| Value::from(*name)).collect())
    }
}
