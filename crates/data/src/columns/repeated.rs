//! Answers that begin with their prompt, as logs of completions keep them: the model would learn to repeat what it is asked.

use tunesmith_sentence::say;

use crate::Message;
use crate::record::Problem;

/// Leaves the prompt out of its answers where all of them begin with it.
pub(super) fn leave_prompt_out(prompt: &[Message], answers: &mut [&mut Vec<Message>], notes: &mut Vec<Problem>) {
    let repeats = |answer: &&mut Vec<Message>| answer.len() > prompt.len() && answer.starts_with(prompt);
    if answers.iter().all(repeats) {
        answers.iter_mut().for_each(|answer| drop(answer.drain(..prompt.len())));
    } else if let Some(asked) = repeated_text(prompt, answers) {
        for answer in answers {
            let rest = answer[0].content[asked.len()..].trim_start();
            answer[0].content = rest.to_owned();
        }
        let message =
            say!("row-prompt-repeated", "The answers of this row begin with its prompt, which is left out of them");
        notes.push(Problem::new("prompt_repeated", message));
    }
}

/// The text of a prompt that all answers repeat before they say something. A single word may well be how an answer begins.
fn repeated_text<'a>(prompt: &'a [Message], answers: &[&mut Vec<Message>]) -> Option<&'a str> {
    let asked = prompt.last().filter(|last| last.role == "user")?.content.trim_end();
    let repeats = |answer: &&mut Vec<Message>| {
        let [Message { content, tool_calls: None, .. }] = answer.as_slice() else { return false };
        let Some(rest) = content.strip_prefix(asked) else { return false };
        let in_word = asked.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric);
        !rest.trim().is_empty() && !in_word
    };
    (asked.contains(char::is_whitespace) && answers.iter().all(repeats)).then_some(asked)
}
