//! Chat templates: Jinja with the settings and the extras under which `transformers` renders them.

mod clock;
mod json;
mod python;

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};

use crate::{Message, RenderError};

/// The work one rendering may do: an instruction costs 1, data 1 per 64 bytes, so this also bounds memory (128 MB).
const FUEL: u64 = 2_000_000;

const NAME: &str = "chat";

/// A chat template, ready to render.
pub(crate) struct Template {
    environment: Environment<'static>,
}

impl Template {
    /// Compiles a template; `special_tokens` are its variables (`bos_token`, `eos_token`, …). Fails with the mistake.
    pub(crate) fn new(source: &str, special_tokens: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_unknown_method_callback(python::method);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(false);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", clock::strftime_now);
        environment.add_global("tools", Value::from(()));
        environment.add_global("documents", Value::from(()));
        for (name, token) in special_tokens {
            environment.add_global(name.clone(), Value::from(token.as_str()));
        }
        environment.add_template_owned(NAME, python::plain_generation_blocks(source)).map_err(describe)?;
        Ok(Self { environment })
    }

    /// Renders a conversation.
    pub(crate) fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        let messages = messages.iter().map(|message| Value::from_object(Said::from(message))).collect::<Vec<_>>();
        let variables = BTreeMap::from([
            ("messages", Value::from(messages)),
            ("add_generation_prompt", Value::from(add_generation_prompt)),
        ]);
        let template = self.environment.get_template(NAME).map_err(failure)?;
        template.render(Value::from(variables)).map_err(failure)
    }
}

/// A message as templates see it: a mapping of role and content, in this order.
#[derive(Debug)]
struct Said {
    role: Value,
    content: Value,
}

impl From<&Message> for Said {
    fn from(message: &Message) -> Self {
        Self { role: Value::from(message.role.as_str()), content: Value::from(message.content.as_str()) }
    }
}

impl Object for Said {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "role" => Some(self.role.clone()),
            "content" => Some(self.content.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["role", "content"])
    }
}

/// What a template says when it refuses a conversation.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(String);

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Refusal(message)))
}

fn failure(error: Error) -> RenderError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(Refusal(message)) = current.downcast_ref() {
            return RenderError::Refused(message.clone());
        }
        cause = current.source();
    }
    match error.kind() {
        ErrorKind::OutOfFuel => {
            RenderError::Render("it does far more work than a conversation of this size needs".into())
        }
        _ => RenderError::Render(describe(error)),
    }
}

/// The mistake and its line, without the template's name, which means nothing to the user.
fn describe(error: Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    match error.line() {
        Some(line) => format!("{what} (line {line} of the template)"),
        None => what,
    }
}
