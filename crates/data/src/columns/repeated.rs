//! Answers that begin with their prompt, as logs of completions keep them: the model would learn to repeat what it is asked.

use tunesmith_sentence::say;

use super::conversations::Asked;
use crate::Message;
use crate::record::Problem;

/// The messages of an answer, and whether the file holds them as a plain text. A list of messages says itself who speaks, so
/// its texts are left as they are.
pub(super) struct Answer {
    pub(super) messages: Vec<Message>,
    pub(super) is_text: bool,
}

/// Leaves the prompt out of its answers where all of them begin with it.
pub(super) fn leave_prompt_out(asked: &Asked, answers: &mut [&mut Answer], notes: &mut Vec<Problem>) {
    let prompts = [asked.messages.as_slice(), &asked.plain];
    let repeated = |prompt: &&[Message]| answers.iter().all(|answer| repeats_messages(prompt, &answer.messages));
    if let Some(prompt) = prompts.into_iter().find(repeated) {
        answers.iter_mut().for_each(|answer| drop(answer.messages.drain(..prompt.len())));
    } else if let Some(asked) = repeated_text(&asked.messages, answers) {
        for answer in answers {
            let rest = answer.messages[0].content[asked.len()..].trim_start();
            answer.messages[0].content = rest.to_owned();
        }
        let message =
            say!("row-prompt-repeated", "The answers of this row begin with its prompt, which is left out of them");
        notes.push(Problem::new("prompt_repeated", message));
    }
}

/// Whether an answer holds all messages of its prompt and then more.
pub(crate) fn repeats_messages(prompt: &[Message], answer: &[Message]) -> bool {
    answer.len() > prompt.len() && answer.starts_with(prompt)
}

/// The text of a prompt that all answers repeat before they say something.
fn repeated_text<'a>(prompt: &'a [Message], answers: &[&mut Answer]) -> Option<&'a str> {
    let asked = prompt.last().filter(|last| last.role == "user")?.content.trim_end();
    let repeats = |answer: &&mut Answer| match answer.messages.as_slice() {
        [message] => answer.is_text && repeats_text(asked, &message.content),
        _ => false,
    };
    answers.iter().all(repeats).then_some(asked)
}

/// Whether the text of an answer begins with that of its prompt. A single word may well be how an answer begins.
pub(crate) fn repeats_text(prompt: &str, answer: &str) -> bool {
    let asked = prompt.trim_end();
    let Some(rest) = answer.strip_prefix(asked) else { return false };
    let in_word = asked.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric);
    asked.contains(char::is_whitespace) && !rest.trim().is_empty() && !in_word
}
