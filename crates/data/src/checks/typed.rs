//! Rows that somebody typed in, or that another program sent: they pass the same checks as those of a file.

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use super::{conversation, messages, tools};
use crate::record::Problem;
use crate::{Example, Message};

/// Checks a row that somebody typed in by the rules of an import.
///
/// # Errors
///
/// A sentence that says what is wrong with the row.
pub fn check(example: Example) -> Result<Example, Sentence> {
    let blank = |text: &str| text.trim().is_empty();
    Ok(match example {
        Example::Chat { messages, tools } => Example::Chat { messages: answered(messages)?, tools: objects(tools)? },
        Example::Text { text } | Example::Classification { text, .. } if blank(&text) => {
            return Err(say!("row-text-empty", "The text is empty"));
        }
        Example::Classification { label, .. } if blank(&label) => {
            return Err(say!("row-label-empty", "The label is empty"));
        }
        Example::Preference { chosen, .. } if are_silent(&chosen) => {
            return Err(say!("row-chosen-empty", "The chosen answer is empty"));
        }
        Example::Preference { rejected, .. } if are_silent(&rejected) => {
            return Err(say!("row-rejected-empty", "The rejected answer is empty"));
        }
        Example::Preference { prompt, chosen, rejected, tools } => Example::Preference {
            prompt: asked(prompt)?,
            chosen: answered(chosen)?,
            rejected: answered(rejected)?,
            tools: objects(tools)?,
        },
        Example::Unpaired { completion, .. } if are_silent(&completion) => {
            return Err(say!("row-answer-empty", "The answer is empty"));
        }
        Example::Unpaired { prompt, completion, label } => {
            Example::Unpaired { prompt: asked(prompt)?, completion: answered(completion)?, label }
        }
        fine => fine,
    })
}

/// Whether messages say nothing and call nothing.
fn are_silent(messages: &[Message]) -> bool {
    messages.iter().all(|message| message.content.trim().is_empty() && message.tool_calls.is_none())
}

fn asked(prompt: Vec<Message>) -> Result<Vec<Message>, Sentence> {
    if are_silent(&prompt) {
        return Err(say!("row-question-empty", "The question is empty"));
    }
    messages(as_values(&prompt), &mut Vec::new()).map_err(|problem| problem.message)
}

fn answered(answer: Vec<Message>) -> Result<Vec<Message>, Sentence> {
    conversation(as_values(&answer), &mut Vec::new()).map_err(|problem| problem.message)
}

fn as_values(messages: &[Message]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::to_value(message).unwrap_or_default()).collect()
}

/// The tools of a row, each an object.
fn objects(list: Vec<Value>) -> Result<Vec<Value>, Sentence> {
    match list.iter().all(Value::is_object) {
        true => Ok(tools(list, "tools")),
        false => Err(not_objects("tools").message),
    }
}

/// The problem of a row whose tools are no list of objects.
pub(crate) fn not_objects(column: &str) -> Problem {
    let what = say!("row-tools-wrong", "“{column}” is not a list of tools, each an object, in this row", column);
    Problem::new("wrong_tools", what)
}
