//! What in an example is asked, what is answered and what is text. The only file of the doctor that a new variant of
//! `Example` changes.

use serde_json::Value;

use tunesmith_data::{Example, Message};

/// The messages whose order is checked; none where an example is no conversation.
pub(crate) fn messages(example: &Example) -> &[Message] {
    match example {
        Example::Chat { messages, .. } => messages,
        _ => &[],
    }
}

/// All messages that an example has: what is asked, and every answer to it.
fn all_messages(example: &Example) -> impl Iterator<Item = &Message> {
    let lists: [&[Message]; 3] = match example {
        Example::Chat { messages, .. } => [messages, &[], &[]],
        Example::Preference { prompt, chosen, rejected, .. } => [prompt, chosen, rejected],
        Example::Unpaired { prompt, completion, .. } => [prompt, completion, &[]],
        Example::Text { .. } | Example::Classification { .. } => [&[], &[], &[]],
    };
    lists.into_iter().flatten()
}

/// An answer that the model learns.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub text: &'a str,
    /// Whether it calls tools, so that its text may be empty.
    pub calls: bool,
}

/// What is answered, in order: the assistant's messages that are learned, or the label. Of several answers to one
/// question only the one that is taught.
pub(crate) fn answers(example: &Example) -> impl Iterator<Item = Answer<'_>> {
    let (messages, label): (&[Message], Option<&str>) = match example {
        Example::Chat { messages, .. } => (messages, None),
        Example::Preference { chosen, .. } => (chosen, None),
        Example::Unpaired { completion, label: true, .. } => (completion, None),
        Example::Classification { label, .. } => (&[], Some(label)),
        Example::Unpaired { .. } | Example::Text { .. } => (&[], None),
    };
    let learned = |message: &&Message| message.role == "assistant" && message.weight != Some(0.0);
    messages.iter().filter(learned).map(answer).chain(label.map(|text| Answer { text, calls: false }))
}

fn answer(message: &Message) -> Answer<'_> {
    Answer { text: &message.content, calls: message.tool_calls.is_some() }
}

/// What the assistant thinks before the answers that are learned.
pub(crate) fn reasoning(example: &Example) -> impl Iterator<Item = &str> {
    let messages: &[Message] = match example {
        Example::Chat { messages, .. } => messages,
        Example::Preference { chosen, .. } => chosen,
        Example::Unpaired { completion, label: true, .. } => completion,
        Example::Unpaired { .. } | Example::Text { .. } | Example::Classification { .. } => &[],
    };
    let learned = messages.iter().filter(|message| message.weight != Some(0.0));
    learned.filter_map(|message| message.reasoning_content.as_deref())
}

/// What is asked in a row, and the last answer that is taught.
pub(crate) enum Exchange<'a> {
    Answered { before: Vec<&'a Message>, answer: &'a Message },
    Labelled { text: &'a str, label: &'a str },
}

/// None where nothing is asked, or the last answer is not learned.
pub(crate) fn exchange(example: &Example) -> Option<Exchange<'_>> {
    let (prompt, conversation): (&[Message], &[Message]) = match example {
        Example::Chat { messages, .. } => (&[], messages),
        Example::Preference { prompt, chosen, .. } => (prompt, chosen),
        Example::Unpaired { prompt, completion, label: true } => (prompt, completion),
        Example::Classification { text, label } => return Some(Exchange::Labelled { text, label }),
        Example::Unpaired { .. } | Example::Text { .. } => return None,
    };
    let last = conversation.iter().rposition(|message| message.role == "assistant")?;
    let before: Vec<&Message> = prompt.iter().chain(&conversation[..last]).collect();
    (!before.is_empty() && conversation[last].weight != Some(0.0))
        .then_some(Exchange::Answered { before, answer: &conversation[last] })
}

/// The text of an example that is plain text.
pub(crate) fn plain(example: &Example) -> Option<&str> {
    match example {
        Example::Text { text } => Some(text),
        _ => None,
    }
}

/// What is asked: all that users and tools say, or the text that gets a label.
pub(crate) fn asked(example: &Example) -> impl Iterator<Item = &str> {
    let (messages, text): (&[Message], Option<&str>) = match example {
        Example::Chat { messages, .. } => (messages, None),
        Example::Preference { prompt, .. } | Example::Unpaired { prompt, .. } => (prompt, None),
        Example::Classification { text, .. } => (&[], Some(text)),
        Example::Text { .. } => (&[], None),
    };
    let asks = |message: &&Message| !matches!(message.role.as_str(), "system" | "assistant");
    messages.iter().filter(asks).map(|message| message.content.as_str()).chain(text)
}

/// The system message.
pub(crate) fn system(example: &Example) -> Option<&str> {
    all_messages(example).find(|message| message.role == "system").map(|message| message.content.as_str())
}

/// Every text of a row that people read: contents of messages, what was thought, texts and labels, but not tool calls.
pub(crate) fn texts(example: &Example) -> impl Iterator<Item = &str> {
    let class = match example {
        Example::Classification { text, label } => [Some(text.as_str()), Some(label.as_str())],
        other => [plain(other), None],
    };
    let thoughts = all_messages(example).filter_map(|message| message.reasoning_content.as_deref());
    all_messages(example).map(|message| message.content.as_str()).chain(thoughts).chain(class.into_iter().flatten())
}

/// The example with `mend` applied to every one of its [`texts`]; none if nothing changed. No text is emptied: a message
/// must not lose its content.
pub(crate) fn map_texts(example: &Example, mend: &dyn Fn(&str) -> Option<String>) -> Option<Example> {
    let mut mended = example.clone();
    let mut changed = false;
    for message in all_messages_mut(&mut mended) {
        changed |= replace(&mut message.content, mend);
        changed |= message.reasoning_content.as_mut().is_some_and(|thought| replace(thought, mend));
    }
    match &mut mended {
        Example::Text { text } => changed |= replace(text, mend),
        Example::Classification { text, label } => changed |= replace(text, mend) | replace(label, mend),
        _ => {}
    }
    changed.then_some(mended)
}

/// The example with `mend` applied to what the assistant says; none if nothing changed.
pub(crate) fn map_answers(example: &Example, mend: &dyn Fn(&str) -> Option<String>) -> Option<Example> {
    let mut mended = example.clone();
    let answers = all_messages_mut(&mut mended).filter(|message| message.role == "assistant");
    let changed = answers.fold(false, |changed, message| replace(&mut message.content, mend) | changed);
    changed.then_some(mended)
}

/// The same as [`map_texts`], with the texts inside tool calls.
pub(crate) fn map_texts_and_calls(example: &Example, mend: &dyn Fn(&str) -> Option<String>) -> Option<Example> {
    let messages = map_texts(example, mend);
    let mut changed = messages.is_some();
    let mut mended = messages.unwrap_or_else(|| example.clone());
    let calls = all_messages_mut(&mut mended).filter_map(|message| message.tool_calls.as_mut());
    calls.for_each(|calls| changed |= replace_inside(calls, mend));
    changed.then_some(mended)
}

/// Calls `look` on every text that [`map_texts_and_calls`] would change.
pub(crate) fn for_each_text<'a>(example: &'a Example, look: &mut dyn FnMut(&'a str)) {
    texts(example).for_each(&mut *look);
    let calls = all_messages(example).filter_map(|message| message.tool_calls.as_ref());
    calls.for_each(|calls| look_inside(calls, look));
}

fn all_messages_mut(example: &mut Example) -> impl Iterator<Item = &mut Message> {
    let lists: [&mut [Message]; 3] = match example {
        Example::Chat { messages, .. } => [messages, &mut [], &mut []],
        Example::Preference { prompt, chosen, rejected, .. } => [prompt, chosen, rejected],
        Example::Unpaired { prompt, completion, .. } => [prompt, completion, &mut []],
        Example::Text { .. } | Example::Classification { .. } => [&mut [], &mut [], &mut []],
    };
    lists.into_iter().flatten()
}

fn replace(text: &mut String, mend: &dyn Fn(&str) -> Option<String>) -> bool {
    match mend(text).filter(|mended| !mended.trim().is_empty()) {
        Some(mended) => {
            *text = mended;
            true
        }
        None => false,
    }
}

fn replace_inside(value: &mut Value, mend: &dyn Fn(&str) -> Option<String>) -> bool {
    match value {
        Value::String(text) => replace(text, mend),
        Value::Array(list) => list.iter_mut().fold(false, |changed, value| replace_inside(value, mend) | changed),
        Value::Object(map) => map.values_mut().fold(false, |changed, value| replace_inside(value, mend) | changed),
        _ => false,
    }
}

fn look_inside<'a>(value: &'a Value, look: &mut dyn FnMut(&'a str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(list) => list.iter().for_each(|value| look_inside(value, look)),
        Value::Object(map) => map.values().for_each(|value| look_inside(value, look)),
        _ => {}
    }
}
