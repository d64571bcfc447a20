//! Finds what a template puts around an answer by rendering a small conversation: it needs to know no template.

use serde_json::Value;
use tokenizers::Tokenizer;

use super::difference::difference;
use super::tokenizer_calls::encode;
use crate::Message;
use crate::template::{Conversation, Moment, Template};

/// How a template opens and closes an answer.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The header of an answer that the template writes, but not as a generation prompt.
    pub header: String,
    /// What stands before an answer: the generation prompt or the header.
    pub opening: String,
    /// What the template puts between that and the answer; the model has to write it.
    pub lead: String,
    /// What the template writes behind an answer, up to and with the token that ends the turn.
    pub end: String,
    /// The token that ends the turn; none if the template writes none.
    pub end_token: Option<u32>,
}

impl Turns {
    /// Renders a small conversation and looks at it. A template that refuses it teaches nothing here, which is fine:
    /// masks are cut from each row's own rendering.
    pub(super) fn learn(
        template: &Template,
        tools: &[Value],
        tokenizer: &Tokenizer,
        end_tokens: &[u32],
        now: Moment,
    ) -> Self {
        let write = |messages: &[Message], prompt| template.render(Conversation { messages, tools, now }, prompt);
        let question = [Message::new("user", "Hi")];
        let mut conversation = vec![question[0].clone(), Message::new("assistant", "Good")];
        let (Ok(before), Ok(prompt)) = (write(&question, false), write(&question, true)) else {
            return Self::default();
        };
        let Ok(full) = write(&conversation, false) else { return Self::default() };
        conversation[1].content = "y".into();
        let Ok(other) = write(&conversation, false) else { return Self::default() };
        let (start, end) = difference(&full, &other);
        let header = match full.get(before.len()..start) {
            // A template that knows no generation prompt still writes a header; a chat must write it too, or the
            // model would have to.
            Some(gap) if prompt == before && full.starts_with(&before) && !gap.trim().is_empty() => {
                // The space before an answer belongs to the answer's first token.
                gap.trim_end_matches(' ').to_owned()
            }
            _ => String::new(),
        };
        let prompt = prompt + &header;
        let opening = prompt.strip_prefix(&before).unwrap_or_default().to_owned();
        let lead = full[..start].strip_prefix(&prompt).unwrap_or_default().to_owned();
        let (end, end_token) = end_of_turn(&full[end..], tokenizer, end_tokens).unwrap_or_default();
        Self { header, opening, lead, end, end_token }
    }
}

/// The part of `text` up to and with the first token that can end a turn, and that token.
fn end_of_turn(text: &str, tokenizer: &Tokenizer, end_tokens: &[u32]) -> Option<(String, Option<u32>)> {
    let encoding = encode(tokenizer, text, false).ok()?;
    let added = tokenizer.get_added_tokens_decoder();
    let ends = |id: &u32| end_tokens.contains(id) || added.contains_key(id);
    let (id, offsets) = encoding.get_ids().iter().zip(encoding.get_offsets()).find(|(id, _)| ends(id))?;
    Some((text.get(..offsets.1)?.to_owned(), Some(*id)))
}
