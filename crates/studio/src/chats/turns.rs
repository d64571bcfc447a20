//! How what was said changes: a message more, one said or answered anew, all forgotten, and back again.

use tunesmith_protocol::{Turn, WireError};

use super::refusals;
use crate::home::db::StoredChat;
use crate::ids;

/// Says something new, or says or answers the turn at `place` anew, which takes what followed away until `undo`.
pub(super) fn say(stored: &mut StoredChat, text: Option<String>, place: Option<u32>) -> Result<(), WireError> {
    if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(refusals::nothing_to_say());
    }
    let turns = &mut stored.chat.turns;
    let place = match (&text, place) {
        (_, Some(place)) if (place as usize) < turns.len() => place as usize,
        (_, Some(_)) => return Err(refusals::no_such_turn()),
        (Some(_), None) => turns.len(),
        (None, None) => turns.len().checked_sub(1).ok_or_else(refusals::nothing_to_answer)?,
    };
    let is_replaced = turns.get(place).is_some_and(|turn| text.is_some() || !turn.answers.is_empty());
    if is_replaced || turns.len() > place + 1 {
        stored.earlier = Some(turns.clone());
    }
    let said = turns.get(place).map(|turn| turn.user.clone());
    turns.truncate(place);
    let user = text.or(said).unwrap_or_default();
    if place == 0 {
        stored.chat.title = title_of(&user);
    }
    turns.push(Turn { user, answers: Vec::new() });
    stored.chat.changed_ms = ids::now_ms();
    Ok(())
}

/// Forgets what was said, until `undo`.
pub(super) fn clear(stored: &mut StoredChat) -> Result<(), WireError> {
    let said = std::mem::take(&mut stored.chat.turns);
    // Cleared twice, the first one is what an undo is for.
    if !said.is_empty() {
        stored.earlier = Some(said);
        stored.chat.changed_ms = ids::now_ms();
    }
    Ok(())
}

/// Brings back what was said before; a second undo brings back what this one took away.
pub(super) fn undo(stored: &mut StoredChat) -> Result<(), WireError> {
    let earlier = stored.earlier.take().ok_or_else(refusals::nothing_to_undo)?;
    stored.earlier = Some(std::mem::replace(&mut stored.chat.turns, earlier));
    stored.chat.changed_ms = ids::now_ms();
    Ok(())
}

/// A chat is called by how it begins.
fn title_of(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
