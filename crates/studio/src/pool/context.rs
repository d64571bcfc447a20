//! Which messages of a conversation a model reads. Where all of them do not fit into its context, the oldest are left out.

use tunesmith_data::Message;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::say;

use super::LoadedModel;

/// The messages that are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The system prompt, and the newest messages.
    pub messages: Vec<Message>,
    /// How many of the oldest messages are left out, the system prompt not counted.
    pub unread: usize,
}

impl LoadedModel {
    /// Leaves out the oldest messages that do not fit into the context together with an answer, besides the `unread` ones
    /// that are left out already. They go a quarter of the context at a time: with each that goes, the rest is read anew.
    ///
    /// # Errors
    /// The last message fills the context alone, or the template refuses the messages.
    pub fn fit(&self, messages: &[Message], unread: usize, longest_answer: u32) -> Result<Fitted, WireError> {
        let instructions = messages.iter().take_while(|message| message.role == "system").count();
        let (system, said) = messages.split_at(instructions);
        let from = |start: usize| -> Vec<Message> { system.iter().chain(&said[start..]).cloned().collect() };
        let mut tokens = |start: usize| Ok(self.renderer().prompt(&from(start), &[])?.len());
        let context = self.context_length() as usize;
        let limit = context - (longest_answer as usize).min(context / 4);
        // A conversation begins with a question; the first message is one in any case.
        let is_start = |start: &usize| *start == unread || said[*start].role == "user";
        let starts: Vec<usize> = (unread.min(said.len())..said.len()).filter(is_start).collect();
        let Some((&first, later)) = starts.split_first() else { return Ok(Fitted { messages: from(unread), unread }) };
        let start = match tokens(first)? {
            length if length <= limit => first,
            _ => match first_within(limit - limit / 4, later, &mut tokens)? {
                Some(start) => start,
                None => first_within(limit, later, &mut tokens)?.or(later.last().copied()).unwrap_or(first),
            },
        };
        match tokens(start)? {
            length if length >= context => Err(too_long(length, context)),
            _ => Ok(Fitted { messages: from(start), unread: start }),
        }
    }
}

/// The earliest of these starts from which at most `limit` tokens are read.
fn first_within(
    limit: usize,
    starts: &[usize],
    tokens: &mut impl FnMut(usize) -> Result<usize, WireError>,
) -> Result<Option<usize>, WireError> {
    let (mut low, mut high) = (0, starts.len());
    while low < high {
        let middle = (low + high) / 2;
        match tokens(starts[middle])? <= limit {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(starts.get(low).copied())
}

fn too_long(tokens: usize, limit: usize) -> WireError {
    WireError::new(
        ErrorCode::TooBig,
        say!(
            "chat-message-too-long",
            "The message alone is too long: with the system prompt it has {tokens} tokens, and this model reads at most {limit}",
            tokens,
            limit
        ),
        say!("chat-message-too-long-hint", "Shorten the message or the system prompt, and send it again"),
    )
}
