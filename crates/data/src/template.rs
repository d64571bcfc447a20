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
}

impl Template {
    /// Compiles a template; `special_tokens` are its variables (`bos_token`, `eos_token`, …). Fails with the mistake.
    pub(crate) fn new(source: &str, special_tokens: &BTreeMap<String, String>) -> Result<Self, Sentence> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(mistake)?);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_unknown_method_callback(python::method);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(false);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", raise_exception);
        environment.add_global("documents", Value::from(()));
        for (name, token) in special_tokens {
            environment.add_global(name.clone(), Value::from(token.as_str()));
        }
        environment.add_template_owned(NAME, python::plain_generation_blocks(source)).map_err(mistake)?;
        Ok(Self { environment })
    }

    /// Renders a conversation.
    pub(crate) fn render(
        &self,
        conversation: Conversation<'_>,
        add_generation_prompt: bool,
    ) -> Result<String, RenderError> {
        let Conversation { messages, tools, now } = conversation;
        let messages =
            messages.iter().map(|message| Value::from_object(TemplateMessage::from(message))).collect::<Vec<_>>();
        let tools = if tools.is_empty() { Value::from(()) } else { Value::from(Serde(tools)) };
        let variables = BTreeMap::from([
            ("messages", Value::from(messages)),
            ("tools", tools),
            ("add_generation_prompt", Value::from(add_generation_prompt)),
            ("strftime_now", Value::from_function(move |format: String| now.strftime(&format))),
        ]);
        let template = self.environment.get_template(NAME).map_err(failure)?;
        template.render(Value::from(variables)).map_err(failure)
    }
}

/// A message as templates see it: a mapping of what it has, in this order.
#[derive(Debug)]
struct TemplateMessage(Vec<(&'static str, Value)>);

impl From<&Message> for TemplateMessage {
    fn from(message: &Message) -> Self {
        let Message { role, content, tool_calls, tool_call_id, name, weight: _ } = message;
        let mut fields = vec![("role", Value::from(role.as_str()))];
        // `transformers` leaves out what is null in a message, as the content beside calls is.
        if !content.is_empty() || tool_calls.is_none() {
            fields.push(("content", Value::from(content.as_str())));
        }
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
