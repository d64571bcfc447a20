//! Whether a chat asks for an answer in the tokens that stand before it in a row. Begin tokens, line breaks that the
//! tokenizer merges and generation prompts can come between.

use tokenizers::Encoding;

use super::format::TextFormat;
use super::tokenizer_calls::encode;
use crate::template::Conversation;
use crate::template_check::{Departure, DepartureKind};

/// Characters of a difference that are shown.
const SHOWN: usize = 40;

/// A row as text and as tokens.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub conversation: Conversation<'a>,
    pub text: &'a str,
    pub encoding: &'a Encoding,
}

/// The first departure of what a chat sends before one of these answers; none where there is none, where nothing is asked
/// before an answer, and where the template refuses a conversation that is cut there.
pub(super) fn departure(format: &TextFormat, row: Row<'_>, answers: impl Iterator<Item = usize>) -> Option<Departure> {
    answers.filter(|answer| *answer > 0).find_map(|answer| before(format, row, answer))
}

fn before(format: &TextFormat, row: Row<'_>, answer: usize) -> Option<Departure> {
    let asked = Conversation { messages: &row.conversation.messages[..answer], ..row.conversation };
    let prompt = format.write(asked, true).ok()?;
    let tokens = encode(&format.tokenizer, &prompt, false).ok()?;
    let same = tokens.get_ids().iter().zip(row.encoding.get_ids()).take_while(|(one, other)| one == other).count();
    if same == tokens.len() {
        return None;
    }
    // Shown from whole tokens on: the names of two special tokens may begin alike.
    let start = |encoding: &Encoding, text: &str| encoding.get_offsets().get(same).map_or(text.len(), |place| place.0);
    let (from, learned_from) = (start(&tokens, &prompt), start(row.encoding, row.text));
    if row.text.starts_with(&prompt) {
        let across = row.encoding.get_offsets().iter().find(|(_, end)| *end > prompt.len());
        let until = across.map_or(row.text.len(), |(_, end)| *end);
        let learned = shown(row.text.get(..until).unwrap_or(row.text), learned_from);
        let asked = shown(&prompt, from);
        return Some(Departure { kind: DepartureKind::Merged, asked, learned });
    }
    let kind = if same == 0 { DepartureKind::Beginning } else { DepartureKind::Text };
    Some(Departure { kind, asked: shown(&prompt, from), learned: shown(row.text, learned_from) })
}

/// What a text goes on with from a byte, cut to what can be shown.
fn shown(text: &str, from: usize) -> String {
    let from = (0..=from.min(text.len())).rev().find(|from| text.is_char_boundary(*from)).unwrap_or_default();
    let mut rest = text[from..].chars();
    let mut shown: String = rest.by_ref().take(SHOWN).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}
