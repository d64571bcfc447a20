//! Which tokens of a conversation are learned: what the model has to write after each prompt, up to and with the
//! token that ends its turn.
//!
//! An answer is found by what changes when it changes: the conversation is rendered again with a stand-in for one
//! answer, and where the two texts differ, there the answer lies. This holds for templates that trim, reorder or
//! rewrite, and no text has to be searched for. The text is tokenised once; tokens are learned by their places in it.

use std::ops::Range;

use tunesmith_protocol::LearnFrom;

use super::turns::{Turns, difference};
use super::{Renderer, Tokens};
use crate::{Message, RenderError};

/// The tokens of a conversation.
pub(super) fn chat(renderer: &Renderer, messages: &[Message], learn_from: LearnFrom) -> Result<Tokens, RenderError> {
    let text = renderer.template.render(messages, false)?;
    let spans = answers(renderer, messages, &text)?;
    let encoding = renderer.encode(&text, false)?;
    let mut tokens = Tokens { ids: encoding.get_ids().to_vec(), learn: vec![false; encoding.len()] };

    let everything = learn_from == LearnFrom::All;
    tokens.learn.fill(everything);
    let last = spans.len().saturating_sub(1);
    let learned = |number: usize, answer: &Answer| match learn_from {
        LearnFrom::Last => number == last && answer.counts,
        LearnFrom::Assistant | LearnFrom::All => answer.counts,
    };
    for (number, answer) in spans.iter().enumerate() {
        let learn = learned(number, answer);
        for (flag, place) in tokens.learn.iter_mut().zip(encoding.get_offsets()) {
            if overlaps(*place, &answer.span) {
                *flag = learn;
            }
        }
    }

    // Without a token that ends the last answer the model would never learn to stop.
    let ends_open =
        messages.last().is_some_and(|message| message.role == "assistant") && renderer.turns.end_token.is_none();
    if let (true, Some(answer), Some(end)) = (ends_open, spans.last(), renderer.end_of_text)
        && tokens.ids.last() != Some(&end)
    {
        tokens.ids.push(end);
        tokens.learn.push(learned(last, answer));
    }
    if let Some(first) = tokens.learn.first_mut() {
        *first = false;
    }
    Ok(tokens)
}

/// What the model writes in one turn.
struct Answer {
    /// Where, in bytes of the rendered text.
    span: Range<usize>,
    /// Whether its weight lets it be learned.
    counts: bool,
}

fn answers(renderer: &Renderer, messages: &[Message], text: &str) -> Result<Vec<Answer>, RenderError> {
    let mut changed = messages.to_vec();
    let mut answers = Vec::new();
    for (index, message) in messages.iter().enumerate().filter(|(_, message)| message.role == "assistant") {
        changed[index].content = stand_in(&message.content);
        let other = renderer.template.render(&changed, false)?;
        changed[index].content.clone_from(&message.content);
        if other == text {
            // The template does not show this answer.
            continue;
        }
        let (start, end) = difference(text, &other);
        let start = prompt_end(renderer, &messages[..index], text, start);
        let end = turn_end(renderer, text, end, index + 1 == messages.len());
        answers.push(Answer { span: start..end, counts: message.weight != Some(0.0) });
    }
    Ok(answers)
}

/// A text that shares no character with the answer, so that the difference begins and ends exactly at the answer.
fn stand_in(answer: &str) -> String {
    let absent = ('a'..='z').rev().chain('0'..='9').find(|letter| !answer.contains(*letter));
    absent.unwrap_or('\u{E000}').to_string()
}

/// Where the prompt for an answer ends: at the answer, or before what the template itself puts in front of it, which
/// the model has to write as well.
fn prompt_end(renderer: &Renderer, before: &[Message], text: &str, answer: usize) -> usize {
    let Turns { opening, lead, .. } = &renderer.turns;
    let head = &text[..answer];
    if head.strip_suffix(lead.as_str()).is_some_and(|head| head.ends_with(opening.as_str())) {
        return answer - lead.len();
    }
    if !opening.is_empty() && head.ends_with(opening.as_str()) {
        return answer;
    }
    // A template may refuse a conversation cut here; then the answer's own start stands.
    match renderer.render(before, true) {
        Ok(prompt) if !before.is_empty() && prompt.len() <= answer && text.starts_with(&prompt) => prompt.len(),
        _ => answer,
    }
}

/// Where the turn ends that began with an answer ending at `answer`.
fn turn_end(renderer: &Renderer, text: &str, answer: usize, is_last: bool) -> usize {
    let turns = &renderer.turns;
    if turns.end_token.is_some() && text[answer..].starts_with(&turns.end) {
        answer + turns.end.len()
    } else if turns.end_token.is_none() && is_last {
        text.len()
    } else {
        answer
    }
}

fn overlaps(place: (usize, usize), span: &Range<usize>) -> bool {
    let (start, end) = place;
    if start == end { span.contains(&start) } else { start < span.end && end > span.start }
}
