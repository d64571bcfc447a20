//! Whether a chat will ask the model the way its rows were learned: what a chat sends before an answer must be how the row's
//! tokens begin. Begin tokens, line breaks that the tokenizer merges, and generation prompts can come between.

use tunesmith_data::{Example, Message, Render, RenderError};
use tunesmith_protocol::LearnFrom;
use tunesmith_sentence::{Sentence, say};

/// Tokens of a difference that are shown.
const SHOWN: usize = 8;

/// How the prompt of a chat departs from the first row with an answer; none where it does not, or where nothing is asked.
pub(super) fn asked_otherwise(examples: &[Example], renderer: &dyn Render, learn_from: LearnFrom) -> Option<Sentence> {
    let (example, question, tools) = examples.iter().find_map(|example| {
        let Example::Chat { messages, tools } = example else { return None };
        Some((example, before_answer(messages, learn_from)?, tools))
    })?;
    // A row that cannot be rendered is told elsewhere, as one that is left out.
    let prompt = renderer.prompt(question, tools).ok()?;
    let row = renderer.rows(std::slice::from_ref(example), learn_from).ok()?.pop()?.ok()?.tokens.ids;
    let same = prompt.iter().zip(&row).take_while(|(asked, learned)| asked == learned).count();
    if same == prompt.len() {
        return None;
    }
    let show = |ids: &[u32]| text(renderer, &ids[same..ids.len().min(same + SHOWN)]);
    let (asked, learned) = (show(&prompt).ok()?, show(&row).ok()?);
    Some(match same {
        0 => say!(
            "run-chat-begins-otherwise",
            "A chat will begin otherwise than the rows: with {asked}, and they with {learned}. The model may answer worse than it learned",
            asked,
            learned
        ),
        _ => say!(
            "run-chat-asks-otherwise",
            "A chat will ask otherwise than the rows did: it sends {asked}, and the rows had {learned}. The model may answer worse than it learned",
            asked,
            learned
        ),
    })
}

/// The messages before the answer that a row teaches.
fn before_answer(messages: &[Message], learn_from: LearnFrom) -> Option<&[Message]> {
    let taught = |message: &Message| message.role == "assistant" && message.weight != Some(0.0);
    let answer = match learn_from {
        LearnFrom::Last => messages.iter().rposition(taught)?,
        LearnFrom::Assistant | LearnFrom::All => messages.iter().position(taught)?,
    };
    (answer > 0).then(|| &messages[..answer])
}

/// Tokens as a person can tell them apart: their text, and their numbers where special tokens have none.
fn text(renderer: &dyn Render, ids: &[u32]) -> Result<String, RenderError> {
    let numbers = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    Ok(format!("{:?} ({numbers})", renderer.decode(ids)?))
}
