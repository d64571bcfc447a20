//! Messages whose parts are texts, calls of tools and results of calls: cut into messages that hold one kind each, in the order
//! of the parts.

use serde_json::Value;

use crate::record::Object;

/// What a part of a message is.
pub(super) enum Piece {
    /// A call, in the form of `tool_calls`, and what else its part holds.
    Call(Value, Object),
    /// The result of a call, as a message of its own.
    Result(Object),
    /// A text, or anything else.
    Content(Value),
}

/// The keys of a message that hold for each of its parts: who speaks, and whether it is learned.
const SHARED: [&str; 7] = ["role", "from", "name", "weight", "train", "training", "loss"];
/// A longer text is none of these, in bytes.
const LONGEST_SHARED: usize = 200;

/// The messages of parts. Only the first has the other keys of `message`: copied for each, they could take any memory.
pub(super) fn messages(message: Object, pieces: impl Iterator<Item = Piece>) -> Vec<Value> {
    let mut said = Said::of(message);
    let mut messages = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Call(call, rest) => {
                said.calls.push(call);
                said.others.extend(rest);
            }
            Piece::Content(part) => said.content.push(part),
            Piece::Result(result) => {
                messages.extend(said.message());
                messages.push(result);
            }
        }
    }
    messages.extend(said.message());
    match messages.first_mut() {
        // Where all parts are results, the first has the other keys, to be told as not used.
        Some(first) => fill(first, said.rest()),
        // A message without parts is told as one that says nothing.
        None => messages.push(said.take()),
    }
    messages.into_iter().map(Value::from).collect()
}

/// What was said since the last result.
struct Said {
    /// The message with all its keys, until a part has them.
    whole: Option<Object>,
    shared: Object,
    content: Vec<Value>,
    calls: Vec<Value>,
    /// What the parts of calls hold besides.
    others: Object,
}

impl Said {
    fn of(message: Object) -> Self {
        let (content, calls, others) = (Vec::new(), Vec::new(), Object::new());
        Self { shared: shared(&message), whole: Some(message), content, calls, others }
    }

    /// One message; none if nothing was said.
    fn message(&mut self) -> Option<Object> {
        let says_something = !self.content.is_empty() || !self.calls.is_empty();
        says_something.then(|| self.take())
    }

    fn take(&mut self) -> Object {
        let mut message = self.whole.take().unwrap_or_else(|| self.shared.clone());
        message.insert("content".into(), std::mem::take(&mut self.content).into());
        let calls = std::mem::take(&mut self.calls);
        if !calls.is_empty() {
            message.insert("tool_calls".into(), calls.into());
        }
        fill(&mut message, std::mem::take(&mut self.others));
        message
    }

    /// The keys that no message has, and that hold for none.
    fn rest(self) -> Object {
        let is_other = |key: &str| key != "content" && !SHARED.contains(&key);
        self.whole.into_iter().flatten().filter(|(key, _)| is_other(key)).collect()
    }
}

fn shared(message: &Object) -> Object {
    let is_short = |value: &Value| match value {
        Value::String(text) => text.len() <= LONGEST_SHARED,
        Value::Array(_) | Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    let is_shared = |(key, value): &(&String, &Value)| SHARED.contains(&key.as_str()) && is_short(value);
    message.iter().filter(is_shared).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Adds what a message does not have.
fn fill(message: &mut Object, others: Object) {
    for (key, value) in others {
        message.entry(key).or_insert(value);
    }
}
