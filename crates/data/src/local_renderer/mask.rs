//! The loss mask of a conversation: what the model has to write after each prompt, up to and with the token that ends its
//! turn. The answers are found in `answers`; the text is tokenised once, and a token is learned if it overlaps an answer.

use std::ops::Range;

use tokenizers::Encoding;
use tunesmith_protocol::LearnFrom;

use super::answers::{Answer, Rendering};
use super::departure;
use super::format::TextFormat;
use crate::RenderError;
use crate::template::Conversation;
use crate::template_check::HiddenPart;
use crate::tokens::{Rendered, Tokens};

/// Answers between the first and the last that are asked for, as each takes another rendering.
const MOST_BETWEEN: usize = 4;

/// A conversation as text and as tokens.
pub(super) struct Chat {
    pub text: String,
    /// Where each token stands in the text; a token that ends a row without an end of its own is not among them.
    pub encoding: Encoding,
    pub rendered: Rendered,
}

/// The tokens of a conversation and what is learned of it.
pub(super) fn chat(
    format: &TextFormat,
    conversation: Conversation<'_>,
    learn_from: LearnFrom,
) -> Result<Chat, RenderError> {
    let messages = conversation.messages;
    let rendering = Rendering::new(format, conversation)?;
    let everything = learn_from == LearnFrom::All;
    let weighed = messages.iter().any(|message| message.weight == Some(0.0));
    // Where all is learned alike, it does not matter where the answers stand.
    let answers = if everything && !weighed { Vec::new() } else { rendering.answers()? };
    let encoding = format.encode(&rendering.text, false)?;
    let mut tokens = Tokens { ids: encoding.get_ids().to_vec(), learn: vec![everything; encoding.len()] };

    let last = answers.len().saturating_sub(1);
    let learned = |number: usize, answer: &Answer| match learn_from {
        LearnFrom::Last => number == last && answer.counts,
        LearnFrom::Assistant | LearnFrom::All => answer.counts,
    };
    let may_be_learned = |index: &usize| messages[*index].weight != Some(0.0);
    let mut learned_messages: Vec<usize> =
        if everything { (0..messages.len()).filter(may_be_learned).collect() } else { Vec::new() };
    for (number, answer) in answers.iter().enumerate() {
        let learn = learned(number, answer);
        for (flag, place) in tokens.learn.iter_mut().zip(encoding.get_offsets()) {
            if overlaps(*place, &answer.span) {
                *flag = learn;
                if learn && !learned_messages.contains(&answer.message) {
                    learned_messages.push(answer.message);
                }
            }
        }
    }

    // Without a token that ends the last answer the model would never learn to stop.
    let ends_open = messages.last().is_some_and(|message| message.role == "assistant")
        && format.turns(conversation.tools).end_token.is_none();
    let end_learned = answers.last().map_or(everything, |answer| learned(last, answer));
    if let (true, Some(end)) = (ends_open && (everything || !answers.is_empty()), format.end_of_text)
        && tokens.ids.last() != Some(&end)
    {
        tokens.ids.push(end);
        tokens.learn.push(end_learned);
    }
    let open = answers.iter().enumerate().filter(|(number, answer)| {
        let ends_row = *number == last && tokens.ids.last().is_some_and(|id| format.end_tokens.contains(id));
        learned(*number, answer) && !ends_row && !is_ended(format, &encoding, &answer.span)
    });
    let open = open.count() as u64;
    if let Some(first) = tokens.learn.first_mut() {
        *first = false;
    }
    // The first and the last answer that is learned stand for those between, unless such a one begins with white space, which
    // a tokenizer may join with what stands before it.
    let asked: Vec<usize> =
        learned_messages.iter().copied().filter(|index| messages[*index].role == "assistant").collect();
    let begins_blank = |index: &&usize| messages[**index].content.starts_with(char::is_whitespace);
    let between = asked.iter().skip(1).filter(begins_blank).take(MOST_BETWEEN);
    let asked = asked.first().into_iter().chain(asked.last()).chain(between).copied();
    let row = departure::Row { conversation, text: &rendering.text, encoding: &encoding };
    let departure = departure::departure(format, row, asked);
    let mut hidden = rendering.hidden();
    if open > 0 {
        hidden.insert(HiddenPart::End, open);
    }
    let rendered = Rendered { tokens, learned_messages, hidden, doubled_tokens: 0, departure };
    Ok(Chat { text: rendering.text, encoding, rendered })
}

/// Whether the last token of an answer is one that ends a turn.
fn is_ended(format: &TextFormat, encoding: &Encoding, answer: &Range<usize>) -> bool {
    let tokens = encoding.get_ids().iter().zip(encoding.get_offsets());
    let last = tokens.rev().find(|(_, place)| overlaps(**place, answer));
    last.is_some_and(|(id, _)| format.end_tokens.contains(id))
}

fn overlaps(place: (usize, usize), span: &Range<usize>) -> bool {
    let (start, end) = place;
    if start == end { span.contains(&start) } else { start < span.end && end > span.start }
}
