//! Finds the answers of a conversation in the text that a template renders.
//!
//! An answer is found by what changes when it changes: the conversation is rendered again with a stand-in for one
//! answer, and where the two texts differ, there the answer lies. This holds for templates that trim, reorder, drop or
//! rewrite, and no text has to be searched for. An answer that a template does not keep in one place of its own is an
//! error: what is learned is never guessed.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::difference::difference;
use super::format::TextFormat;
use super::hidden::{StandIns, hidden};
use super::turns::Turns;
use crate::template::Conversation;
use crate::{Hidden, Message, RenderError};

/// What the model writes in one turn.
pub(super) struct Answer {
    /// The message, from 0.
    pub message: usize,
    /// Where, in bytes of the rendered text.
    pub span: Range<usize>,
    /// Whether its weight lets it be learned.
    pub counts: bool,
}

/// A conversation and the text that the template makes of it.
pub(super) struct Rendering<'a> {
    format: &'a TextFormat,
    conversation: Conversation<'a>,
    stand_ins: StandIns,
    pub text: String,
}

impl<'a> Rendering<'a> {
    pub(super) fn new(format: &'a TextFormat, conversation: Conversation<'a>) -> Result<Self, RenderError> {
        let text = format.template.render(conversation, false)?;
        let stand_ins = StandIns::new(conversation, &text);
        Ok(Self { format, conversation, stand_ins, text })
    }

    /// The parts that the template does not show.
    pub(super) fn hidden(&self) -> Hidden {
        hidden(&self.format.template, self.conversation, &self.stand_ins, &self.text)
    }

    /// The answers that the template shows, in the order of their messages.
    pub(super) fn answers(&self) -> Result<Vec<Answer>, RenderError> {
        let messages = self.conversation.messages;
        let stand_in = self.stand_ins.iter().next().ok_or(RenderError::Unclear(1))?;
        let mut changed = messages.to_vec();
        let mut places = vec![None; messages.len()];
        let mut rewritten = false;
        for (index, message) in messages.iter().enumerate().filter(|(_, message)| message.role == "assistant") {
            places[index] = self.place(&mut changed, index, stand_in)?;
            rewritten |= places[index].as_ref().is_some_and(|place| !is_verbatim(&self.text[place.clone()], message));
        }
        if rewritten {
            // Only of an answer that stands there as it is, is it clear that no other message stands within it.
            for (index, _) in messages.iter().enumerate().filter(|(_, message)| message.role != "assistant") {
                places[index] = self.place(&mut changed, index, stand_in)?;
            }
        }
        if let Some(index) = meets_another(&places, messages) {
            return Err(RenderError::Unclear(index + 1));
        }
        let answers = messages.iter().enumerate().filter(|(_, message)| message.role == "assistant");
        let answer = |(index, message)| Some(self.answer(index, message, places[index].clone()?, &places));
        Ok(answers.filter_map(answer).collect())
    }

    /// Where a message stands; none if the template does not show it.
    fn place(
        &self,
        changed: &mut [Message],
        index: usize,
        stand_in: char,
    ) -> Result<Option<Range<usize>>, RenderError> {
        let message = &self.conversation.messages[index];
        changed[index] = disguised(message, stand_in);
        let other = self.format.template.render(Conversation { messages: changed, ..self.conversation }, false);
        changed[index].clone_from(message);
        let other = other?;
        if other == self.text {
            return Ok(None);
        }
        let shown = other.matches(stand_in).count();
        // A call is shown by its name and its arguments, in whatever order.
        let most = 1 + usize::from(message.reasoning_content.is_some());
        if shown == 0 || (shown > most && message.tool_calls.is_none() && message.role == "assistant") {
            return Err(RenderError::Unclear(index + 1));
        }
        let (start, end) = difference(&self.text, &other);
        Ok(Some(start..end))
    }

    fn answer(&self, index: usize, message: &Message, place: Range<usize>, places: &[Option<Range<usize>>]) -> Answer {
        let start = self.prompt_end(index, place.start);
        let end = match message.tool_calls {
            None => self.turn_end(place.end, index + 1 == self.conversation.messages.len()),
            Some(_) => self.call_end(index, place.end, places),
        };
        Answer { message: index, span: start..end, counts: message.weight != Some(0.0) }
    }

    /// Where the prompt for an answer ends: at the answer, or before what the template itself puts in front of it,
    /// which the model has to write as well.
    fn prompt_end(&self, index: usize, answer: usize) -> usize {
        let Turns { opening, lead, .. } = self.format.turns(self.conversation.tools);
        let head = &self.text[..answer];
        if head.strip_suffix(lead.as_str()).is_some_and(|head| head.ends_with(opening.as_str())) {
            return answer - lead.len();
        }
        if !opening.is_empty() && head.ends_with(opening.as_str()) {
            return answer;
        }
        let before = Conversation { messages: &self.conversation.messages[..index], ..self.conversation };
        // A template may refuse a conversation cut here; then the answer's own start stands.
        match self.format.write(before, true) {
            Ok(prompt) if index > 0 && prompt.len() <= answer && self.text.starts_with(&prompt) => prompt.len(),
            _ => answer,
        }
    }

    /// Where the turn ends that began with an answer ending at `answer`.
    fn turn_end(&self, answer: usize, is_last: bool) -> usize {
        let turns = self.format.turns(self.conversation.tools);
        if turns.end_token.is_some() && self.text[answer..].starts_with(&turns.end) {
            answer + turns.end.len()
        } else if turns.end_token.is_none() && is_last {
            self.text.len()
        } else {
            answer
        }
    }

    /// Where the turn ends with a call that ends at `call`: where the next token ends that can end a turn, as long as no
    /// other message begins. What the template writes between a call and that token closes the call, and is the model's
    /// to write; calls may end with another token than answers.
    fn call_end(&self, index: usize, call: usize, places: &[Option<Range<usize>>]) -> usize {
        let tokens = self.format.end_tokens.iter().filter_map(|id| self.format.tokenizer.id_to_token(*id));
        let tokens: Vec<String> = tokens.collect();
        // The template may end a call with the turn's end already changed: then the difference holds it.
        if tokens.iter().any(|token| self.text[..call].ends_with(token)) {
            return call;
        }
        let starts = places.iter().flatten().map(|place| place.start).filter(|start| *start >= call);
        let next_message = starts.min().unwrap_or(self.text.len());
        let rest = &self.text[call..next_message];
        match tokens.iter().filter_map(|token| Some(rest.find(token)? + token.len())).min() {
            Some(length) => call + length,
            None => self.end_alone(index, call, next_message),
        }
    }

    /// The end of a call that no end token closes: as far as the text equals that of the conversation up to the call.
    fn end_alone(&self, index: usize, call: usize, next_message: usize) -> usize {
        let until = Conversation { messages: &self.conversation.messages[..=index], ..self.conversation };
        // A template may refuse a conversation cut here; then the call's own end stands.
        let Ok(alone) = self.format.template.render(until, false) else { return call };
        let (same, _) = difference(&self.text, &alone);
        // The line break between turns is the template's.
        self.text[..same.min(next_message)].trim_end().len().max(call)
    }
}

/// Whether a template shows an answer as it is, white space around it aside.
fn is_verbatim(shown: &str, message: &Message) -> bool {
    message.tool_calls.is_none()
        && message.reasoning_content.is_none()
        && (shown == message.content || shown == message.content.trim())
}

/// A message of the same shape that says something else.
fn disguised(message: &Message, stand_in: char) -> Message {
    let mut message = message.clone();
    if !message.content.is_empty() || message.tool_calls.is_none() {
        message.content = stand_in.to_string();
    }
    message.reasoning_content = message.reasoning_content.map(|_| stand_in.to_string());
    for call in message.tool_calls.iter_mut().filter_map(Value::as_array_mut).flatten() {
        disguise(call, stand_in);
    }
    message
}

/// Replaces the name and arguments of a call by the stand-in.
fn disguise(call: &mut Value, stand_in: char) {
    let Some(function) = function_of(call) else { return };
    function.insert("name".into(), stand_in.to_string().into());
    function.insert("arguments".into(), json!({ (stand_in.to_string()): stand_in.to_string() }));
}

/// The function of a call; none where a row that was stored earlier has something else in a call's place.
pub(super) fn function_of(call: &mut Value) -> Option<&mut Map<String, Value>> {
    call.get_mut("function")?.as_object_mut()
}

/// The index of an answer whose place meets another message's.
fn meets_another(places: &[Option<Range<usize>>], messages: &[Message]) -> Option<usize> {
    let mut shown: Vec<(usize, &Range<usize>)> =
        places.iter().enumerate().filter_map(|(index, place)| Some((index, place.as_ref()?))).collect();
    shown.sort_by_key(|(_, place)| (place.start, place.end));
    // Two messages that are no answers may share a place: neither is learned.
    let answer = |index: &usize| messages[*index].role == "assistant";
    let mut furthest: Option<(usize, usize)> = None;
    for (index, place) in shown {
        if let Some((other, end)) = furthest.filter(|(_, end)| *end > place.start) {
            if let Some(met) = [other, index].into_iter().find(answer) {
                return Some(met);
            }
            furthest = Some(if end >= place.end { (other, end) } else { (index, place.end) });
        } else {
            furthest = Some((index, place.end));
        }
    }
    None
}
