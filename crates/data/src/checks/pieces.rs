//! Messages whose parts are texts, calls of tools and results of calls: cut into messages that hold one kind each, in the order
//! of the parts.

use serde_json::Value;

use crate::record::Object;

/// What a part of a message is.
pub(super) enum Piece {
    /// A call, in the form of `tool_calls`.
    Call(Value),
    /// The result of a call, as a message of its own.
    Result(Value),
    /// A text, or anything else.
    Content(Value),
}

/// The messages of parts; `message` has what all of them share, such as who speaks.
pub(super) fn messages(message: &Object, pieces: impl Iterator<Item = Piece>) -> Vec<Value> {
    let (mut messages, mut content, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Call(call) => calls.push(call),
            Piece::Content(part) => content.push(part),
            Piece::Result(result) => {
                messages.extend(said(message, &mut content, &mut calls));
                messages.push(result);
            }
        }
    }
    let rest = said(message, &mut content, &mut calls);
    // A message without parts is told as one that says nothing.
    let rest = rest.or_else(|| messages.is_empty().then(|| with(message, Vec::new(), Vec::new())));
    messages.extend(rest);
    messages
}

/// What was said since the last result, as one message; none if nothing was.
fn said(message: &Object, content: &mut Vec<Value>, calls: &mut Vec<Value>) -> Option<Value> {
    let says_something = !content.is_empty() || !calls.is_empty();
    says_something.then(|| with(message, std::mem::take(content), std::mem::take(calls)))
}

fn with(message: &Object, content: Vec<Value>, calls: Vec<Value>) -> Value {
    let mut message = message.clone();
    message.insert("content".into(), content.into());
    if !calls.is_empty() {
        message.insert("tool_calls".into(), calls.into());
    }
    message.into()
}
