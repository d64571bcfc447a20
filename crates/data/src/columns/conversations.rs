//! Rows that are a conversation: a list of messages, or a question and its answer.

use serde_json::Value;
use tunesmith_sentence::say;

use super::parts::Parts;
use super::repeated::{Answer, leave_prompt_out};
use super::{cells, messages};
use crate::record::{Object, Problem};
use crate::{Example, Message, checks};

/// A row with a list of messages.
pub(super) fn chat(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Example, Problem> {
    let mut messages = conversation(parts, notes)?;
    with_system(parts, &mut messages, notes)?;
    Ok(Example::Chat { messages, tools: messages::tools(parts)? })
}

/// The list of messages of a row.
pub(super) fn conversation(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Vec<Message>, Problem> {
    let list = parts.take("messages");
    checks::conversation(messages::list(list, parts.column("messages"))?, notes)
}

/// A row with a question and an answer.
pub(super) fn exchange(
    parts: &mut Parts,
    question: &str,
    answer: &str,
    notes: &mut Vec<Problem>,
) -> Result<Example, Problem> {
    let mut asked = asked(parts, question, notes)?;
    let mut answered = answered(parts, answer, notes)?;
    leave_prompt_out(&asked, &mut [&mut answered], notes);
    with_thought(parts, &mut answered.messages, notes)?;
    // As TRL: of a prompt and its completion only the completion is learned. Earlier turns in a column of their own are
    // learned as in LLaMA-Factory, whose shape they come from.
    let prompt_starts = asked.messages.len() - asked.prompt_length;
    for message in asked.messages[prompt_starts..].iter_mut().filter(|message| message.role == "assistant") {
        message.weight.get_or_insert(0.0);
    }
    let mut messages = asked.messages;
    messages.extend(answered.messages);
    Ok(Example::Chat { messages, tools: messages::tools(parts)? })
}

/// Puts what is thought before an answer, from a column of its own, to an answer that brings no thought.
fn with_thought(parts: &mut Parts, answer: &mut [Message], notes: &mut Vec<Problem>) -> Result<(), Problem> {
    let Some(thought) = parts.optional_text("reasoning")? else { return Ok(()) };
    let Some(answer) = answer.iter_mut().find(|message| message.role == "assistant") else { return Ok(()) };
    let own = answer.reasoning_content.get_or_insert_with(|| thought.clone());
    if *own != thought {
        let message = say!(
            "row-reasoning-column-unused",
            "The answer brings reasoning of its own, so that in “{column}” is not used",
            column = parts.column("reasoning")
        );
        notes.push(Problem::new("reasoning_column_unused", message));
    }
    Ok(())
}

/// All that comes before an answer.
pub(super) struct Asked {
    /// The system prompt, earlier turns and the question.
    pub(super) messages: Vec<Message>,
    /// How many of the last of these are the prompt's own.
    prompt_length: usize,
    /// Earlier turns and the question without what other columns add to them: answers may repeat these.
    pub(super) plain: Vec<Message>,
}

/// All that comes before an answer, whose prompt is a text or a list of messages.
pub(super) fn asked(parts: &mut Parts, part: &str, notes: &mut Vec<Problem>) -> Result<Asked, Problem> {
    let mut messages = messages::history(parts.take("history"), notes)?;
    let earlier = messages.len();
    let mut plain = messages.clone();
    match messages::as_list(parts.required(part)?) {
        Ok(list) => {
            messages.extend(checks::messages(list, notes)?);
            plain.extend_from_slice(&messages[earlier..]);
            with_input(parts, &mut messages)?;
        }
        Err(other) => {
            let mut text = cells::text(other, parts.column(part))?;
            plain.push(Message::new("user", text.clone()));
            if let Some(input) = parts.optional_text("input")? {
                // Some datasets keep the whole question in the input and leave the instruction empty.
                text = if text.trim().is_empty() { input } else { format!("{text}\n\n{input}") };
            }
            messages.push(question(text, parts.column(part))?);
        }
    }
    let prompt_length = messages.len() - earlier;
    with_system(parts, &mut messages, notes)?;
    Ok(Asked { messages, prompt_length, plain })
}

/// Adds the row's input to the last question of its messages, as to one that is a text.
pub(super) fn with_input(parts: &mut Parts, messages: &mut Vec<Message>) -> Result<(), Problem> {
    let Some(input) = parts.optional_text("input")? else { return Ok(()) };
    match messages.iter_mut().rfind(|message| message.role == "user") {
        Some(question) => question.content = format!("{}\n\n{input}", question.content),
        None => messages.push(Message::new("user", input)),
    }
    Ok(())
}

/// An answer, as text or as messages.
pub(super) fn answered(parts: &mut Parts, part: &str, notes: &mut Vec<Problem>) -> Result<Answer, Problem> {
    let value = parts.required(part)?;
    answer(value, parts.column(part), notes)
}

/// The same for a value that lies in this column.
pub(super) fn answer(value: Value, column: &str, notes: &mut Vec<Problem>) -> Result<Answer, Problem> {
    let other = match messages::as_list(value) {
        Ok(list) => return Ok(Answer { messages: checks::conversation(list, notes)?, is_text: false }),
        Err(other) => other,
    };
    let text = cells::text(other, column)?;
    if text.trim().is_empty() {
        let message = say!(
            "row-answer-column-empty",
            "The column “{column}” is empty in this row: there is no answer to learn",
            column
        );
        return Err(Problem::new("empty_answer", message));
    }
    Ok(Answer { messages: vec![Message::new("assistant", text)], is_text: true })
}

/// A question as a message.
pub(super) fn question(text: String, column: &str) -> Result<Message, Problem> {
    if text.trim().is_empty() {
        let message =
            say!("row-prompt-column-empty", "The column “{column}” is empty in this row: nothing is asked", column);
        return Err(Problem::new("empty_prompt", message));
    }
    Ok(Message::new("user", text))
}

/// Puts the row's system prompt before messages that bring none.
pub(super) fn with_system(
    parts: &mut Parts,
    messages: &mut Vec<Message>,
    notes: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let value = parts.take("system");
    put_system(value, parts.column("system"), messages, notes)
}

/// The same for a value that lies under this name.
pub(super) fn put_system(
    value: Option<Value>,
    column: &str,
    messages: &mut Vec<Message>,
    notes: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let text = value.map(|value| system_text(value, column, notes)).transpose()?;
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
    match messages.first().filter(|first| first.role == "system") {
        None => messages.insert(0, Message::new("system", text)),
        Some(own) if own.content != text => {
            let message = say!(
                "row-system-column-unused",
                "The messages bring a system message of their own, so that in “{column}” is not used",
                column
            );
            notes.push(Problem::new("system_column_unused", message));
        }
        Some(_) => {}
    }
    Ok(())
}

/// The text of a system prompt, which may be a message with a content or with Gemini's parts.
fn system_text(value: Value, column: &str, notes: &mut Vec<Problem>) -> Result<String, Problem> {
    let mut message = match value {
        Value::Object(message) if message.contains_key("parts") || message.contains_key("content") => message,
        // Anthropic and Bedrock have a list of texts.
        Value::Array(parts) if parts.iter().all(|part| part["text"].is_string()) => {
            Object::from_iter([("content".to_owned(), parts.into())])
        }
        other => return cells::text(other, column),
    };
    message.insert("role".into(), "system".into());
    let mut own_notes = Vec::new();
    let read = checks::messages(vec![message.into()], &mut own_notes);
    let within = |problem: Problem| {
        let message = say!("row-within-column", "In “{column}”: {problem}", column, problem = problem.message);
        Problem { message, ..problem }
    };
    notes.extend(own_notes.into_iter().map(within));
    let messages = read.map_err(within)?;
    Ok(messages.into_iter().map(|message| message.content).collect())
}
