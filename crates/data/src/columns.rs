//! Recognises the shape of rows by their column names and turns rows into examples.

mod cells;
mod guess;
mod literal;
mod messages;

use serde_json::Value;
use tunesmith_protocol::Format;

use crate::source::{Bad, Object};
use crate::{Example, Message, checks};
use cells::{optional_text, required_text};
pub(crate) use guess::{guess, is_known, unknown_shape};

/// A text of more bytes than this is remarked on: hardly any of it fits into a row of tokens.
const LONG_TEXT: usize = 100_000;

/// Which columns of a row mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list of `{role, content}`, or of ShareGPT's `{from, value}`, and the tools that may be called.
    Chat { messages: String, tools: Option<String> },
    /// An instruction, what it is about, and the output.
    Instruction {
        instruction: String,
        input: Option<String>,
        output: String,
        system: Option<String>,
        history: Option<String>,
    },
    /// A prompt and what follows, as text or as lists of messages.
    Pair { prompt: String, answer: String, system: Option<String> },
    /// Plain text.
    Text { text: String },
}

impl Shape {
    /// The format under which the screen and run files know it.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Chat { .. } => Format::Chat,
            Self::Instruction { .. } => Format::Instruction,
            Self::Pair { .. } => Format::Completion,
            Self::Text { .. } => Format::Text,
        }
    }

    /// The example that a row stands for. `notes` receives what is worth knowing about a row that is kept.
    pub(crate) fn example(&self, mut row: Object, notes: &mut Vec<Bad>) -> Result<Example, Bad> {
        match self {
            Self::Chat { messages, tools } => {
                let list = messages::list(row.shift_remove(messages.as_str()), messages)?;
                let tools = tools.as_ref().map_or(Ok(Vec::new()), |tools| messages::tools(row.get(tools.as_str())))?;
                checks::conversation(list, notes).map(|messages| Example::Chat { messages, tools })
            }
            Self::Instruction { .. } => self.instruction(&row),
            Self::Pair { prompt, answer, system } => pair(&mut row, prompt, answer, system.as_deref(), notes),
            Self::Text { text } => {
                let found = required_text(&row, text)?;
                if found.trim().is_empty() {
                    return Err(Bad::new("empty_text", format!("The column “{text}” is empty in this row")));
                }
                if found.len() > LONG_TEXT {
                    notes.push(long_text(found.len()));
                }
                Ok(Example::Text { text: found })
            }
        }
    }

    fn instruction(&self, row: &Object) -> Result<Example, Bad> {
        let Self::Instruction { instruction, input, output, system, history } = self else {
            return Err(unknown_shape(row));
        };
        let mut request = required_text(row, instruction)?;
        let input = input.as_ref().map_or(Ok(None), |input| optional_text(row, input))?;
        if let Some(input) = input {
            // Some datasets keep the whole question in the input and leave the instruction empty.
            request = if request.trim().is_empty() { input } else { format!("{request}\n\n{input}") };
        }
        let mut list = Vec::new();
        if let Some(history) = history {
            list.extend(messages::history(row.get(history.as_str()))?);
        }
        list.push(asked(request, instruction)?);
        list.push(answered(required_text(row, output)?, output)?);
        with_system(row, system.as_deref(), list)
    }
}

fn long_text(bytes: usize) -> Bad {
    let size = bytes / 1000;
    let message = format!(
        "This text is {size} kB long; what goes beyond the max length is not learned. Blank lines cut a text file into rows"
    );
    Bad::new("long_text", message)
}

fn pair(
    row: &mut Object,
    prompt: &str,
    answer: &str,
    system: Option<&str>,
    notes: &mut Vec<Bad>,
) -> Result<Example, Bad> {
    if messages::is_list(row.get(prompt)) || messages::is_list(row.get(answer)) {
        let mut list = match messages::is_list(row.get(prompt)) {
            true => messages::list(row.shift_remove(prompt), prompt)?,
            false => vec![Value::from_iter([("role", "user".to_owned()), ("content", required_text(row, prompt)?)])],
        };
        match messages::is_list(row.get(answer)) {
            true => list.extend(messages::list(row.shift_remove(answer), answer)?),
            false => list
                .push(Value::from_iter([("role", "assistant".to_owned()), ("content", required_text(row, answer)?)])),
        }
        return checks::conversation(list, notes).map(Example::chat);
    }
    let list = vec![asked(required_text(row, prompt)?, prompt)?, answered(required_text(row, answer)?, answer)?];
    with_system(row, system, list)
}

fn with_system(row: &Object, system: Option<&str>, mut messages: Vec<Message>) -> Result<Example, Bad> {
    if let Some(text) = system.map_or(Ok(None), |system| optional_text(row, system))? {
        messages.insert(0, Message::new("system", text));
    }
    Ok(Example::chat(messages))
}

fn asked(text: String, column: &str) -> Result<Message, Bad> {
    if text.trim().is_empty() {
        return Err(Bad::new("empty_prompt", format!("The column “{column}” is empty in this row: nothing is asked")));
    }
    Ok(Message::new("user", text))
}

fn answered(text: String, column: &str) -> Result<Message, Bad> {
    if text.trim().is_empty() {
        let message = format!("The column “{column}” is empty in this row: there is no answer to learn");
        return Err(Bad::new("empty_answer", message));
    }
    Ok(Message::new("assistant", text))
}
