//! Rows with a judgement: a preference between two answers, an answer labelled good or bad, a text with its class.

use serde_json::Value;
use tunesmith_sentence::say;

use super::conversations::{answer, answered, asked, conversation, put_system, question, with_input, with_system};
use super::layout::truth;
use super::parts::Parts;
use super::repeated::leave_prompt_out;
use super::{cells, messages};
use crate::quoted::quoted;
use crate::record::{Object, Problem, value_name};
use crate::{Example, Message, checks};

/// A prompt and two answers to it.
type Pair = (Vec<Message>, Vec<Message>, Vec<Message>);

/// The most keys that a remark names.
const MOST_NAMES: usize = 8;

/// What a whole request has besides its messages.
#[derive(Default)]
struct Request {
    tools: Vec<Value>,
    system: Option<Value>,
}

/// OpenAI's preference data have a whole request as the prompt: its messages take the place of the column, and its tools and
/// its system prompt count as those of columns.
fn unpack_request(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Request, Problem> {
    let column = parts.column("prompt").to_owned();
    let Some(Value::Object(request)) = parts.row.get_mut(&column) else { return Ok(Request::default()) };
    if !request.get("messages").is_some_and(Value::is_array) {
        return Ok(Request::default());
    }
    let mut request = std::mem::take(request);
    let asked = request.shift_remove("messages");
    parts.row.extend(asked.map(|asked| (column.clone(), asked)));
    let is_given = |request: &Object, key: &str| request.get(key).is_some_and(|value| !value.is_null());
    let key = if is_given(&request, "tools") { "tools" } else { "functions" };
    let tools = messages::tools_in(request.shift_remove(key), key)?;
    let system = request.shift_remove("system").filter(|value| !value.is_null());
    // It says how calls come, and changes nothing in what is learned.
    request.shift_remove("parallel_tool_calls");
    let unused: Vec<&String> = request.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
    if !unused.is_empty() {
        let keys = quoted(unused.iter(), MOST_NAMES);
        let message = say!(
            "row-request-keys-unused",
            "Of the request in “{column}” these keys are not used: {keys}",
            column,
            keys
        );
        notes.push(Problem::new("request_keys_unused", message));
    }
    Ok(Request { tools, system })
}

/// Two answers. Without a prompt, what both begin with is the prompt.
pub(super) fn preference(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Example, Problem> {
    let request = unpack_request(parts, notes)?;
    let mut tools = messages::tools(parts)?;
    if tools.is_empty() {
        tools = request.tools;
    }
    let (better, worse) = (parts.required("chosen")?, parts.required("rejected")?);
    let (mut prompt, chosen, rejected) = match parts.has("prompt") {
        true => with_prompt_column(better, worse, parts, notes)?,
        false => with_common_prompt(better, worse, parts, notes)?,
    };
    put_system(request.system, "system", &mut prompt, notes)?;
    if chosen == rejected {
        let message = say!("row-answers-equal", "Both answers of this row are the same, so none is better");
        notes.push(Problem::new("equal_answers", message));
    }
    Ok(Example::Preference { prompt, chosen, rejected, tools })
}

/// Splits a row whose prompt has a column of its own. Some datasets repeat it at the head of both answers.
fn with_prompt_column(
    better: Value,
    worse: Value,
    parts: &mut Parts,
    notes: &mut Vec<Problem>,
) -> Result<Pair, Problem> {
    let prompt = asked(parts, "prompt", notes)?;
    let mut chosen = answer(better, parts.column("chosen"), notes)?;
    let mut rejected = answer(worse, parts.column("rejected"), notes)?;
    leave_prompt_out(&prompt, &mut [&mut chosen, &mut rejected], notes);
    Ok((prompt.messages, chosen.messages, rejected.messages))
}

/// Splits a row without a prompt column: the prompt is what both answers begin with.
fn with_common_prompt(
    better: Value,
    worse: Value,
    parts: &mut Parts,
    notes: &mut Vec<Problem>,
) -> Result<Pair, Problem> {
    let better = answer_value(better, parts.column("chosen"), notes)?;
    let worse = answer_value(worse, parts.column("rejected"), notes)?;
    let found = match (better, worse) {
        (AnswerValue::Messages(better), AnswerValue::Messages(worse)) => messages_apart(better, worse),
        (AnswerValue::Text(better), AnswerValue::Text(worse)) => texts_apart(&better, &worse, parts)?,
        _ => None,
    };
    let (mut prompt, chosen, rejected) = found.ok_or_else(|| {
        let message = say!(
            "row-no-common-prompt",
            "This row has no prompt, and “{chosen}” and “{rejected}” do not begin with a common one",
            chosen = parts.column("chosen"),
            rejected = parts.column("rejected")
        );
        Problem::new("empty_prompt", message)
    })?;
    with_input(parts, &mut prompt)?;
    with_system(parts, &mut prompt, notes)?;
    Ok((prompt, chosen, rejected))
}

fn messages_apart(mut chosen: Vec<Message>, mut rejected: Vec<Message>) -> Option<Pair> {
    let most = chosen.len().min(rejected.len()).saturating_sub(1);
    let common = chosen.iter().zip(&rejected).take(most).take_while(|(better, worse)| better == worse).count();
    let prompt: Vec<Message> = chosen.drain(..common).collect();
    rejected.drain(..common);
    (!prompt.is_empty()).then_some((prompt, chosen, rejected))
}

/// As TRL's `extract_prompt`, but the prompt never ends within a word.
fn texts_apart(better: &str, worse: &str, parts: &Parts) -> Result<Option<Pair>, Problem> {
    let common: usize = better.chars().zip(worse.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let in_word = |text: &str| text[common..].starts_with(char::is_alphanumeric);
    let mut prompt = &better[..common];
    if prompt.ends_with(char::is_alphanumeric) && (in_word(better) || in_word(worse)) {
        prompt = &prompt[..prompt.rfind(char::is_whitespace).unwrap_or(0)];
    }
    let end = prompt.trim_end().len();
    if end == 0 {
        return Ok(None);
    }
    let answer = |text: &str, part: &str| {
        answer(text[end..].trim_start().into(), parts.column(part), &mut Vec::new()).map(|answer| answer.messages)
    };
    let prompt = question(better[..end].to_owned(), parts.column("chosen"))?;
    Ok(Some((vec![prompt], answer(better, "chosen")?, answer(worse, "rejected")?)))
}

/// What the column of an answer holds.
enum AnswerValue {
    Messages(Vec<Message>),
    Text(String),
}

fn answer_value(value: Value, column: &str, notes: &mut Vec<Problem>) -> Result<AnswerValue, Problem> {
    let text = match messages::as_list(value) {
        Ok(list) => return checks::conversation(list, notes).map(AnswerValue::Messages),
        Err(other) => cells::text(other, column)?,
    };
    match dialogue(&text) {
        Some(messages) if messages.iter().any(|message| message.content.is_empty()) => {
            let message = say!("row-turn-silent", "A turn in “{column}” says nothing", column);
            Err(Problem::new("missing_content", message))
        }
        Some(messages) => Ok(AnswerValue::Messages(messages)),
        None => Ok(AnswerValue::Text(text)),
    }
}

/// The turns of a text in the manner of Anthropic's preference data: `\n\nHuman: …\n\nAssistant: …`.
fn dialogue(text: &str) -> Option<Vec<Message>> {
    const SPEAKERS: [(&str, &str); 2] = [("\n\nHuman:", "user"), ("\n\nAssistant:", "assistant")];
    let mut messages = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (said, role) = SPEAKERS.iter().find_map(|(mark, role)| Some((rest.strip_prefix(mark)?, role)))?;
        let end = SPEAKERS.iter().filter_map(|(mark, _)| said.find(mark)).min().unwrap_or(said.len());
        messages.push(Message::new(*role, said[..end].trim()));
        rest = &said[end..];
    }
    (messages.len() > 1).then_some(messages)
}

/// An answer that is good or bad, after its prompt or at the end of a conversation.
pub(super) fn unpaired(parts: &mut Parts, notes: &mut Vec<Problem>) -> Result<Example, Problem> {
    let value = parts.required("label")?;
    let label = truth(&value).ok_or_else(|| {
        let message = say!(
            "row-label-wrong",
            "“{column}” is {kind} in this row, neither true nor false",
            column = parts.column("label"),
            kind = value_name(&value)
        );
        Problem::new("wrong_label", message)
    })?;
    if !parts.shape.columns.contains_key("messages") {
        let prompt = asked(parts, "prompt", notes)?;
        let mut completion = answered(parts, "completion", notes)?;
        leave_prompt_out(&prompt, &mut [&mut completion], notes);
        return Ok(Example::Unpaired { prompt: prompt.messages, completion: completion.messages, label });
    }
    let mut prompt = conversation(parts, notes)?;
    let last = prompt.iter().rposition(|message| message.role == "assistant").unwrap_or_default();
    let completion = prompt.split_off(last);
    if prompt.is_empty() {
        let message = say!("row-nothing-asked", "This row begins with the answer: nothing is asked");
        return Err(Problem::new("empty_prompt", message));
    }
    with_system(parts, &mut prompt, notes)?;
    Ok(Example::Unpaired { prompt, completion, label })
}

/// A text and its class.
pub(super) fn classification(parts: &mut Parts) -> Result<Example, Problem> {
    let (text, label) = (parts.required_text("text")?, parts.required_text("label")?);
    match (text.trim().is_empty(), label.trim().is_empty()) {
        (true, _) => Err(parts.empty("empty_text", "text")),
        (_, true) => Err(parts.empty("empty_label", "label")),
        _ => Ok(Example::Classification { text, label }),
    }
}
